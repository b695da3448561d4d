import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ValueMap } from '@weft/contracts'
import type { ModelDeclaration, ModelPricing, ModelType, ParameterRule } from '@weft/ports'

/** A model as `data/*.json` has it (`tools/build-model-catalogue.ts`). Absent members: false, none, unknown. */
export interface CatalogueModel {
  model: string
  type: ModelType
  label?: string
  features?: string[]
  /** The most tokens of a prompt, or of a text. */
  context?: number
  /** The most tokens of an answer. */
  output?: number
  /** Per million tokens (of speech: characters) in US dollars, decimal texts. */
  price?: [input: string, output: string]
  deprecated?: boolean
  /** The vendor refuses a temperature. */
  fixedTemperature?: boolean
  mode?: 'chat' | 'completion'
  /** Of speech. */
  voices?: string[]
  /** Texts or documents per request. */
  batch?: number
}

const DEFAULT_CONTEXT = 8192
const DEFAULT_OUTPUT = 8192

/** The models of a data file. Read when they are asked for, so that vendors nobody uses cost no memory. */
export function readCatalogue(name: string): CatalogueModel[] {
  const known = read.get(name)
  if (known) return known
  const path = join(import.meta.dirname, '../data', `${name}.json`)
  const { models } = JSON.parse(readFileSync(path, 'utf8')) as { models: CatalogueModel[] }
  read.set(name, models)
  return models
}

const read = new Map<string, CatalogueModel[]>()

export function pricingOf(model: Pick<CatalogueModel, 'price'>): ModelPricing | null {
  const [input, output] = model.price ?? []
  return input !== undefined && output !== undefined ? { input, output, unit: '0.000001', currency: 'USD' } : null
}

export function toDeclaration(model: CatalogueModel, rulesOf: (model: CatalogueModel) => ParameterRule[]): ModelDeclaration {
  const name = model.label ?? model.model
  return {
    model: model.model,
    label: { en_US: name, zh_Hans: name },
    model_type: model.type,
    features: model.type === 'llm' ? (model.features ?? []) : null,
    fetch_from: 'predefined-model',
    model_properties: propertiesOf(model),
    parameter_rules: model.type === 'llm' ? rulesOf(model) : [],
    pricing: pricingOf(model),
    deprecated: model.deprecated ?? false,
  }
}

const LIKELY_CONTEXT = 128_000
const SEES = /claude|gemini|gpt-(4o|4\.1|[5-9])|grok-[4-9]|pixtral|llava|omni|vision|[-\d]v(l|-|$)/i
const READS = /claude|gemini/i

/** What a model that no list has can most likely do: as its kind today, by its name. */
export function likelyModel(type: ModelType, model: string): CatalogueModel {
  if (type !== 'llm') return { model, type }
  const features = [
    'multi-tool-call',
    'stream-tool-call',
    ...(SEES.test(model) ? ['vision'] : []),
    ...(READS.test(model) ? ['document'] : []),
  ]
  return { model, type, features, context: LIKELY_CONTEXT }
}

export function outputOf({ output, context }: CatalogueModel): number {
  return output ?? Math.min(context ?? DEFAULT_OUTPUT, DEFAULT_OUTPUT)
}

export const AUDIO_FORMATS = 'flac,mp3,mp4,mpeg,mpga,m4a,ogg,wav,webm'

export function speechProperties(voices: string[]): ValueMap {
  return {
    default_voice: voices[0] ?? 'alloy',
    voices: voices.map(voice => ({ mode: voice, name: voice, language: ['en-US', 'zh-Hans'] })),
    word_limit: 4096,
    audio_type: 'mp3',
    max_workers: 5,
  }
}

function propertiesOf(model: CatalogueModel): ValueMap {
  const context_size = model.context ?? DEFAULT_CONTEXT
  if (model.type === 'llm') return { mode: model.mode ?? 'chat', context_size }
  if (model.type === 'text-embedding') return { context_size, max_chunks: model.batch ?? 16 }
  if (model.type === 'rerank') return { context_size }
  if (model.type === 'speech2text') return { file_upload_limit: 25, supported_file_extensions: AUDIO_FORMATS }
  if (model.type === 'moderation') return { max_chunks: model.batch ?? 32, max_characters_per_chunk: 2000 }
  return speechProperties(model.voices ?? ['alloy'])
}
