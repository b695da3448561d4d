import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { type HttpClient, OutboundError, type OutboundRequest, type OutboundResponse } from '@weft/ports'
import { afterEach, describe, expect, test } from 'vitest'
import { parseAllowedTargets } from './allowed-targets.ts'
import { createGatedHttpClient, type GatedHttpClientOptions } from './gated-http-client.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const serve = (listener: RequestListener) => listen(createServer(listener))

function createClient(allowed: string, options: Partial<GatedHttpClientOptions> = {}): HttpClient {
  const client = createGatedHttpClient({ allowedTargets: parseAllowedTargets(allowed), ...options })
  cleanUps.push(() => client[Symbol.asyncDispose]())
  return client
}

const get = (client: HttpClient, url: string, more: Partial<OutboundRequest> = {}) => client.request({ method: 'GET', url, ...more })

async function text(response: OutboundResponse): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function failureOf(work: Promise<unknown>): Promise<OutboundError> {
  const error = await work.then(
    () => undefined,
    failure => failure,
  )
  expect(error).toBeInstanceOf(OutboundError)
  return error as OutboundError
}

async function received(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await received(request)
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
}

const echoed = async (response: OutboundResponse) =>
  JSON.parse(await text(response)) as { method: string; url: string; headers: Record<string, string>; body: string }

