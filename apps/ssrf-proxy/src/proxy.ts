import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http'
import { connect, isIPv6, type LookupFunction, type Socket } from 'node:net'
import { type Duplex, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { classifyAddress, type Resolver } from '@weft/adapter-outbound'
import { OutboundError } from '@weft/ports'
import { type Target, TargetAdmission } from './admission.ts'
import { Metrics, type Way } from './metrics.ts'
import type { SsrfProxySettings } from './settings.ts'

/** Between two neighbours only, besides those that `connection` names. */
const HOP_HEADERS = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'host'],
])
const STATUS: Partial<Record<string, number>> = { 'address-refused': 403, 'invalid-url': 400, timeout: 504 }

/** A forward proxy for HTTP and CONNECT, behind the gate. */
export class SsrfProxy {
  readonly server: Server
  readonly metrics = new Metrics()
  readonly #settings: SsrfProxySettings
  readonly #admission: TargetAdmission
  readonly #open = new Set<Duplex>()

  constructor(settings: SsrfProxySettings, resolver?: Resolver) {
    this.#settings = settings
    this.#admission = new TargetAdmission(settings, resolver)
    this.server = createServer({ requestTimeout: 0, headersTimeout: 30_000, insecureHTTPParser: false })
    this.server.on('connection', socket => this.#greet(socket))
    this.server.on('request', (request, response) => void this.#forward(request, response))
    this.server.on('connect', (request, socket, head) => void this.#tunnel(request, socket, head))
    // Node would hand over what else asks for an upgrade; here it gets its answer as a plain request, or none.
    this.server.on('upgrade', (_request, socket) => socket.destroy())
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()))
    this.server.closeAllConnections()
    for (const socket of this.#open) socket.destroy()
    await closed
  }

  /** Only neighbours are served: on a public address this would be everybody's proxy. */
  #greet(socket: Socket): void {
    if (classifyAddress(socket.remoteAddress ?? '') === 'public') return void socket.destroy()
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    if (request.url === '/health') return void response.end('ok')
    const isLimited = this.#enter('http')
    if (isLimited) return void response.writeHead(503, { connection: 'close' }).end('Too many connections\n')
    const deadline = AbortSignal.timeout(this.#settings.maxTime)
    try {
      const target = await this.#admission.request(request.url ?? '')
      const answer = await this.#ask(request, target, deadline)
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, withoutHops(answer.rawHeaders))
      await pipeline(answer, this.#meter('received'), response, { signal: deadline })
      this.metrics.count('http', 'served')
    } catch (error) {
      const { status, text } = this.#explain('http', error)
      if (response.headersSent) response.destroy()
      else response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(`${text}\n`)
    } finally {
      this.metrics.open--
    }
  }

  #ask(request: IncomingMessage, target: Target, signal: AbortSignal): Promise<IncomingMessage> {
    const { url, host, port, addresses } = target
    return new Promise((resolve, reject) => {
      const { connectTimeout, idleTimeout } = this.#settings
      const forwarded = send({
        agent: false,
        host,
        port,
        method: request.method,
        path: url.pathname + url.search,
        headers: ['Host', url.host, ...withoutHops(request.rawHeaders)],
        setHost: false,
        lookup: pinnedLookup(addresses),
        timeout: idleTimeout,
        signal,
      })
      const timer = setTimeout(
        () => forwarded.destroy(new OutboundError('timeout', url.href, `Connecting to ${url.host} took too long`)),
        connectTimeout,
      )
      forwarded.on('socket', socket => socket.once('connect', () => clearTimeout(timer)))
      forwarded.on('timeout', () => forwarded.destroy(new OutboundError('timeout', url.href, `${url.host} took too long to answer`)))
      forwarded.on('close', () => clearTimeout(timer))
      forwarded.on('response', resolve)
      forwarded.on('error', reject)
      // The caller has gone: so does what was asked for it.
      request.socket.once('close', () => forwarded.destroy())
      pipeline(request, this.#meter('sent'), forwarded).catch(reject)
    })
  }

  async #tunnel(request: IncomingMessage, near: Duplex, head: Buffer): Promise<void> {
    this.#open.add(near)
    near.once('close', () => this.#open.delete(near))
    near.on('error', () => near.destroy())
    if (this.#enter('connect')) return void near.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\nToo many connections\n')
    let far: Socket | undefined
    try {
      const target = await this.#admission.tunnel(request.url ?? '')
      if (near.destroyed) return
      far = await this.#connect(target)
      near.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      if (head.length) far.write(head)
      this.metrics.count('connect', 'served')
      const signal = AbortSignal.timeout(this.#settings.maxTime)
      await Promise.all([pipeline(near, this.#meter('sent'), far, { signal }), pipeline(far, this.#meter('received'), near, { signal })])
    } catch (error) {
      // Once the tunnel stands, its bytes belong to the two ends.
      if (!far) {
        const { status, text } = this.#explain('connect', error)
        const body = Buffer.from(`${text}\n`)
        const lines = [
          `HTTP/1.1 ${status} Refused`,
          'content-type: text/plain; charset=utf-8',
          `content-length: ${body.length}`,
          'connection: close',
        ]
        near.end(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]))
      } else near.destroy()
    } finally {
      far?.destroy()
      this.metrics.open--
    }
  }

  #connect({ url, host, port, addresses }: Target): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const far = connect({ host, port, lookup: pinnedLookup(addresses), autoSelectFamily: true })
      const timer = setTimeout(
        () => far.destroy(new OutboundError('timeout', url.href, `Connecting to ${url.host} took too long`)),
        this.#settings.connectTimeout,
      )
      far.once('error', error => {
        clearTimeout(timer)
        reject(error)
      })
      far.once('connect', () => {
        clearTimeout(timer)
        far.setTimeout(this.#settings.idleTimeout, () => far.destroy())
        resolve(far)
      })
    })
  }

  /** Gives whether there is no room. */
  #enter(way: Way): boolean {
    if (this.metrics.open >= this.#settings.maxConnections) {
      this.metrics.count(way, 'limited')
      return true
    }
    this.metrics.open++
    return false
  }

  #meter(direction: 'sent' | 'received'): Transform {
    let total = 0
    const { maxBytes } = this.#settings
    const { metrics } = this
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        total += chunk.length
        metrics.carried(direction, chunk.length)
        if (total > maxBytes) done(new Error('Too many bytes'))
        else done(null, chunk)
      },
    })
  }

  #explain(way: Way, error: unknown): { status: number; text: string } {
    const isOutbound = error instanceof OutboundError
    const isRefused = isOutbound && (error.code === 'address-refused' || error.code === 'invalid-url')
    this.metrics.count(way, isRefused ? 'refused' : 'failed')
    if (isOutbound) return { status: STATUS[error.code] ?? 502, text: error.message }
    return {
      status: 502,
      text: `The connection failed: ${error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : error}`,
    }
  }
}

/** Name and value by turns, without what is meant for the neighbour alone. */
function withoutHops(raw: readonly string[]): string[] {
  const pairs = Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2] ?? '', raw[index * 2 + 1] ?? ''] as const)
  const named = pairs.filter(([name]) => name.toLowerCase() === 'connection').flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/))
  return pairs.filter(([name]) => !HOP_HEADERS.has(name.toLowerCase()) && !named.includes(name.toLowerCase())).flat()
}

function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const answers = addresses.map(address => ({ address, family: isIPv6(address) ? 6 : 4 }))
  return (_hostname, options, callback) => {
    if (options.all) callback(null, answers)
    else callback(null, answers[0]?.address ?? '', answers[0]?.family)
  }
}
