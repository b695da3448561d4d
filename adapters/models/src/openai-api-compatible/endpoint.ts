import type { ModelCall, ModelCredentials } from '@weft/ports'
import { ModelError } from '@weft/ports'
import { responseError, toModelError } from '../model-errors.ts'

/** Without a slash at its end. */
export function baseUrlOf(credentials: ModelCredentials): string {
  return String(credentials.endpoint_url ?? '')
    .trim()
    .replace(/\/+$/, '')
}

/** The model's name at the endpoint. */
export function endpointModelOf(call: ModelCall): string {
  return String(call.credentials.endpoint_model_name || call.model)
}

/**
 * Sends one request to the endpoint.
 * @param body a form, or anything else as JSON
 * @throws ModelError unless the answer is a 2xx
 */
export async function post(fetch: typeof globalThis.fetch, call: ModelCall, path: string, body: FormData | object): Promise<Response> {
  const isForm = body instanceof FormData
  const key = call.credentials.api_key
  const headers: Record<string, string> = {
    ...(isForm ? {} : { 'content-type': 'application/json' }),
    ...(key ? { authorization: `Bearer ${key}` } : {}),
  }
  const url = `${baseUrlOf(call.credentials)}/${path}`
  try {
    const response = await fetch(url, { method: 'POST', headers, body: isForm ? body : JSON.stringify(body), signal: call.signal })
    if (!response.ok) throw await responseError(response)
    return response
  } catch (error) {
    throw toModelError(error, call.signal)
  }
}

/** @throws ModelError where the answer is not JSON */
export async function readJson(response: Response): Promise<Record<string, unknown>> {
  const body = await response.text()
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new ModelError('bad-request', `The model's answer is not JSON: ${body.slice(0, 500)}`)
}