describe('what is let through', () => {
  test('an address on the list, on its port alone', async () => {
    const port = await serve((_request, response) => response.end('hello'))
    const other = await serve((_request, response) => response.end('other'))
    const client = createClient(`127.0.0.1:${port}`)
    expect(await text(await get(client, `http://127.0.0.1:${port}/`))).toBe('hello')
    for (const url of [
      `http://127.0.0.1:${other}/`,
      `http://localhost:${port}/`,
      `http://127.1:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
    ]) {
      expect((await failureOf(get(client, url))).code).toBe('address-refused')
    }
  })

  test('a name on the list, whatever it leads to, and no name beside it', async () => {
    const port = await serve((_request, response) => response.end('hello'))
    const client = createClient(`inner.example:${port}`, { resolver: async () => ['127.0.0.1'] })
    expect(await text(await get(client, `http://inner.example:${port}/`))).toBe('hello')
    expect((await failureOf(get(client, `http://a.inner.example:${port}/`))).code).toBe('address-refused')
    expect((await failureOf(get(client, `http://127.0.0.1:${port}/`))).code).toBe('address-refused')
  })

  test('names that lead into a network on the list', async () => {
    const port = await serve((_request, response) => response.end('hello'))
    const client = createClient('127.0.0.0/30', {
      resolver: async name => (name === 'in.example' ? ['127.0.0.1'] : ['127.0.0.1', '10.0.0.1']),
    })
    expect(await text(await get(client, `http://in.example:${port}/`))).toBe('hello')
    expect((await failureOf(get(client, `http://half.example:${port}/`))).code).toBe('address-refused')
    expect((await failureOf(get(client, `http://127.0.0.4:${port}/`))).code).toBe('address-refused')
  })

  test('a refusal names the host and the remedy, but no address behind a name', async () => {
    const client = createClient('', { resolver: async () => ['10.1.2.3'] })
    const failure = await failureOf(get(client, 'http://db.example:5432/x'))
    expect(failure.message).toBe(
      'Refused to call db.example:5432: its name leads to a private address. An operator can allow it by adding db.example:5432 to SSRF_ALLOWED_TARGETS',
    )
    expect(failure.url).toBe('http://db.example:5432/x')
    expect((await failureOf(get(client, 'http://[::1]/'))).message).toContain('adding [::1]:80 to SSRF_ALLOWED_TARGETS')
  })

  test('a name without an address fails by its name', async () => {
    const unknown = createClient('', {
      resolver: async () => {
        throw new Error('ENOTFOUND')
      },
    })
    expect((await failureOf(get(unknown, 'http://nowhere.example/'))).code).toBe('name-not-resolved')
    const empty = createClient('', { resolver: async () => [] })
    expect((await failureOf(get(empty, 'http://nowhere.example/'))).message).toContain('nowhere.example')
  })
})

describe('rebinding', () => {
  test('connects to the addresses that were checked, resolving once per request', async () => {
    const port = await serve((_request, response) => response.end('pinned'))
    let calls = 0
    const client = createClient('127.0.0.0/8', {
      // .invalid never resolves: reaching the server shows that no other resolver was asked.
      resolver: async () => {
        calls++
        return ['127.0.0.1']
      },
    })
    expect(await text(await get(client, `http://rebind.invalid:${port}/`))).toBe('pinned')
    expect(calls).toBe(1)
  })

  test('a name that turns private between two requests is refused the second time', async () => {
    const port = await serve((_request, response) => response.end('first'))
    const answers = [['127.0.0.1'], ['10.0.0.1']]
    const client = createClient('127.0.0.0/8', { resolver: async () => answers.shift() ?? [] })
    expect(await text(await get(client, `http://rebind.invalid:${port}/`))).toBe('first')
    expect((await failureOf(get(client, `http://rebind.invalid:${port}/`))).code).toBe('address-refused')
  })

  test('a kept connection is not used for a name that moved', async () => {
    const port = await serve((_request, response) => response.end('old place'))
    const answers = [['127.0.0.1'], ['127.0.0.2']]
    const client = createClient('127.0.0.0/8', { resolver: async () => answers.shift() ?? [] })
    expect(await text(await get(client, `http://rebind.invalid:${port}/`))).toBe('old place')
    expect((await failureOf(get(client, `http://rebind.invalid:${port}/`))).code).toBe('connection-failed')
  })

  test('a name that turns private between a request and its redirect is refused', async () => {
    const port = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end())
    const answers = [['127.0.0.1'], ['192.168.0.1']]
    const client = createClient('127.0.0.0/8', { resolver: async () => answers.shift() ?? [] })
    expect((await failureOf(get(client, `http://rebind.invalid:${port}/`))).code).toBe('address-refused')
  })

  test('fetch checks and pins as requests do', async () => {
    const port = await serve((request, response) =>
      request.url === '/go' ? response.writeHead(302, { location: '/gone' }).end() : response.end('pinned'),
    )
    const answers = [['127.0.0.1'], ['127.0.0.1'], ['10.0.0.1']]
    const client = createClient('127.0.0.0/8', { resolver: async () => answers.shift() ?? [] })
    expect(await (await client.fetch(`http://rebind.invalid:${port}/`)).text()).toBe('pinned')
    const error = await client.fetch(`http://rebind.invalid:${port}/go`).catch((failure: unknown) => failure)
    expect((error as Error).cause).toMatchObject({ code: 'address-refused' })
  })
})

describe('redirects', () => {
  test('gives the address that answered', async () => {
    const port = await serve((request, response) =>
      request.url === '/a' ? response.writeHead(302, { location: 'b?c=1#d' }).end('moved') : response.end(request.url),
    )
    const response = await get(createClient('127.0.0.1'), `http://127.0.0.1:${port}/a`)
    expect(response.url).toBe(`http://127.0.0.1:${port}/b?c=1#d`)
    expect(await text(response)).toBe('/b?c=1')
  })

  test('hands over the redirect itself where it is not to be followed', async () => {
    const port = await serve((_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end('moved'))
    const response = await get(createClient('127.0.0.1'), `http://127.0.0.1:${port}/`, { followRedirects: false })
    expect(response.status).toBe(302)
    expect(await text(response)).toBe('moved')
  })

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [302, 'PUT', 'GET'],
    [303, 'DELETE', 'GET'],
    [301, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'PATCH', 'PATCH'],
    [302, 'GET', 'GET'],
  ])('after %i a %s becomes a %s', async (status, method, expected) => {
    const port = await serve((request, response) => {
      if (request.url === '/') response.writeHead(status, { location: '/end' }).end()
      else void echo(request, response)
    })
    const body = method === 'GET' ? undefined : 'payload'
    const headers: [string, string][] = body ? [['Content-Type', 'text/csv']] : []
    const end = await echoed(await createClient('127.0.0.1').request({ method, url: `http://127.0.0.1:${port}/`, headers, body }))
    expect(end.method).toBe(expected)
    expect(end.body).toBe(expected === method && body ? 'payload' : '')
    expect(end.headers['content-type']).toBe(expected === method && body ? 'text/csv' : undefined)
  })

  test('credentials and cookies stay with their origin', async () => {
    const second = await serve(echo)
    const first = await serve((request, response) => {
      if (request.url === '/same') void echo(request, response)
      else response.writeHead(307, { location: request.url === '/across' ? `http://127.0.0.1:${second}/` : '/same' }).end()
    })
    const headers: [string, string][] = [
      ['Authorization', 'Bearer secret'],
      ['Cookie', 'a=b'],
      ['X-API-Key', 'secret'],
      ['X-Auth-Token', 'secret'],
      ['X-Trace', 'kept'],
    ]
    const client = createClient('127.0.0.1')
    const across = (await echoed(await get(client, `http://127.0.0.1:${first}/across`, { headers }))).headers
    expect(across).toMatchObject({ 'x-trace': 'kept', host: `127.0.0.1:${second}` })
    for (const name of ['authorization', 'cookie', 'x-api-key', 'x-auth-token']) expect(across).not.toHaveProperty(name)
    const within = (await echoed(await get(client, `http://127.0.0.1:${first}/within`, { headers }))).headers
    expect(within).toMatchObject({ authorization: 'Bearer secret', cookie: 'a=b', 'x-api-key': 'secret' })
  })

  test('gives up after 20', async () => {
    let hits = 0
    const port = await serve((_request, response) => {
      hits++
      response.writeHead(302, { location: `/${hits}` }).end()
    })
    expect((await failureOf(get(createClient('127.0.0.1'), `http://127.0.0.1:${port}/`))).code).toBe('too-many-redirects')
    expect(hits).toBe(21)
  })

  test('a streamed body is not sent twice', async () => {
    const port = await serve(async (request, response) => {
      await received(request)
      response.writeHead(307, { location: '/end' }).end()
    })
    async function* body() {
      yield Buffer.from('once')
    }
    const failure = await failureOf(createClient('127.0.0.1').request({ method: 'POST', url: `http://127.0.0.1:${port}/`, body: body() }))
    expect(failure.message).toContain('cannot be sent twice')
  })
})

