import { OutboundError, type OutboundErrorCode } from '@weft/ports'

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'])
const TLS_FAILURE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/
const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EPIPE: 'connection closed',
  UND_ERR_SOCKET: 'connection closed',
}

/** What went wrong below, as the port names it. An `OutboundError` stays itself. */
export function outboundFailure(error: unknown, url: URL, signal?: AbortSignal): OutboundError {
  if (error instanceof OutboundError) return error
  if (signal?.aborted) {
    return signal.reason instanceof OutboundError ? signal.reason : failure('aborted', url, `The request to ${url.host} was aborted`, error)
  }
  const [code, message] = codeAndMessage(error)
  if (TIMEOUTS.has(code)) return failure('timeout', url, timeoutText(code, url), error)
  if (TLS_FAILURE.test(code)) return failure('tls-failed', url, `No secure connection to ${url.host}: ${message}`, error)
  if (code === 'UND_ERR_INVALID_ARG') return failure('invalid-url', url, `The request to ${url.host} is not valid: ${message}`, error)
  return failure('connection-failed', url, `The connection to ${url.host} failed: ${REASONS[code] ?? message}`, error)
}

function failure(code: OutboundErrorCode, url: URL, message: string, cause: unknown): OutboundError {
  return new OutboundError(code, url.href, message, { cause })
}

function timeoutText(code: string, url: URL): string {
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return `Connecting to ${url.host} took too long`
  return code === 'UND_ERR_HEADERS_TIMEOUT' ? `${url.host} took too long to answer` : `${url.host} took too long to go on with its answer`
}

/** The innermost cause that has a code: undici wraps, and tries several addresses at once. */
function codeAndMessage(error: unknown): [code: string, message: string] {
  if (!(error instanceof Error)) return ['', String(error)]
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  if (inner instanceof Error) {
    const found = codeAndMessage(inner)
    if (found[0]) return found
  }
  return ['code' in error && typeof error.code === 'string' ? error.code : '', error.message]
}
