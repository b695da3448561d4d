import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { type HttpClient, OutboundError, type OutboundRequest, type OutboundResponse } from '@weft/ports'
import type { Dispatcher } from 'undici'
import type { AllowedTarget } from './allowed-targets.ts'
import { createConnections, type ProxyUrls } from './connections.ts'
import { createGate, type Resolver } from './gate.ts'
import { createGatedFetch } from './gated-fetch.ts'
import { decodedBody, withWriteTimeout } from './message-body.ts'
import { outboundFailure } from './outbound-failure.ts'
import { MAX_REDIRECTS, redirectedRequest, redirectTarget } from './redirects.ts'
import { parseTargetUrl } from './target-url.ts'

export interface GatedHttpClientOptions {
  /** What may be called although it is not public: `parseAllowedTargets` of `SSRF_ALLOWED_TARGETS`. */
  allowedTargets: readonly AllowedTarget[]
  /** Forward proxies to go through. Names are then theirs to resolve and check; addresses and spellings are still checked here. */
  proxyUrl?: ProxyUrls
  /** The system's resolver unless given. */
  resolver?: Resolver
  /** Milliseconds, for requests that say nothing else: 10 s, 60 s, 20 s. `fetchRead` is for `fetch`, where models think: 10 min. */
  timeouts?: { connect?: number; read?: number; write?: number; fetchRead?: number }
  /** PEM texts trusted besides the system's own. */
  caCertificates?: readonly string[]
}

/** Framing and connections are the client's business. */
const FRAMING_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])
const DEFAULT_HEADERS: Record<string, string> = { accept: '*/*', 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'weft' }

/** Bodies up to this size are handed over whole: the kernel takes them at once, so there is nothing to time. */
const SMALL_BODY = 64 * 1024

/** An `HttpClient` that calls public addresses, what it is explicitly allowed besides, and nothing else. */
export function createGatedHttpClient(options: GatedHttpClientOptions): HttpClient {
  const gate = createGate(options)
  const connections = createConnections(options.caCertificates)
  const defaults = { connect: 10_000, read: 60_000, write: 20_000, fetchRead: 600_000, ...options.timeouts }

  async function route(url: URL, connectTimeout: number, verifyTls: boolean, signal?: AbortSignal): Promise<Dispatcher> {
    const proxyUrl = url.protocol === 'https:' ? options.proxyUrl?.https : options.proxyUrl?.http
    if (proxyUrl) {
      gate.admitUnresolved(url)
      return connections.throughProxy(proxyUrl, { verifyTls, connectTimeout })
    }
    const addresses = await within(gate.admit(url), url, connectTimeout, signal)
    return connections.direct(url.origin, addresses, { verifyTls, connectTimeout })
  }

  async function send(request: OutboundRequest, url: URL): Promise<{ response: Dispatcher.ResponseData; signal: AbortSignal }> {
    const timeouts = { ...defaults, ...withoutUndefined(request.timeouts) }
    const stalled = new AbortController()
    const signal = request.signal ? AbortSignal.any([request.signal, stalled.signal]) : stalled.signal
    try {
      if (signal.aborted) throw signal.reason
      const dispatcher = await route(url, timeouts.connect, request.verifyTls ?? true, signal)
      const response = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method.toUpperCase(),
        headers: requestHeaders(request, url),
        body: requestBody(request, timeouts.write, () =>
          stalled.abort(new OutboundError('timeout', url.href, `${url.host} took too long to accept the request`)),
        ),
        headersTimeout: timeouts.read,
        bodyTimeout: timeouts.read,
        responseHeaders: 'raw',
        signal,
      })
      // Whoever reads the body sees its errors; where nobody does, one must not end the process.
      response.body.on('error', () => {})
      return { response, signal }
    } catch (error) {
      throw outboundFailure(error, url, signal)
    }
  }

  return {
    async request(first) {
      let request = first
      let url = parseTargetUrl(request.url)
      for (let hop = 0; ; hop++) {
        const { response, signal } = await send(request, url)
        const headers = pairsOf(response.headers as unknown as string[])
        let target: URL | undefined
        try {
          target = request.followRedirects === false ? undefined : redirectTarget(response.statusCode, headers, url)
          if (!target) return answer(response, headers, url, request, signal)
          if (hop === MAX_REDIRECTS) throw new OutboundError('too-many-redirects', url.href, 'Exceeded maximum allowed redirects.')
          request = redirectedRequest(request, response.statusCode, url, target)
        } catch (error) {
          response.body.destroy()
          throw error
        }
        // A short body is read to the end, so that the connection can be used again.
        await response.body.dump({ limit: 16 * 1024 }).catch(() => {})
        url = target
      }
    },
    fetch: createGatedFetch(async url => {
      try {
        return await route(url, defaults.connect, true)
      } catch (error) {
        throw outboundFailure(error, url)
      }
    }, defaults.fetchRead),
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}

