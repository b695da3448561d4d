import { toNumber, type Value } from '@weft/contracts'
import {
  createUsage,
  type EmbeddingModels,
  estimateTokens,
  ModelError,
  type ModelProvider,
  type ModelReference,
  type ModelType,
  type ModerationModels,
  type RerankModels,
  type SpeechModels,
  type TranscriptionModels,
} from '@weft/ports'
import type { ReadyModel } from './model-access.ts'
import type { ModelCalls } from './model-calls.ts'
import type { UsageLedger } from './usage-ledger.ts'

export interface OtherModels {
  readonly embedding: EmbeddingModels
  readonly rerank: RerankModels
  readonly speech: SpeechModels
  readonly transcription: TranscriptionModels
  readonly moderation: ModerationModels
}

/** Models of the other kinds, by their tenant's credentials. */
export function createOtherModels({ calls, ledger, now = () => performance.now() }: OtherModelsOptions): OtherModels {
  /** Counts a call with what its texts come to. */
  function record(reference: ModelReference, type: ModelType, { scope, provider, declaration }: ReadyModel, tokens: number, start: number) {
    const usage = createUsage(tokens, 0, (now() - start) / 1000, declaration.pricing)
    ledger.record(scope, { provider: provider.declaration.provider, model: reference.model, type }, usage)
    return usage
  }

  return {
    embedding: {
      embed: (reference, texts, options = {}) =>
        calls.once(reference, 'text-embedding', options, async (ready, call) => {
          const start = now()
          const { vectors, tokens } = await ability(ready, 'embed')(call, texts)
          const counted = tokens || texts.reduce((sum, text) => sum + estimateTokens(text), 0)
          const usage = record(reference, 'text-embedding', ready, counted, start)
          return {
            vectors,
            usage: {
              tokens: counted,
              total_tokens: counted,
              unit_price: usage.prompt_unit_price,
              price_unit: usage.prompt_price_unit,
              total_price: usage.total_price,
              currency: usage.currency,
              latency: usage.latency,
            },
          }
        }),
      async limits(reference) {
        const { max_chunks, context_size } = (await calls.find(reference, 'text-embedding')).declaration.model_properties
        return { maxTexts: toNumber(max_chunks) ?? 1, contextSize: toNumber(context_size) ?? null }
      },
    },

    rerank: {
      rerank: (reference, query, documents, { limit, ...options } = {}) =>
        calls.once(reference, 'rerank', options, async (ready, call) => {
          const start = now()
          const ranking = await ability(ready, 'rerank')(call, query, documents, limit)
          record(
            reference,
            'rerank',
            ready,
            [query, ...documents].reduce((sum, text) => sum + estimateTokens(text), 0),
            start,
          )
          return ranking
        }),
    },

    speech: {
      async *speak(reference, text, { voice, ...options } = {}) {
        const start = now()
        const ready = await calls.find(reference, 'tts')
        yield* calls.stream(reference, 'tts', options, (found, call) => ability(found, 'speak')(call, text, voice))
        // Speech is paid by the character.
        record(reference, 'tts', ready, [...text].length, start)
      },
      async voices(reference) {
        const { voices } = (await calls.find(reference, 'tts')).declaration.model_properties
        return Array.isArray(voices) ? voices.flatMap(toVoice) : []
      },
    },

    transcription: {
      transcribe: (reference, audio, options = {}) =>
        calls.once(reference, 'speech2text', options, async (ready, call) => {
          const start = now()
          const text = await ability(ready, 'transcribe')(call, audio)
          record(reference, 'speech2text', ready, 0, start)
          return text
        }),
    },

    moderation: {
      moderate: (reference, text, options = {}) =>
        calls.once(reference, 'moderation', options, async (ready, call) => {
          const start = now()
          const isFlagged = await ability(ready, 'moderate')(call, text)
          record(reference, 'moderation', ready, estimateTokens(text), start)
          return isFlagged
        }),
    },
  }
}

export interface OtherModelsOptions {
  calls: ModelCalls
  ledger: UsageLedger
  /** Milliseconds on a clock that never goes back. */
  now?: () => number
}

type Ability = 'embed' | 'rerank' | 'speak' | 'transcribe' | 'moderate'

function ability<Name extends Ability>({ provider, declaration }: ReadyModel, name: Name): NonNullable<ModelProvider[Name]> {
  const method = provider[name]
  if (!method) {
    const { label, provider: id } = provider.declaration
    throw new ModelError('feature-not-supported', `${label.en_US ?? id} has no models of type ${declaration.model_type}.`)
  }
  return method as NonNullable<ModelProvider[Name]>
}

function toVoice(voice: Value): { name: string; value: string; languages: string[] }[] {
  if (typeof voice !== 'object' || voice === null || Array.isArray(voice)) return []
  const { name, mode, language } = voice as Record<string, Value>
  const languages = Array.isArray(language) ? language.map(String) : []
  return [{ name: String(name ?? mode), value: String(mode ?? name), languages }]
}
