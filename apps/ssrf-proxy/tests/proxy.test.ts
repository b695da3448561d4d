import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGatedHttpClient, parseAllowedTargets } from '@weft/adapter-outbound'
import { servicesOrSkip } from '@weft/testkit/services'
import { describe, expect, test } from 'vitest'
import { readSsrfProxySettings } from '../src/settings.ts'
import { raw, startProxy, startServer, through } from './running.ts'

test('forwards a request with its method, body and headers, without those that are for the proxy', async () => {
  await using target = await startServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    response.writeHead(201, { 'x-answer': 'yes', connection: 'x-secret', 'x-secret': '1' })
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
  })
  await using proxy = await startProxy({ SSRF_ALLOWED_TARGETS: `127.0.0.1:${target.port}` })
  const { status, headers, text } = await through(proxy.port, `http://127.0.0.1:${target.port}/a?b=c`, {
    method: 'PUT',
    headers: {
      host: 'other.example',
      'x-given': 'ü'.normalize('NFD').replace(/[^ -~]/g, ''),
      'proxy-authorization': 'Basic eDp5',
      'proxy-connection': 'keep-alive',
    },
    body: 'the body',
  })
  const seen = JSON.parse(text)
  expect([status, headers['x-answer'], headers['x-secret']]).toEqual([201, 'yes', undefined])
  expect(seen).toMatchObject({
    method: 'PUT',
    url: '/a?b=c',
    body: 'the body',
    headers: { host: `127.0.0.1:${target.port}`, 'x-given': 'u' },
  })
  expect(Object.keys(seen.headers).filter(name => name.startsWith('proxy-'))).toEqual([])
})

test('the allow list lets through exactly what it names', async () => {
  await using named = await startServer((_request, response) => response.end('named'))
  await using other = await startServer((_request, response) => response.end('other'))
  await using proxy = await startProxy({ SSRF_ALLOWED_TARGETS: `inner.example:${named.port}` }, async () => ['127.0.0.1'])
  expect((await through(proxy.port, `http://inner.example:${named.port}/`)).text).toBe('named')
  for (const url of [
    `http://inner.example:${other.port}/`,
    `http://127.0.0.1:${named.port}/`,
    `http://a.inner.example:${named.port}/`,
    `http://inner.example.:${named.port}/`,
  ]) {
    expect(await through(proxy.port, url)).toMatchObject({ status: 403, text: expect.stringContaining('Refused to call') })
  }
  expect([named.hits, other.hits]).toEqual([1, 0])
})

test('refuses ports that are not allowed, on public addresses too', async () => {
  await using proxy = await startProxy()
  expect((await through(proxy.port, 'http://93.184.216.34:22/')).text).toContain('SSRF_PROXY_ALLOWED_PORTS')
  expect(await raw(proxy.port, 'CONNECT 93.184.216.34:25 HTTP/1.1\r\nhost: a\r\n\r\n')).toMatch(/^HTTP\/1\.1 403/)
})