describe('messages', () => {
  test('headers keep their spelling and their repeats, with modest defaults', async () => {
    let raw: string[] = []
    const port = await serve((request, response) => {
      raw = request.rawHeaders
      response.writeHead(200, [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['X-Name', Buffer.from('Füße').toString('latin1')],
      ] as never)
      response.end()
    })
    const headers: [string, string][] = [
      ['X-Custom', 'a'],
      ['x-custom', 'b'],
      ['Accept', ''],
      ['Connection', 'close'],
      ['Content-Length', '99'],
    ]
    const response = await get(createClient('127.0.0.1'), `http://127.0.0.1:${port}/`, { headers })
    const sent = Array.from({ length: raw.length / 2 }, (_, index) => raw.slice(index * 2, index * 2 + 2))
    expect(sent).toEqual(
      expect.arrayContaining([
        ['X-Custom', 'a'],
        ['X-Custom', 'b'],
        ['Accept', ''],
        ['user-agent', 'weft'],
      ]),
    )
    expect(sent).not.toContainEqual(['Content-Length', '99'])
    expect(response.headers.filter(([name]) => name === 'set-cookie')).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ])
    expect(response.headers).toContainEqual(['x-name', 'Füße'])
    await text(response)
  })

  test('a header that breaks out of its line is refused', async () => {
    const port = await serve(echo)
    const failure = await failureOf(get(createClient('127.0.0.1'), `http://127.0.0.1:${port}/`, { headers: [['X', 'a\r\nY: b']] }))
    expect(failure.code).toBe('invalid-url')
  })

  test('a name and password in the URL become basic authentication', async () => {
    const port = await serve(echo)
    const { headers } = await echoed(await get(createClient('127.0.0.1'), `http://user:p%40ss@127.0.0.1:${port}/`))
    expect(headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`)
  })

  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['gzip, br', (input: string) => brotliCompressSync(gzipSync(input))],
    ['identity', (input: string) => Buffer.from(input)],
  ])('decodes %s', async (encoding, compress) => {
    const content = 'the tide rises '.repeat(5000)
    const port = await serve((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(compress(content)))
    expect(await text(await get(createClient('127.0.0.1'), `http://127.0.0.1:${port}/`))).toBe(content)
  })

  test('an encoding that is not one fails, and answers without a body need none', async () => {
    const port = await serve((request, response) => {
      response.writeHead(request.url === '/204' ? 204 : 200, { 'content-encoding': 'gzip' })
      response.end(request.method === 'HEAD' || request.url === '/204' ? undefined : 'not gzip at all')
    })
    const client = createClient('127.0.0.1')
    expect((await failureOf(text(await get(client, `http://127.0.0.1:${port}/`)))).code).toBe('connection-failed')
    expect(await text(await client.request({ method: 'HEAD', url: `http://127.0.0.1:${port}/` }))).toBe('')
    expect(await text(await get(client, `http://127.0.0.1:${port}/204`))).toBe('')
  })

  test('large and streamed bodies arrive whole, the first with their length', async () => {
    const port = await serve(async (request, response) => {
      const body = await received(request)
      response.end(`${body.length} ${request.headers['content-length'] ?? request.headers['transfer-encoding']}`)
    })
    const client = createClient('127.0.0.1')
    const url = `http://127.0.0.1:${port}/`
    expect(await text(await client.request({ method: 'PUT', url, body: new Uint8Array(1_000_000) }))).toBe('1000000 1000000')
    expect(await text(await client.request({ method: 'POST', url, body: 'ü' }))).toBe('1 2')
    expect(await text(await client.request({ method: 'POST', url }))).toBe('0 0')
    expect(await text(await get(client, url, { body: 'of a get' }))).toBe('8 8')
    async function* body() {
      for (let index = 0; index < 10; index++) yield new Uint8Array(100_000)
    }
    expect(await text(await client.request({ method: 'POST', url, body: body() }))).toBe('1000000 chunked')
  })

  test('chunks are handed over as they come', async () => {
    let next: (() => void) | undefined
    const port = await serve((_request, response) => {
      response.write('one')
      next = () => response.end('two')
    })
    const response = await get(createClient('127.0.0.1'), `http://127.0.0.1:${port}/`)
    const chunks: string[] = []
    for await (const chunk of response.body) {
      chunks.push(Buffer.from(chunk).toString())
      next?.()
    }
    expect(chunks).toEqual(['one', 'two'])
  })

  test('connections are used again, and leaving a body early closes its one', async () => {
    const ports = new Set<number | undefined>()
    const closed = Promise.withResolvers<void>()
    const port = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      if (request.url === '/endless') {
        response.write('x')
        response.on('close', () => closed.resolve())
      } else response.end('done')
    })
    const client = createClient('127.0.0.1')
    for (let round = 0; round < 3; round++) {
      await text(await get(client, `http://127.0.0.1:${port}/`))
      await sleep(5)
    }
    expect(ports.size).toBe(1)
    for await (const _chunk of (await get(client, `http://127.0.0.1:${port}/endless`)).body) break
    await closed.promise
  })
})

