import type { ValueMap } from '@weft/contracts'

/** Which model, under which tenant's credentials. */
export interface ModelReference {
  tenantId: string
  /** `langgenius/openai/openai`; a bare `x` means `langgenius/x/x`. */
  provider: string
  model: string
}

export type PromptPart =
  | { type: 'text'; text: string }
  | {
      type: 'image' | 'audio' | 'video' | 'document'
      mimeType: string
      filename: string | null
      detail?: 'low' | 'high'
      source: { url: string } | { bytes: Uint8Array }
    }

export type PromptMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | PromptPart[] }
  | { role: 'assistant'; content: string; toolCalls?: ToolCall[]; reasoning?: string }
  | { role: 'tool'; toolCallId: string; toolName: string; content: string }

export interface ToolCall {
  id: string
  name: string
  /** JSON text as the model wrote it. */
  arguments: string
}

export interface ToolDefinition {
  name: string
  description: string
  /** JSON Schema of an object. */
  parameters: ValueMap
}

export interface ModelRequest {
  messages: PromptMessage[]
  /** As in the DSL's `completion_params`, without `stop`. Ones that the vendor does not know go to it unchanged. */
  parameters: ValueMap
  stop?: string[]
  tools?: ToolDefinition[]
  /** `auto` unless given. */
  toolChoice?: 'auto' | 'none' | 'required'
  /** Native structured output, where the model has it. */
  responseSchema?: { name: string; schema: ValueMap }
  /** The end user, for the vendor's abuse detection. */
  user?: string
  signal?: AbortSignal
}

export type ModelEvent =
  | { type: 'text'; text: string }
  /** What the model thinks before it answers, where the vendor keeps it apart from the answer. */
  | { type: 'reasoning'; text: string }
  /** A picture that the model made. */
  | { type: 'image'; mimeType: string; bytes: Uint8Array }
  | { type: 'tool-call'; call: ToolCall }
  /** `reason` in the vendor's own word: `stop`, `length`, `tool_calls`, … */
  | { type: 'finish'; reason: string; usage: ModelUsage }

/** Prices are decimal texts, as on the wire. */
export interface ModelUsage {
  prompt_tokens: number
  prompt_unit_price: string
  prompt_price_unit: string
  prompt_price: string
  completion_tokens: number
  completion_unit_price: string
  completion_price_unit: string
  completion_price: string
  total_tokens: number
  total_price: string
  currency: string
  /** Seconds. */
  latency: number
}

/** What a model can do, from its provider's declaration or the custom model's credentials. */
export interface ModelSchema {
  provider: string
  model: string
  mode: 'chat' | 'completion'
  /** `tool-call`, `multi-tool-call`, `stream-tool-call`, `vision`, `structured-output`, `agent-thought`, `document`, `audio`, `video`. */
  features: string[] | null
  contextSize: number | null
  maxOutputTokens: number | null
  parameterRules: ValueMap[]
}

export interface LanguageModels {
  /** @throws ModelError where the provider or model is unknown or has no credentials */
  schema(reference: ModelReference): Promise<ModelSchema>
  /**
   * Calls the model and streams its answer; the last event is `finish`. What fails before the first event is tried
   * again a few times, as `Retry-After` asks. Leaving the loop early ends the call. @throws ModelError
   */
  stream(reference: ModelReference, request: ModelRequest): AsyncIterable<ModelEvent>
  /** A fast estimate; the vendor's own count comes with `finish`. */
  countTokens(reference: ModelReference, messages: PromptMessage[]): number
}

export type ModelErrorCode =
  | 'provider-not-found'
  | 'model-not-found'
  | 'model-disabled'
  | 'credentials-missing'
  | 'credentials-invalid'
  | 'rate-limited'
  | 'quota-exceeded'
  | 'bad-request'
  | 'context-length-exceeded'
  | 'server-unavailable'
  | 'connection-failed'
  | 'stream-broken'
  | 'feature-not-supported'
  | 'aborted'

/** `message` is for the user and carries the vendor's own words. */
export class ModelError extends Error {
  readonly code: ModelErrorCode
  readonly status: number | undefined
  /** Milliseconds. */
  readonly retryAfter: number | undefined
  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions & { status?: number; retryAfter?: number }) {
    super(message, options)
    this.name = 'ModelError'
    this.code = code
    this.status = options?.status
    this.retryAfter = options?.retryAfter
  }
}