test('tunnels, both ways', async () => {
  await using target = await startServer((request, response) => response.end(`seen ${request.url}`))
  await using proxy = await startProxy({ SSRF_ALLOWED_TARGETS: '127.0.0.1' })
  const answer = await raw(
    proxy.port,
    `CONNECT 127.0.0.1:${target.port} HTTP/1.1\r\nhost: a\r\n\r\nGET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 200[\s\S]*seen \/x/)
})

test('says what went wrong', async () => {
  await using proxy = await startProxy({ SSRF_ALLOWED_TARGETS: '127.0.0.1' }, async name => {
    if (name === 'nowhere.example') throw new Error('ENOTFOUND')
    return ['127.0.0.1']
  })
  expect(await through(proxy.port, 'http://127.0.0.1:1/')).toMatchObject({ status: 403 })
  expect(await through(proxy.port, 'http://127.0.0.1:9999/')).toMatchObject({ status: 502, text: 'The connection failed: ECONNREFUSED\n' })
  expect(await through(proxy.port, 'http://nowhere.example/')).toMatchObject({
    status: 502,
    text: expect.stringContaining('could not be resolved'),
  })
  expect(await through(proxy.port, '/somewhere')).toMatchObject({ status: 400 })
  expect(await through(proxy.port, '/health')).toMatchObject({ status: 200, text: 'ok' })
})

test('bounds connections, bytes and silence, and counts them', async () => {
  let answered = 0
  await using target = await startServer((request, response) => {
    if (request.url === '/slow') return void setTimeout(() => response.end('late'), 5000)
    answered++
    const chunk = Buffer.alloc(64 * 1024)
    const write = () => {
      if (!response.destroyed) response.write(chunk, write)
    }
    write()
  })
  await using proxy = await startProxy({
    SSRF_ALLOWED_TARGETS: '127.0.0.1',
    SSRF_PROXY_MAX_CONNECTIONS: '2',
    SSRF_PROXY_MAX_MEGABYTES: '1',
    SSRF_PROXY_IDLE_TIMEOUT: '1',
  })
  await expect(through(proxy.port, `http://127.0.0.1:${target.port}/endless`)).rejects.toThrow()
  expect(answered).toBe(1)
  const slow = [1, 2].map(() => through(proxy.port, `http://127.0.0.1:${target.port}/slow`))
  await sleep(200)
  expect(await through(proxy.port, `http://127.0.0.1:${target.port}/slow`)).toMatchObject({ status: 503, text: 'Too many connections\n' })
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([504, 504])
  const metrics = await (await fetch(proxy.metricsUrl ?? '')).text()
  expect(metrics).toContain('weft_ssrf_proxy_requests_total{way="http",outcome="limited"} 1')
  expect(metrics).toContain('weft_ssrf_proxy_requests_total{way="http",outcome="failed"} 3')
  expect(metrics).toMatch(/weft_ssrf_proxy_bytes_total\{direction="received"\} [1-9]/)
  expect(metrics).toContain('weft_ssrf_proxy_open 0')
})

test('a caller that leaves takes its request with it', async () => {
  const left = Promise.withResolvers<void>()
  await using target = await startServer((_request, response) => response.on('close', () => left.resolve()))
  await using proxy = await startProxy({ SSRF_ALLOWED_TARGETS: '127.0.0.1' })
  const socket = connect(proxy.port, '127.0.0.1', () => socket.write(`GET http://127.0.0.1:${target.port}/ HTTP/1.1\r\nhost: a\r\n\r\n`))
  socket.on('error', () => {})
  await sleep(300)
  socket.destroy()
  await left.promise
})

test('names settings that are wrong', () => {
  expect(() => readSsrfProxySettings({ SSRF_PROXY_ALLOWED_PORTS: '80,many' })).toThrow('SSRF_PROXY_ALLOWED_PORTS: many is not a port')
  expect(() => readSsrfProxySettings({ SSRF_HTTP_PORT: 'x' })).toThrow('SSRF_HTTP_PORT')
  expect(() => readSsrfProxySettings({ SSRF_ALLOWED_TARGETS: '127.1' })).toThrow('SSRF_ALLOWED_TARGETS')
})

/** A loopback TLS server with a certificate of its own for `inner.example` and the address. */
async function startSecure() {
  const folder = mkdtempSync(join(tmpdir(), 'weft-tls-'))
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
      'ec_paramgen_curve:P-256',
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
  const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_request, response) =>
    response.end('secret'),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const ca = readFileSync(certificate, 'utf8')
  rmSync(folder, { recursive: true })
  return {
    port,
    ca,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body)).toString()
}

describe('the HTTP client in front of a proxy', () => {
  test('goes through ours by HTTP and by TLS, and is told no where the proxy refuses', async () => {
    await using secure = await startSecure()
    await using plain = await startServer((_request, response) => response.end('plain'))
    await using proxy = await startProxy({ SSRF_ALLOWED_TARGETS: `inner.example:${secure.port},inner.example:${plain.port}` }, async () => [
      '127.0.0.1',
    ])
    await using client = createGatedHttpClient({
      allowedTargets: [],
      proxyUrl: { http: proxy.url, https: proxy.url },
      caCertificates: [secure.ca],
    })
    expect(await textOf((await client.request({ method: 'GET', url: `https://inner.example:${secure.port}/` })).body)).toBe('secret')
    expect(await textOf((await client.request({ method: 'GET', url: `http://inner.example:${plain.port}/` })).body)).toBe('plain')
    expect((await client.request({ method: 'GET', url: `http://other.example:${plain.port}/` })).status).toBe(403)
    await expect(client.request({ method: 'GET', url: `https://other.example:${secure.port}/` })).rejects.toMatchObject({
      name: 'OutboundError',
    })
    expect(plain.hits).toBe(1)
  })

  test("goes through Squid with Dify's rules", async () => {
    await using services = await servicesOrSkip({ squid: true })
    if (!services) return
    await using plain = await startServer((request, response) => response.end(`plain ${request.headers.via ? 'by proxy' : 'direct'}`))
    await using client = createGatedHttpClient({
      allowedTargets: parseAllowedTargets('127.0.0.1'),
      proxyUrl: { http: services.squid.url, https: services.squid.url },
    })
    expect(await textOf((await client.request({ method: 'GET', url: `http://127.0.0.1:${plain.port}/` })).body)).toBe('plain by proxy')
    // Its rules let CONNECT through to 443 alone.
    await expect(client.request({ method: 'GET', url: `https://127.0.0.1:${plain.port}/` })).rejects.toMatchObject({
      name: 'OutboundError',
    })
    expect((await client.request({ method: 'GET', url: 'http://127.0.0.1:23/' })).status).toBe(403)
  })
})
