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
    const { statusCode: status } = error
    if (status === undefined) return new ModelError('connection-failed', advised('connection-failed', error.message), cause)
    // A stream's own error comes with the status of the answer that it came in.
    if (status < 400) return streamError(detailOf(error.responseBody, error.message), error.data ?? error.responseBody, cause)
    return statusError(status, detailOf(error.responseBody, error.message), error.responseHeaders?.['retry-after'], cause)
  }
  const message = messageOf(error)
  if (isNamed(error, 'TypeError') && /fetch|network|terminated|socket|connect|URL/i.test(message))
    return new ModelError('connection-failed', advised('connection-failed', message), cause)
  return streamError(message, error, cause)
}

/** What a vendor says inside a stream that began well. @param source where its kind may stand */
function streamError(message: string, source: unknown, options: ErrorOptions): ModelError {
  const kind = `${message} ${typeof source === 'string' ? source : source instanceof Error ? source.name : JSON.stringify(source)}`
  const code: ModelErrorCode = TOO_LONG.test(kind)
    ? 'context-length-exceeded'
    : /rate_?limit|throttl|too many requests|RESOURCE_EXHAUSTED/i.test(kind)
      ? 'rate-limited'
      : /overloaded|server_error|internal server|service ?unavailable/i.test(kind)
        ? 'server-unavailable'
        : 'stream-broken'
  return new ModelError(code, advised(code, message), options)
}

/** What a user can do, by kind of failure. A bad request's own words say it best. */
const ADVICE: Partial<Record<ModelErrorCode, string>> = {
  'credentials-invalid': "Check the credentials in the model provider's settings.",
  'rate-limited': 'Wait a moment, send fewer calls at once, or let the model take turns among several credentials.',
  'quota-exceeded': "Check balance and plan of the account at the vendor's.",
  'model-not-found': "Check the model's name, and that the account may use it.",
  'context-length-exceeded': 'Shorten prompt, memory or context, or take a model with a larger context.',
  'server-unavailable': 'The vendor has a problem: try again later.',
  'connection-failed': 'Check the address in the credentials, and that this server may reach it.',
  'stream-broken': 'The answer broke off: run it again.',
}

function advised(code: ModelErrorCode, words: string): string {
  const advice = ADVICE[code]
  return advice ? sentences(words, advice) : words
}

function sentences(first: string, second: string): string {
  return `${/[.!?。]$/.test(first) ? first : `${first}.`} ${second}`
}

/** An answer that ended without a word on why. */
export function cutStreamError(options?: ErrorOptions): ModelError {
  const words = 'The connection to the model was closed before the answer was complete.'
  return new ModelError('stream-broken', advised('stream-broken', words), options)
}

/** How vendors say that a prompt does not fit. */
const TOO_LONG =
  /context[_ ]length|context window|maximum context|prompt is too long|input is too long|too many (input )?tokens|input token count.*exceeds|exceeds? the (maximum|max).{0,40}(token|length)|longer than the model|max(imum)? (input|prompt|sequence) (length|tokens)|range of input length|request_too_large|total message token length exceed|输入.{0,10}(过长|超)/i

/** @param detail the vendor's own words */
export function statusError(status: number, detail: string, retryAfterHeader?: string | null, options?: ErrorOptions): ModelError {
  const code = codeOf(status, detail)
  const words = `API request failed with status code ${status}: ${detail}`
  const message =
    status === 404 && code === 'bad-request' ? sentences(words, 'Check the address in the credentials.') : advised(code, words)
  return new ModelError(code, message, {
    ...options,
    status,
    retryAfter: retryAfterOf(retryAfterHeader),
  })
}

/** The error an HTTP answer stands for. Reads its body. */
export async function responseError(response: Response): Promise<ModelError> {
  const body = await response.text().catch(() => '')
  return statusError(response.status, detailOf(body, response.statusText), response.headers.get('retry-after'))
}

function codeOf(status: number, detail: string): ModelErrorCode {
  if (status < 500 && status !== 401 && status !== 403 && TOO_LONG.test(detail)) return 'context-length-exceeded'
  if (isAboutModel(status, detail)) return 'model-not-found'
  if (status === 402 || /insufficient_quota|exceeded your current quota|insufficient (account )?balance|Arrearage/i.test(detail))
    return 'quota-exceeded'
  if (status === 401 || status === 403) return 'credentials-invalid'
  // Some vendors say so with status 400.
  if (
    status === 400 &&
    /api[_ ]?key[^.]{0,20}(not valid|invalid|incorrect)|(invalid|incorrect) api[_ ]?key|UnrecognizedClient|AuthFailure/i.test(detail)
  )
    return 'credentials-invalid'
  if (status === 429 || /ThrottlingException/.test(detail)) return 'rate-limited'
  return status >= 500 || status === 408 ? 'server-unavailable' : 'bad-request'
}

function isAboutModel(status: number, detail: string): boolean {
  if (status === 404) return /model|deployment/i.test(detail)
  const isUnknown =
    /model[_ ]?not[_ ]?(found|exist|supported)|(unknown|invalid|no such|not a valid) model|model\b.{0,80}(does not exist|not exist|not found|not available|is invalid)|model identifier is invalid|模型不存在/i
  return (status === 400 || status === 403 || status === 422) && isUnknown.test(detail)
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
    const message =
      typeof error === 'string' ? error : (error.message ?? parsed.message ?? parsed.Message ?? parsed.detail ?? parsed.error_msg)
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