describe('time', () => {
  test('an answer that does not begin', async () => {
    const port = await serve(() => {})
    const failure = await failureOf(get(createClient('127.0.0.1'), `http://127.0.0.1:${port}/`, { timeouts: { read: 100 } }))
    expect(failure.code).toBe('timeout')
    expect(failure.message).toContain('took too long to answer')
  })

  test('an answer that stops, but not one that only takes long', async () => {
    const port = await serve(async (request, response) => {
      for (let round = 0; round < 4; round++) {
        response.write('x')
        await sleep(100)
      }
      if (request.url === '/ends') response.end()
    })
    const client = createClient('127.0.0.1')
    expect(await text(await get(client, `http://127.0.0.1:${port}/ends`, { timeouts: { read: 250 } }))).toBe('xxxx')
    const response = await get(client, `http://127.0.0.1:${port}/stops`, { timeouts: { read: 250 } })
    expect((await failureOf(text(response))).code).toBe('timeout')
  })

  test('a server that takes no more of the request', async () => {
    const port = await listen(createTcpServer(socket => socket.pause()))
    const body = new Uint8Array(50_000_000)
    const failure = await failureOf(
      createClient('127.0.0.1').request({ method: 'POST', url: `http://127.0.0.1:${port}/`, body, timeouts: { write: 200 } }),
    )
    expect(failure.code).toBe('timeout')
    expect(failure.message).toContain('accept the request')
  })

  test('a name that takes long to resolve', async () => {
    const client = createClient('', { resolver: () => sleep(5000, [], { ref: false }), timeouts: { connect: 50 } })
    expect((await failureOf(get(client, 'http://slow.example/'))).code).toBe('timeout')
  })

  test('aborting before, during and after the headers', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/body') response.write('x')
    })
    const client = createClient('127.0.0.1')
    expect((await failureOf(get(client, `http://127.0.0.1:${port}/`, { signal: AbortSignal.abort() }))).code).toBe('aborted')
    expect((await failureOf(get(client, `http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(50) }))).code).toBe('aborted')
    const controller = new AbortController()
    const response = await get(client, `http://127.0.0.1:${port}/body`, { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    expect((await failureOf(text(response))).code).toBe('aborted')
    const resolving = createClient('', { resolver: () => sleep(5000, [], { ref: false }) })
    expect((await failureOf(get(resolving, 'http://slow.example/', { signal: AbortSignal.timeout(20) }))).code).toBe('aborted')
  })

  test('connections that are refused or cut say so', async () => {
    const closed = await serve(() => {})
    await cleanUps.pop()?.()
    const client = createClient('127.0.0.1')
    const refused = await failureOf(get(client, `http://127.0.0.1:${closed}/`))
    expect(refused).toMatchObject({
      code: 'connection-failed',
      message: `The connection to 127.0.0.1:${closed} failed: connection refused`,
    })
    const port = await serve((_request, response) => response.socket?.destroy())
    expect((await failureOf(get(client, `http://127.0.0.1:${port}/`))).code).toBe('connection-failed')
  })
})

describe('TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-outbound-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=inner.example', '-addext', 'subjectAltName=DNS:inner.example,IP:127.0.0.1']
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      certificate,
      ...subject,
    ],
    { stdio: 'ignore' },
  )
  const secure = () =>
    listen(createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_request, response) => response.end('secret')))
  const resolver = async () => ['127.0.0.1']

  test('an unknown certificate is refused unless the request says otherwise', async () => {
    const port = await secure()
    const client = createClient('127.0.0.1,inner.example,other.example', { resolver })
    expect((await failureOf(get(client, `https://inner.example:${port}/`))).code).toBe('tls-failed')
    expect(await text(await get(client, `https://inner.example:${port}/`, { verifyTls: false }))).toBe('secret')
    expect((await failureOf(get(client, `https://inner.example:${port}/`))).code).toBe('tls-failed')
  })

  test('a certificate of an own authority is accepted for its names alone', async () => {
    const port = await secure()
    const client = createClient('127.0.0.1,inner.example,other.example', { resolver, caCertificates: [readFileSync(certificate, 'utf8')] })
    expect(await text(await get(client, `https://inner.example:${port}/`))).toBe('secret')
    expect(await text(await get(client, `https://127.0.0.1:${port}/`))).toBe('secret')
    expect(await (await client.fetch(`https://inner.example:${port}/`)).text()).toBe('secret')
    expect((await failureOf(get(client, `https://other.example:${port}/`))).code).toBe('tls-failed')
  })

  test('secure requests tunnel through a proxy', async () => {
    const port = await secure()
    const asked: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '')
      const upstream = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        upstream.pipe(socket)
        socket.pipe(upstream)
      })
      socket.on('error', () => upstream.destroy())
    })
    const client = createClient('', {
      proxyUrl: { https: `http://127.0.0.1:${await listen(proxy)}` },
      caCertificates: [readFileSync(certificate, 'utf8')],
    })
    expect(await text(await get(client, 'https://inner.example/'))).toBe('secret')
    expect(asked).toEqual(['inner.example:443'])
  })
})

