import { BYPASS_ADDRESSES, hostileResolver } from '@weft/adapter-outbound/bypass-addresses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { raw, startProxy, startServer, type TestProxy, type TestServer } from './running.ts'

let target: TestServer
let proxy: TestProxy
beforeAll(async () => {
  target = await startServer((_request, response) => response.end('reached'))
  proxy = await startProxy({ SSRF_PROXY_ALLOWED_PORTS: '1-65535' }, hostileResolver)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
})

const withPort = (address: string) => address.replace('%', String(target.port))
/** Host and port as they are written, for CONNECT. */
const authorityOf = (address: string) => {
  const [, scheme = '', authority = ''] = /^\s*([a-z]+):[\\/]*([^\\/]*)/i.exec(address) ?? []
  return /:\d+$/.test(authority) ? authority : `${authority}:${scheme.toLowerCase() === 'https' ? 443 : 80}`
}
const CONNECTS = [...new Set(BYPASS_ADDRESSES.map(authorityOf))]

async function refuses(bytes: Buffer) {
  const answer = await raw(proxy.port, bytes)
  expect(answer).not.toContain('reached')
  expect(answer).not.toMatch(/^HTTP\/1\.1 [23]/)
  expect(target.hits).toBe(0)
}

describe(`${BYPASS_ADDRESSES.length} ways to ask for what must not be called`, () => {
  test.each(BYPASS_ADDRESSES)('a request for %j is refused', async address => {
    await refuses(Buffer.from(`GET ${withPort(address)} HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n`))
  })

  test.each(CONNECTS)('CONNECT to %j is refused', async authority => {
    await refuses(Buffer.from(`CONNECT ${withPort(authority)} HTTP/1.1\r\nhost: example.com\r\n\r\n`))
  })
})

describe('tricks with the framing', () => {
  const local = () => `127.0.0.1:${target.port}`
  test.each<[string, () => string]>([
    ['the host in the header alone', () => `GET / HTTP/1.1\r\nhost: ${local()}\r\n\r\n`],
    ['a host that differs from the address', () => `GET http://${local()}/ HTTP/1.1\r\nhost: example.com\r\n\r\n`],
    ['two hosts', () => `GET / HTTP/1.1\r\nhost: example.com\r\nhost: ${local()}\r\n\r\n`],
    ['HTTP/1.0', () => `GET http://${local()}/ HTTP/1.0\r\n\r\n`],
    ['a folded line', () => `GET http://${local()}/ HTTP/1.1\r\nhost: a\r\n b\r\n\r\n`],
    [
      'a second request behind the first',
      () => `GET /health HTTP/1.1\r\nhost: a\r\n\r\nGET http://${local()}/ HTTP/1.1\r\nhost: a\r\n\r\n`,
    ],
    [
      'a request hidden by two lengths',
      () =>
        `POST http://example.com/ HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET http://${local()}/ HTTP/1.1\r\n\r\n`,
    ],
    ['an upgrade', () => `GET http://${local()}/ HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`],
    ['an upgrade to HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TRACE', () => `TRACE http://${local()}/ HTTP/1.1\r\nhost: a\r\n\r\n`],
    ['OPTIONS of all', () => `OPTIONS * HTTP/1.1\r\nhost: ${local()}\r\n\r\n`],
    ['CONNECT without a port', () => 'CONNECT 127.0.0.1 HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['CONNECT to a URL', () => `CONNECT http://${local()}/ HTTP/1.1\r\nhost: a\r\n\r\n`],
    ['CONNECT with a user', () => `CONNECT example.com@${local()} HTTP/1.1\r\nhost: a\r\n\r\n`],
    ['CONNECT with bytes behind it', () => `CONNECT ${local()} HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n`],
    ['CONNECT with a path', () => `CONNECT ${local()}/ HTTP/1.1\r\nhost: a\r\n\r\n`],
    ['CONNECT to port 0', () => 'CONNECT 127.0.0.1:0 HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['CONNECT to a port beyond all', () => 'CONNECT example.com:65536 HTTP/1.1\r\nhost: a\r\n\r\n'],
    ["the proxy's own metrics", () => 'GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'],
    ['a SOCKS greeting', () => '\x05\x01\x00'],
  ])('%s reaches nothing', async (_trick, bytes) => {
    const answer = await raw(proxy.port, bytes())
    expect(answer).not.toContain('reached')
    expect(answer).not.toContain('weft_ssrf')
    expect(target.hits).toBe(0)
  })
})

test('a name that changes its mind is resolved once, and only what was checked is connected to', async () => {
  let asked = 0
  await using other = await startServer((_request, response) => response.end('reached'))
  await using rebinding = await startProxy({ SSRF_ALLOWED_TARGETS: `10.0.0.0/8` }, async () =>
    asked++ === 0 ? ['10.255.255.1'] : ['127.0.0.1'],
  )
  const answer = raw(rebinding.port, `GET http://rebind.example:${other.port}/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
  expect(await answer).not.toContain('reached')
  expect(asked).toBe(1)
  expect(await raw(rebinding.port, `GET http://rebind.example:${other.port}/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 403/,
  )
  expect(other.hits).toBe(0)
})

test('a redirect is the caller’s to follow, and is checked when it comes', async () => {
  await using first = await startServer((_request, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${target.port}/` }).end(),
  )
  await using open = await startProxy({ SSRF_ALLOWED_TARGETS: `127.0.0.1:${first.port}` })
  expect(await raw(open.port, `GET http://127.0.0.1:${first.port}/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 302/,
  )
  expect(await raw(open.port, `GET http://127.0.0.1:${target.port}/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 403/,
  )
  expect(target.hits).toBe(0)
})