function answer(
  response: Dispatcher.ResponseData,
  headers: [string, string][],
  url: URL,
  request: OutboundRequest,
  signal: AbortSignal,
): OutboundResponse {
  const hasBody = request.method.toUpperCase() !== 'HEAD' && response.statusCode !== 204 && response.statusCode !== 304
  const encodings = headers.filter(([name]) => name === 'content-encoding').map(([, value]) => value)
  return {
    status: response.statusCode,
    headers,
    url: url.href,
    body: decodedBody(response.body, hasBody ? encodings.join(',') : '', error => outboundFailure(error, url, signal)),
  }
}

function requestHeaders(request: OutboundRequest, url: URL): Record<string, string | string[]> {
  const headers = new Map<string, { name: string; values: string[] }>()
  for (const [name, value] of request.headers ?? []) {
    const lower = name.toLowerCase()
    if (FRAMING_HEADERS.has(lower)) continue
    const known = headers.get(lower)
    if (known) known.values.push(value)
    else headers.set(lower, { name, values: [value] })
  }
  for (const [name, value] of Object.entries(DEFAULT_HEADERS)) if (!headers.has(name)) headers.set(name, { name, values: [value] })
  if (url.username && !headers.has('authorization')) {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.set('authorization', { name: 'authorization', values: [`Basic ${Buffer.from(credentials).toString('base64')}`] })
  }
  const length = typeof request.body === 'string' ? Buffer.byteLength(request.body) : (request.body as Uint8Array | undefined)?.byteLength
  if (length) headers.set('content-length', { name: 'content-length', values: [String(length)] })
  return Object.fromEntries([...headers.values()].map(({ name, values }) => [name, values.length === 1 ? (values[0] ?? '') : values]))
}

function requestBody(request: OutboundRequest, writeTimeout: number, onStall: () => void): Readable | Uint8Array | undefined {
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body
  if (body === undefined) return undefined
  if (body instanceof Uint8Array && body.byteLength <= SMALL_BODY) return body
  // undici takes any iterable and asks for a chunk only when the socket wants one; its types know of streams alone.
  return withWriteTimeout(body, writeTimeout, onStall) as unknown as Readable
}

/** undici's raw form: name and value by turns. */
function pairsOf(raw: readonly string[]): [string, string][] {
  return Array.from({ length: Math.floor(raw.length / 2) }, (_, index) => [
    (raw[index * 2] ?? '').toLowerCase(),
    headerText(raw[index * 2 + 1] ?? ''),
  ])
}

/** Header bytes arrive as Latin-1, but servers that leave ASCII mostly write UTF-8. */
function headerText(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1
}

/** Resolving a name counts as connecting, and cannot be aborted by itself. */
async function within<T>(work: Promise<T>, url: URL, milliseconds: number, signal?: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timeout = new OutboundError('timeout', url.href, `Resolving ${url.hostname} took too long`)
  const timer = setTimeout(() => reject(timeout), milliseconds)
  const onAbort = () => reject(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

function withoutUndefined(timeouts: OutboundRequest['timeouts'] = {}): { connect?: number; read?: number; write?: number } {
  return Object.fromEntries(Object.entries(timeouts).filter(([, value]) => value !== undefined))
}
