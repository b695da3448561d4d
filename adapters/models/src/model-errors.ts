import { APICallError, UnsupportedFunctionalityError } from '@ai-sdk/provider'
import { ModelError, type ModelErrorCode, OutboundError } from '@weft/ports'

/** Longest part of a vendor's answer that a user is shown. */
const MAX_DETAIL = 2000

/** Whatever a call threw, as a ModelError that carries the vendor's own words. */
export function toModelError(error: unknown, signal?: AbortSignal): ModelError {
  if (error instanceof ModelError) return error
  const cause = { cause: error }
  if (signal?.aborted || isNamed(error, 'AbortError')) return new ModelError('aborted', 'The model call was stopped.', cause)
  const refused = findOutboundError(error)
  if (refused) return new ModelError(refused.code === 'aborted' ? 'aborted' : 'connection-failed', refused.message, cause)
  if (UnsupportedFunctionalityError.isInstance(error)) return new ModelError('feature-not-supported', error.message, cause)
  if (APICallError.isInstance(error)) {
    if (error.statusCode === undefined) return new ModelError('connection-failed', error.message, cause)
    return statusError(error.statusCode, detailOf(error.responseBody, error.message), error.responseHeaders?.['retry-after'], cause)
  }
  const message = messageOf(error)
  return isNamed(error, 'TypeError') ? new ModelError('connection-failed', message, cause) : new ModelError('stream-broken', message, cause)
}

/** @param detail the vendor's own words */
export function statusError(status: number, detail: string, retryAfterHeader?: string | null, options?: ErrorOptions): ModelError {
  const message = `API request failed with status code ${status}: ${detail}`
  return new ModelError(codeOf(status, detail), message, { ...options, status, retryAfter: retryAfterOf(retryAfterHeader) })
}

/** The error an HTTP answer stands for. Reads its body. */
export async function responseError(response: Response): Promise<ModelError> {
  const body = await response.text().catch(() => '')
  return statusError(response.status, detailOf(body, response.statusText), response.headers.get('retry-after'))
}

function codeOf(status: number, detail: string): ModelErrorCode {
  if (/context[_ ]length|context window|maximum context/i.test(detail)) return 'context-length-exceeded'
  if (status === 401 || status === 403) return 'credentials-invalid'
  if (status === 402 || /insufficient_quota|exceeded your current quota/i.test(detail)) return 'quota-exceeded'
  if (status === 429) return 'rate-limited'
  if (status === 404 && /model/i.test(detail)) return 'model-not-found'
  return status >= 500 || status === 408 ? 'server-unavailable' : 'bad-request'
}

/** Milliseconds, from seconds or an HTTP date. */
function retryAfterOf(header: string | null | undefined): number | undefined {
  if (!header) return undefined
  const seconds = Number(header)
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds)
}

/** The message of a JSON error body, with the vendor's code where it says more; else the body as it is. */
function detailOf(body: string | undefined, fallback: string): string {
  if (!body) return fallback
  try {
    const parsed = JSON.parse(body)
    const error = parsed.error ?? parsed
    const message = typeof error === 'string' ? error : (error.message ?? parsed.message ?? parsed.detail)
    if (typeof message === 'string' && message) {
      return typeof error.code === 'string' && /_/.test(error.code) ? `${message} (${error.code})` : message
    }
  } catch {
    // Not JSON: shown as it is.
  }
  return body.slice(0, MAX_DETAIL)
}

function findOutboundError(error: unknown): OutboundError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) if (at instanceof OutboundError) return at
  return undefined
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') return error.message
  return typeof error === 'string' ? error : JSON.stringify(error)
}