describe('proxies', () => {
  test('plain requests go to the proxy with their whole address, names unresolved', async () => {
    const asked: string[] = []
    const proxy = await serve((request, response) => {
      asked.push(`${request.url} ${request.headers.host} ${request.headers['proxy-authorization']}`)
      response.end('through')
    })
    const client = createClient('', {
      proxyUrl: { http: `http://user:word@127.0.0.1:${proxy}` },
      resolver: async () => {
        throw new Error('nothing is resolved here')
      },
    })
    expect(await text(await get(client, 'http://far.example/a?b=c'))).toBe('through')
    expect(await (await client.fetch('http://far.example/d')).text()).toBe('through')
    const credentials = `Basic ${Buffer.from('user:word').toString('base64')}`
    expect(asked).toEqual([`http://far.example/a?b=c far.example ${credentials}`, `http://far.example/d far.example ${credentials}`])
  })

  test('private addresses are refused before the proxy sees them', async () => {
    let hits = 0
    const proxy = await serve((request, response) => {
      hits++
      response.writeHead(302, { location: 'http://10.0.0.1/' }).end(request.url)
    })
    const client = createClient('', { proxyUrl: { http: `http://127.0.0.1:${proxy}` } })
    for (const url of ['http://127.0.0.1/', 'http://localhost/', 'http://a.localhost./', 'http://0x7f.1/', 'http://[::1]/']) {
      expect((await failureOf(get(client, url))).code).toBe('address-refused')
    }
    expect(hits).toBe(0)
    expect((await failureOf(get(client, 'http://far.example/'))).code).toBe('address-refused')
    expect(hits).toBe(1)
  })
})

