import { type ModelCall, ModelError } from '@weft/ports'
import { describeModel, numberOf, voicesOf } from './describe.ts'
import { endpointModelOf, post, readJson } from './endpoint.ts'

type Fetch = typeof globalThis.fetch

/** Texts go out in batches of the credentials' `max_chunks`. */
export async function embed(fetch: Fetch, call: ModelCall, texts: string[]): Promise<{ vectors: number[][]; tokens: number }> {
  const batchSize = numberOf(call.credentials.max_chunks, 1)
  const vectors: number[][] = []
  let tokens = 0
  for (let start = 0; start < texts.length; start += batchSize) {
    const input = texts.slice(start, start + batchSize)
    const answer = await readJson(await post(fetch, call, 'embeddings', { model: endpointModelOf(call), input, encoding_format: 'float' }))
    const data = answer.data as { index?: number; embedding: number[] }[] | undefined
    if (!Array.isArray(data) || data.length !== input.length)
      throw new ModelError('bad-request', 'The model gave no vector for some of the texts.')
    for (const [position, item] of data.entries()) vectors[start + (item.index ?? position)] = item.embedding
    tokens += Number((answer.usage as { prompt_tokens?: number } | undefined)?.prompt_tokens ?? 0)
  }
  return { vectors, tokens }
}

export async function rerank(
  fetch: Fetch,
  call: ModelCall,
  query: string,
  documents: string[],
  limit?: number,
): Promise<{ index: number; score: number }[]> {
  if (!documents.length) return []
  const body = { model: endpointModelOf(call), query, documents, top_n: limit ?? documents.length, return_documents: false }
  const answer = await readJson(await post(fetch, call, 'rerank', body))
  if (!Array.isArray(answer.results)) throw new ModelError('bad-request', 'The model gave no ranking.')
  return answer.results.map((result: { index: number; relevance_score: number }) => ({
    index: result.index,
    score: result.relevance_score,
  }))
}

export async function* speak(fetch: Fetch, call: ModelCall, input: string, voice: string | undefined): AsyncGenerator<Uint8Array> {
  const voices = voicesOf(call.credentials)
  const chosen = voice && voices.includes(voice) ? voice : voices[0]
  const format = describeModel('tts', call.model, call.credentials).model_properties.audio_type
  const response = await post(fetch, call, 'audio/speech', { model: endpointModelOf(call), input, voice: chosen, response_format: format })
  if (response.body) yield* response.body
}

export async function transcribe(
  fetch: Fetch,
  call: ModelCall,
  audio: { bytes: Uint8Array; filename: string; mimeType: string },
): Promise<string> {
  const form = new FormData()
  form.set('model', endpointModelOf(call))
  if (call.credentials.language) form.set('language', String(call.credentials.language))
  form.set('file', new Blob([Uint8Array.from(audio.bytes)], { type: audio.mimeType }), audio.filename)
  const answer = await readJson(await post(fetch, call, 'audio/transcriptions', form))
  return String(answer.text ?? '')
}
