import { ModelError } from '@weft/ports'
import { responseError, toModelError } from './model-errors.ts'

export type Fetch = typeof globalThis.fetch

export interface PostOptions {
  headers?: Record<string, string>
  signal?: AbortSignal
}

/**
 * Sends one request to a vendor.
 * @param body a form, or anything else as JSON
 * @throws ModelError unless the answer is a 2xx
 */
export async function post(fetch: Fetch, url: string, body: FormData | object, { headers, signal }: PostOptions): Promise<Response> {
  const isForm = body instanceof FormData
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...(isForm ? {} : { 'content-type': 'application/json' }), ...headers },
      body: isForm ? body : JSON.stringify(body),
      signal,
    })
    if (!response.ok) throw await responseError(response)
    return response
  } catch (error) {
    throw toModelError(error, signal)
  }
}

export type Json = Record<string, unknown>

/** @throws ModelError where the answer is not JSON */
export async function readJson(response: Response): Promise<Json> {
  const body = await response.text()
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null) return parsed as Json
  } catch {
    // Said below.
  }
  throw new ModelError('bad-request', `The model's answer is not JSON: ${body.slice(0, 500)}`)
}

export async function postJson(fetch: Fetch, url: string, body: FormData | object, options: PostOptions): Promise<Json> {
  return readJson(await post(fetch, url, body, options))
}

/** A fetch that adds members to the JSON bodies it sends; those that the body has stay as they are. */
export function withMembers(fetch: Fetch, members: Json): Fetch {
  if (!Object.keys(members).length) return fetch
  return (url, init) =>
    fetch(url, typeof init?.body === 'string' ? { ...init, body: JSON.stringify({ ...members, ...JSON.parse(init.body) }) } : init)
}

export function bearer(key: unknown): Record<string, string> {
  return key ? { authorization: `Bearer ${key}` } : {}
}

/** Without slashes at its end. */
export function addressOf(value: unknown, fallback = ''): string {
  return String(value || fallback)
    .trim()
    .replace(/\/+$/, '')
}

/** Texts in batches, one request each; the vectors in the order of the texts. */
export async function embedInBatches(
  texts: string[],
  batchSize: number,
  embed: (batch: string[]) => Promise<{ vectors: number[][]; tokens: number }>,
): Promise<{ vectors: number[][]; tokens: number }> {
  const vectors: number[][] = []
  let tokens = 0
  for (let start = 0; start < texts.length; start += batchSize) {
    const batch = texts.slice(start, start + batchSize)
    const answer = await embed(batch)
    if (answer.vectors.length !== batch.length || answer.vectors.some(vector => !Array.isArray(vector)))
      throw new ModelError('bad-request', 'The model gave no vector for some of the texts.')
    vectors.push(...answer.vectors)
    tokens += answer.tokens
  }
  return { vectors, tokens }
}

/** Sends a form as pages do. @throws ModelError unless the answer is a 2xx with JSON */
export async function postForm(fetch: Fetch, url: string, fields: Record<string, string>, { headers, signal }: PostOptions): Promise<Json> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
      signal,
    })
    if (!response.ok) throw await responseError(response)
    return await readJson(response)
  } catch (error) {
    throw toModelError(error, signal)
  }
}