describe('fetch', () => {
  test('streams answers without buffering, and decodes them', async () => {
    let next: (() => void) | undefined
    const port = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
      next = () => response.end('data: 2\n\n')
    })
    const response = await createClient('127.0.0.1').fetch(`http://127.0.0.1:${port}/`)
    expect(response).toBeInstanceOf(globalThis.Response)
    const chunks: string[] = []
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      chunks.push(Buffer.from(chunk).toString())
      next?.()
    }
    expect(chunks).toEqual(['data: 1\n\n', 'data: 2\n\n'])
    const zipped = await serve((_request, answer) => answer.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}')))
    expect(await (await createClient('127.0.0.1').fetch(`http://127.0.0.1:${zipped}/`)).json()).toEqual({ a: 1 })
  })

  test('takes strings, URLs and Requests, with every kind of body', async () => {
    const port = await serve(echo)
    const { fetch } = createClient('127.0.0.1')
    const url = `http://127.0.0.1:${port}/`
    const body = async (response: Response) => ((await response.json()) as { body: string }).body
    expect(await body(await fetch(new URL(url), { method: 'POST', body: 'text' }))).toBe('text')
    expect(await body(await fetch(new Request(url, { method: 'POST', body: 'request' })))).toBe('request')
    expect(await body(await fetch(url, { method: 'POST', body: new URLSearchParams({ a: 'b' }) }))).toBe('a=b')
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('streamed'))
        controller.close()
      },
    })
    expect(await body(await fetch(url, { method: 'POST', body: stream, duplex: 'half' } as RequestInit))).toBe('streamed')
    const form = new FormData()
    form.append('name', 'value')
    expect(await body(await fetch(url, { method: 'POST', body: form }))).toContain('name="name"')
  })

  test('aborts as fetch does, before the answer and within it', async () => {
    const closed = Promise.withResolvers<void>()
    const port = await serve((request, response) => {
      if (request.url === '/body') response.write('x')
      response.on('close', () => closed.resolve())
    })
    const { fetch } = createClient('127.0.0.1')
    const before = new AbortController()
    setTimeout(() => before.abort(), 20)
    await expect(fetch(`http://127.0.0.1:${port}/`, { signal: before.signal })).rejects.toMatchObject({ name: 'AbortError' })
    const within = new AbortController()
    const response = await fetch(`http://127.0.0.1:${port}/body`, { signal: within.signal })
    setTimeout(() => within.abort(), 20)
    await expect(response.text()).rejects.toMatchObject({ name: 'AbortError' })
    await closed.promise
    const resolving = createClient('', { resolver: () => sleep(5000, [], { ref: false }) })
    await expect(resolving.fetch('http://slow.example/', { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })

  test('failures name their cause', async () => {
    const client = createClient('', { resolver: async () => ['10.0.0.1'] })
    const error = await client.fetch('http://inner.example/').catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).cause).toMatchObject({ code: 'address-refused' })
  })

  test('waits no longer than it is told for an answer to begin', async () => {
    const port = await serve(() => {})
    const client = createClient('127.0.0.1', { timeouts: { fetchRead: 100 } })
    await expect(client.fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow(TypeError)
  })
})
