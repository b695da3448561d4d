import { isValueMap } from '@weft/contracts'
import { ModelError, type ModelType } from '@weft/ports'
import type { TenantScope } from '../../database/tenant-scope.ts'
import type { Models } from '../../models/models.ts'

export interface SpeechModel {
  provider: string
  model: string
  voices: { id: string; name: string }[]
}

/** Models that speak and that listen. */
export interface SpeechModels {
  list(scope: TenantScope, type: 'tts' | 'speech2text'): Promise<SpeechModel[]>
  /** The workspace's usual one. */
  usual(scope: TenantScope, type: 'tts' | 'speech2text'): Promise<{ provider: string; model: string } | undefined>
  /** Sound for a text; the model's first voice where none is named. @throws ModelError */
  speak(scope: TenantScope, choice: SpeechChoice & { voice: string | undefined; text: string }): Promise<Uint8Array>
  /** @throws ModelError */
  transcribe(
    scope: TenantScope,
    choice: SpeechChoice & { audio: { bytes: Uint8Array; filename: string; mimeType: string } },
  ): Promise<string>
}

export interface SpeechChoice {
  provider: string
  model: string
  signal: AbortSignal
}

export function createSpeechModels({ access, catalogue, switches }: Pick<Models, 'access' | 'catalogue' | 'switches'>): SpeechModels {
  const ready = async (scope: TenantScope, { provider, model }: SpeechChoice, type: ModelType) =>
    access.find({ tenantId: scope.tenantId, provider, model }, type)
  return {
    async list(scope, type) {
      const active = await catalogue.activeModels(scope, type)
      return active.flatMap(({ provider, models }) =>
        models.map(({ declaration }) => ({
          provider: provider.provider,
          model: declaration.model,
          voices: voicesOf(declaration.model_properties.voices),
        })),
      )
    },
    async usual(scope, type) {
      const chosen = await switches.defaultModel(scope, type)
      return chosen && { provider: chosen.provider.provider, model: chosen.model }
    },
    async speak(scope, choice) {
      const { provider, declaration, credentials } = await ready(scope, choice, 'tts')
      if (!provider.speak) throw new ModelError('feature-not-supported', `${choice.model} cannot speak.`)
      const voice = choice.voice ?? voicesOf(declaration.model_properties.voices)[0]?.id
      const { model, signal, text } = choice
      const chunks: Uint8Array[] = []
      for await (const chunk of provider.speak({ type: 'tts', model, credentials, signal }, text, voice)) chunks.push(chunk)
      return Buffer.concat(chunks)
    },
    async transcribe(scope, choice) {
      const { provider, credentials } = await ready(scope, choice, 'speech2text')
      if (!provider.transcribe) throw new ModelError('feature-not-supported', `${choice.model} cannot listen.`)
      const { model, signal, audio } = choice
      return provider.transcribe({ type: 'speech2text', model, credentials, signal }, audio)
    },
  }
}

function voicesOf(voices: unknown): SpeechModel['voices'] {
  if (!Array.isArray(voices)) return []
  return voices.filter(isValueMap).map(({ mode, name }) => ({ id: String(mode ?? ''), name: String(name ?? mode ?? '') }))
}
