import { type ModelCall, ModelError } from '@weft/ports'
import { embedInBatches, type Fetch, type Json, post, postJson } from '../http.ts'
import { type Endpoint, type RerankStyle, tokensNameOf, urlOf } from './endpoint.ts'

type Signal = Pick<ModelCall, 'signal'>

export async function embed(fetch: Fetch, endpoint: Endpoint, texts: string[], { signal }: Signal) {
  return embedInBatches(texts, endpoint.batch, async input => {
    const body = { model: endpoint.model, input, encoding_format: 'float', ...endpoint.extra?.embeddings }
    const answer = await postJson(fetch, urlOf(endpoint, 'embeddings'), body, { headers: endpoint.headers, signal })
    const data = (answer.data ?? []) as { index?: number; embedding: number[] }[]
    const vectors: number[][] = []
    for (const [position, item] of data.entries()) vectors[item.index ?? position] = item.embedding
    const usage = answer.usage as { prompt_tokens?: number; total_tokens?: number } | undefined
    return { vectors, tokens: Number(usage?.prompt_tokens ?? usage?.total_tokens ?? 0) }
  })
}

interface RerankDialect {
  path: string
  body(model: string, query: string, documents: string[], limit: number): object
  results(answer: Json): { index: number; score: number }[] | undefined
}

type Scored = { index: number; relevance_score?: number; score?: number; logit?: number }

const scored = (list: unknown) =>
  Array.isArray(list)
    ? list.map(({ index, relevance_score, score, logit }: Scored) => ({ index, score: relevance_score ?? score ?? logit ?? 0 }))
    : undefined

const RERANK: Record<RerankStyle, RerankDialect> = {
  jina: {
    path: 'rerank',
    body: (model, query, documents, top_n) => ({ model, query, documents, top_n, return_documents: false }),
    results: answer => scored(answer.results),
  },
  voyage: {
    path: 'rerank',
    body: (model, query, documents, top_k) => ({ model, query, documents, top_k, return_documents: false, truncation: true }),
    results: answer => scored(answer.data),
  },
  tei: {
    path: 'rerank',
    body: (_model, query, texts) => ({ query, texts, truncate: true }),
    results: scored,
  },
  nvidia: {
    path: 'reranking',
    body: (model, query, documents) => ({ model, query: { text: query }, passages: documents.map(text => ({ text })), truncate: 'END' }),
    results: answer => scored(answer.rankings),
  },
  dashscope: {
    path: 'services/rerank/text-rerank/text-rerank',
    body: (model, query, documents, top_n) => ({ model, input: { query, documents }, parameters: { top_n, return_documents: false } }),
    results: answer => scored((answer.output as Json | undefined)?.results),
  },
}

export async function rerank(
  fetch: Fetch,
  endpoint: Endpoint,
  query: string,
  documents: string[],
  limit: number | undefined,
  { signal }: Signal,
): Promise<{ index: number; score: number }[]> {
  if (!documents.length) return []
  const dialect = RERANK[endpoint.rerankStyle]
  const most = limit ?? documents.length
  const body = dialect.body(endpoint.model, query, documents, most)
  const answer = await postJson(fetch, endpoint.rerankUrl ?? urlOf(endpoint, dialect.path), body, { headers: endpoint.headers, signal })
  const results = dialect.results(answer)
  if (!results) throw new ModelError('bad-request', 'The model gave no ranking.')
  return results.sort((left, right) => right.score - left.score).slice(0, most)
}

export async function* speak(
  fetch: Fetch,
  endpoint: Endpoint,
  input: string,
  voice: string | undefined,
  { signal }: Signal,
): AsyncGenerator<Uint8Array> {
  const chosen = voice && endpoint.voices.includes(voice) ? voice : endpoint.voices[0]
  const body = { model: endpoint.model, input, voice: chosen, response_format: endpoint.audioFormat, ...endpoint.extra?.speech }
  const response = await post(fetch, urlOf(endpoint, 'audio/speech'), body, { headers: endpoint.headers, signal })
  if (response.body) yield* response.body
}

export async function transcribe(
  fetch: Fetch,
  endpoint: Endpoint,
  audio: { bytes: Uint8Array; filename: string; mimeType: string },
  { signal }: Signal,
): Promise<string> {
  const form = new FormData()
  form.set('model', endpoint.model)
  if (endpoint.language) form.set('language', endpoint.language)
  form.set('file', new Blob([Uint8Array.from(audio.bytes)], { type: audio.mimeType }), audio.filename)
  const answer = await postJson(fetch, urlOf(endpoint, 'audio/transcriptions'), form, { headers: endpoint.headers, signal })
  return String(answer.text ?? '')
}

export async function moderate(fetch: Fetch, endpoint: Endpoint, input: string, { signal }: Signal): Promise<boolean> {
  const body = { model: endpoint.model, input }
  const answer = await postJson(fetch, urlOf(endpoint, 'moderations'), body, { headers: endpoint.headers, signal })
  const results = answer.results as { flagged?: boolean; categories?: Record<string, boolean> }[] | undefined
  if (!Array.isArray(results)) throw new ModelError('bad-request', 'The model gave no verdict.')
  return results.some(result => result.flagged ?? Object.values(result.categories ?? {}).some(Boolean))
}

/** Asks a language model for a few tokens. */
export async function ping(fetch: Fetch, endpoint: Endpoint, { signal }: Signal): Promise<void> {
  const isCompletion = endpoint.mode === 'completion'
  const isStreamed = endpoint.pingsByStream
  // Models that think need room before the first word.
  const tokens = tokensNameOf(endpoint) === 'max_completion_tokens' ? { max_completion_tokens: 16 } : { max_tokens: isStreamed ? 10 : 5 }
  const prompt = isCompletion ? { prompt: 'ping' } : { messages: [{ role: 'user', content: 'ping' }] }
  const body = { model: endpoint.model, ...tokens, ...prompt, ...(isStreamed ? { stream: true } : {}) }
  const path = isCompletion ? 'completions' : 'chat/completions'
  if (isStreamed) {
    const response = await post(fetch, urlOf(endpoint, path), body, { headers: endpoint.headers, signal })
    return response.body?.cancel()
  }
  const answer = await postJson(fetch, urlOf(endpoint, path), body, { headers: endpoint.headers, signal })
  if (!Array.isArray(answer.choices))
    throw new ModelError('bad-request', `The answer holds no choices: ${JSON.stringify(answer).slice(0, 500)}`)
}
