import { OutboundError, type OutboundRequest } from '@weft/ports'
import { parseTargetUrl } from './target-url.ts'

export const MAX_REDIRECTS = 20

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const BODY_HEADER = /^(content-|transfer-encoding$)/
const CREDENTIAL_HEADER = /authorization|cookie|api-?key|token|secret|password|credential/

/** Where the answer sends the request, if anywhere. @throws OutboundError for a place that cannot be called */
export function redirectTarget(status: number, headers: readonly [name: string, value: string][], from: URL): URL | undefined {
  const location = REDIRECTS.has(status) ? headers.find(([name]) => name === 'location')?.[1] : undefined
  return location === undefined ? undefined : parseTargetUrl(location, from)
}

/** The request to make after a redirect: credentials stay with the origin they were meant for. */
export function redirectedRequest(request: OutboundRequest, status: number, from: URL, to: URL): OutboundRequest {
  const method = redirectedMethod(request.method, status)
  const losesBody = method !== request.method.toUpperCase()
  const body = losesBody ? undefined : request.body
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new OutboundError('connection-failed', to.href, `${from.host} redirects to ${to.host}, but a streamed body cannot be sent twice`)
  }
  const headers = (request.headers ?? []).filter(([name]) => {
    const lower = name.toLowerCase()
    if (losesBody && BODY_HEADER.test(lower)) return false
    return from.origin === to.origin || !(lower === 'host' || CREDENTIAL_HEADER.test(lower))
  })
  return { ...request, method, url: to.href, headers, body }
}

function redirectedMethod(method: string, status: number): string {
  const upper = method.toUpperCase()
  if (upper === 'HEAD') return upper
  if (status === 303 || status === 302) return 'GET'
  return status === 301 && upper === 'POST' ? 'GET' : upper
}
