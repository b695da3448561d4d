import type { ValueMap } from '@weft/contracts'
import type { ModelEvent, ModelRequest } from './language-model.ts'

export const MODEL_TYPES = ['llm', 'text-embedding', 'rerank', 'speech2text', 'moderation', 'tts'] as const
export type ModelType = (typeof MODEL_TYPES)[number]

/** A vendor of models. One per folder of `adapters/models`, one per installed plugin. Knows no tenant: credentials are handed in. */
export interface ModelProvider {
  readonly declaration: ProviderDeclaration
  /** Models that need no credentials of their own. */
  readonly models: readonly ModelDeclaration[]
  /** Undefined where the vendor has no such icon. */
  icon(kind: 'icon_small' | 'icon_large', language: string): { bytes: Uint8Array; mimeType: string } | undefined
  /** What a model described by its own credentials can do; undefined where the vendor takes none of the type. */
  describe(type: ModelType, model: string, credentials: ModelCredentials): ModelDeclaration | undefined
  /** What a model can do that the vendor may have though `models` does not list it, by the provider's credentials. */
  unlisted?(type: ModelType, model: string): ModelDeclaration | undefined
  /** Asks the vendor whether the credentials work. @throws ModelError with the vendor's words */
  validateProvider(credentials: ModelCredentials, signal?: AbortSignal): Promise<void>
  /** @throws ModelError with the vendor's words */
  validateModel(call: ModelCall): Promise<void>
  /** The last event is `finish`. Tries again, a few times, what fails before its first event. @throws ModelError */
  stream(call: ModelCall, request: ModelRequest): AsyncIterable<ModelEvent>
  /** One vector per text, in order. @throws ModelError */
  embed?(call: ModelCall, texts: string[]): Promise<{ vectors: number[][]; tokens: number }>
  /** Scores by document index, best first. @throws ModelError */
  rerank?(call: ModelCall, query: string, documents: string[], limit?: number): Promise<{ index: number; score: number }[]>
  /** Sound for a text. @throws ModelError */
  speak?(call: ModelCall, text: string, voice: string | undefined): AsyncIterable<Uint8Array>
  /** Text for a sound. @throws ModelError */
  transcribe?(call: ModelCall, audio: { bytes: Uint8Array; filename: string; mimeType: string }): Promise<string>
  /** Whether the text breaks the vendor's rules. @throws ModelError */
  moderate?(call: ModelCall, text: string): Promise<boolean>
}

export interface ModelCall {
  type: ModelType
  model: string
  credentials: ModelCredentials
  signal?: AbortSignal
  /** What texts to embed are; some models embed them differently. `document` unless given. */
  purpose?: 'document' | 'query'
  /** How often to try what may pass; 3 unless given. */
  tries?: number
}

/** Form values by field, decrypted. */
export type ModelCredentials = Record<string, string | boolean | null | undefined>

/** Text by language; English is always there. Further languages are allowed. */
export type LocalizedText = { en_US: string } & { [language: string]: string }

/** A declaration's members are spelled as on the wire and in plugins' YAML. */
export interface ProviderDeclaration {
  /** `langgenius/openai/openai`. */
  provider: string
  label: LocalizedText
  description: LocalizedText | null
  /** File names by language; the files themselves come from `icon`. */
  icon_small: LocalizedText | null
  icon_large: LocalizedText | null
  background: string | null
  help: { title: LocalizedText; url: LocalizedText } | null
  supported_model_types: ModelType[]
  configurate_methods: ('predefined-model' | 'customizable-model')[]
  provider_credential_schema: { credential_form_schemas: CredentialField[] } | null
  model_credential_schema: {
    model: { label: LocalizedText; placeholder: LocalizedText | null }
    credential_form_schemas: CredentialField[]
  } | null
}

export interface CredentialField {
  variable: string
  label: LocalizedText
  type: 'text-input' | 'secret-input' | 'select' | 'radio' | 'switch'
  required: boolean
  default: string | null
  options: { label: LocalizedText; value: string; show_on: ShowCondition[] }[] | null
  placeholder: LocalizedText | null
  /** 0 is no limit. */
  max_length: number
  /** The field is there only where all hold. `__model_type` and `__model_name` are variables, too. */
  show_on: ShowCondition[]
}

export interface ShowCondition {
  variable: string
  value: string
}

export interface ModelDeclaration {
  model: string
  label: LocalizedText
  model_type: ModelType
  features: string[] | null
  fetch_from: 'predefined-model' | 'customizable-model'
  /** `mode`, `context_size`, `max_chunks`, `voices`, … */
  model_properties: ValueMap
  parameter_rules: ParameterRule[]
  /** Decimal texts; a price is tokens × price × unit. */
  pricing: { input: string; output: string; unit: string; currency: string } | null
  deprecated: boolean
}

export interface ParameterRule {
  name: string
  use_template: string | null
  label: LocalizedText
  type: 'float' | 'int' | 'string' | 'boolean' | 'text'
  help: LocalizedText | null
  required: boolean
  default: number | string | boolean | null
  min: number | null
  max: number | null
  precision: number | null
  options: string[]
}
