import type { ModelReference } from './language-model.ts'

/** Models of other kinds than language, by their tenant's credentials. Each method throws ModelError. */

export interface EmbeddingUsage {
  tokens: number
  total_tokens: number
  /** Decimal texts. */
  unit_price: string
  price_unit: string
  total_price: string
  currency: string
  /** Seconds. */
  latency: number
}

export interface EmbeddingModels {
  /** One vector per text, in order. @param options.purpose `document` unless given */
  embed(
    reference: ModelReference,
    texts: string[],
    options?: { purpose?: 'document' | 'query'; signal?: AbortSignal },
  ): Promise<{ vectors: number[][]; usage: EmbeddingUsage }>
  /** The most texts per request, and the most tokens of a text. */
  limits(reference: ModelReference): Promise<{ maxTexts: number; contextSize: number | null }>
}

export interface RerankModels {
  /** Scores by document index, best first. */
  rerank(
    reference: ModelReference,
    query: string,
    documents: string[],
    options?: { limit?: number; signal?: AbortSignal },
  ): Promise<{ index: number; score: number }[]>
}

export interface SpeechModels {
  speak(reference: ModelReference, text: string, options?: { voice?: string; signal?: AbortSignal }): AsyncIterable<Uint8Array>
  /** Those that the model has; the first is the one unless another is asked for. */
  voices(reference: ModelReference): Promise<{ name: string; value: string; languages: string[] }[]>
}

export interface TranscriptionModels {
  transcribe(
    reference: ModelReference,
    audio: { bytes: Uint8Array; filename: string; mimeType: string },
    options?: { signal?: AbortSignal },
  ): Promise<string>
}

export interface ModerationModels {
  /** Whether the text breaks the vendor's rules. */
  moderate(reference: ModelReference, text: string, options?: { signal?: AbortSignal }): Promise<boolean>
}
