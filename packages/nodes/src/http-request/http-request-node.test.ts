import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FileValue, ValueMap } from '@weft/contracts'
import type { NodeContext, NodeResult } from '@weft/engine'
import { createLoopbackHttpClient, InMemoryFileService } from '@weft/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { fileValue } from '../test-files.ts'
import type { HttpRequestData } from './http-request-data.ts'
import { createHttpRequestNode, type HttpRequestLimits } from './http-request-node.ts'

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const limits: HttpRequestLimits = {
  maxBinarySize: 10_485_760,
  maxTextSize: 1_048_576,
  timeouts: { connect: 10_000, read: 60_000, write: 20_000 },
  verifyTls: true,
}
const httpClient = createLoopbackHttpClient()
let files: InMemoryFileService
let server: Server
let base: string
let host: string
let last: { method: string; url: string; headers: Record<string, string>; rawHeaders: string[]; body: Buffer }

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { method = '', url = '', rawHeaders } = request
  last = { method, url, headers: request.headers as Record<string, string>, rawHeaders, body: Buffer.concat(chunks) }
  const { pathname, searchParams } = new URL(url, base)
  const [, kind, first] = pathname.split('/')
  if (kind === 'status') return void response.writeHead(Number(first), { 'retry-after': '2' }).end(first)
  if (kind === 'redirect') return void response.writeHead(302, { location: '/type/text%2Fplain?body=redirected' }).end()
  if (kind === 'bytes')
    return void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.alloc(Number(first), 7))
  if (kind === 'image.png') return void response.writeHead(200, { 'content-type': 'image/png' }).end(PIXEL)
  if (kind === 'slow') return
  const disposition = searchParams.get('disposition')
  if (disposition) response.setHeader('content-disposition', disposition)
  if (kind === 'type')
    return void response
      .writeHead(200, { 'content-type': decodeURIComponent(first ?? '') })
      .end(Buffer.from(searchParams.get('body') ?? '', 'latin1'))
  response.writeHead(200, { 'content-type': 'application/json', 'x-twice': ['a', 'b'] }).end('{"ok":true}')
}

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  base = `http://${host}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await httpClient[Symbol.asyncDispose]()
})
beforeEach(() => {
  files = new InMemoryFileService()
})

/** Runs a GET of /echo, save for what `data` says. */
function call(
  data: ValueMap,
  start: ValueMap = {},
  more: { limits?: Partial<HttpRequestLimits>; context?: Partial<NodeContext<HttpRequestData>> } = {},
): Promise<NodeResult> {
  const node = createHttpRequestNode({ httpClient, files, limits: { ...limits, ...more.limits } })
  const settings = {
    method: 'get',
    url: `${base}/echo`,
    authorization: { type: 'no-auth', config: null },
    headers: '',
    params: '',
    ...data,
  }
  return runNode(node, settings, { start }, more.context)
}

const filesOf = (result: NodeResult) => (result.outputs?.files ?? []) as FileValue[]
const requestOf = (result: NodeResult) => result.processData?.request
const text = (value: string, key = '') => ({ key, type: 'text', value })
const note = () => files.upload({ tenantId: 'tenant', filename: 'note.txt', mimeType: 'text/plain', bytes: 'The harbour opens at six.\n' })

describe('the request', () => {
  test.each(['get', 'post', 'put', 'patch', 'delete', 'head', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'])('%s', async method => {
    const result = await call({ method })
    expect(result).toMatchObject({ status: 'succeeded', inputs: {}, outputs: { status_code: 200 } })
    expect(last.method).toBe(method.toUpperCase())
    expect(requestOf(result)).toBe(`${method.toUpperCase()} /echo HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  })

  test('options is known but not made', async () => {
    expect(await call({ method: 'options' })).toMatchObject({
      status: 'failed',
      error: 'Invalid http method options',
      errorType: 'InvalidHttpMethodError',
    })
  })

  test('headers and parameters stand one per line, and keep what a URL already asks', async () => {
    const result = await call(
      {
        url: `${base}/echo/{{#start.path#}}?fixed=1`,
        headers: 'X-Custom: {{#start.q#}}\n x-api-key :  spaced out \nCookie:a=b; c=d\nAccept\n\nnovalue:\nIdempotency-Key:one:two',
        params: 'q:{{#start.q#}}\nempty:\nnokey\n spaced : v \n:lonely\nq:second\nurl:http://x.example/?a=b&c',
      },
      { q: 'sea', path: 'a/b' },
    )
    expect(requestOf(result)).toBe(
      `GET /echo/a/b?q=sea&empty=&nokey=&spaced=v&q=second&url=http%3A%2F%2Fx.example%2F%3Fa%3Db%26c HTTP/1.1\r\nHost: ${host}\r\nX-Custom: sea\r\nx-api-key: spaced out\r\nCookie: a=b; c=d\r\nAccept: \r\nnovalue: \r\nIdempotency-Key: one:two\r\n\r\n`,
    )
    expect(last.url).toBe('/echo/a/b?fixed=1&q=sea&q=second&empty=&nokey=&spaced=v&url=http%3A%2F%2Fx.example%2F%3Fa%3Db%26c')
    expect(last.headers).toMatchObject({
      'x-custom': 'sea',
      'x-api-key': 'spaced out',
      cookie: 'a=b; c=d',
      accept: '',
      novalue: '',
      'idempotency-key': 'one:two',
    })
  })

  test('a parameter replaces one of the URL, and paths are encoded once', async () => {
    await call({ url: `${base}/echo/ü %20 x?a=1&b=c+d`, params: 'a:2 3' })
    expect(last.url).toBe('/echo/%C3%BC%20%20%20x?a=2%203&b=c%20d')
  })

  test('a header that is not ASCII fails', async () => {
    const result = await call({ headers: 'X-Custom: Füße' })
    expect(result).toMatchObject({ status: 'failed', error: 'The header X-Custom is not ASCII: Füße', errorType: 'HttpRequestNodeError' })
    expect(requestOf(result)).toContain('X-Custom: Füße')
  })

  test.each([
    ['', 'url is required'],
    ['{{#start.empty#}}', 'url is required'],
    ['example.com/a', 'url should start with http:// or https://'],
    ['ftp://example.com', 'url should start with http:// or https://'],
  ])('the address %j fails: %s', async (url, error) => {
    expect(await call({ url }, { empty: '' })).toEqual({
      status: 'failed',
      inputs: {},
      processData: {},
      error,
      errorType: 'InvalidURLError',
    })
  })

  test.each(['http://', 'http://10.0.0.1/', 'http://127.0.0.1:9/', 'http://a b/'])('the address %s cannot be called', async url => {
    const result = await call({ url })
    expect(result).toMatchObject({ status: 'failed', errorType: 'HttpRequestNodeError' })
    expect(requestOf(result)).toMatch(/^GET \/ HTTP/)
  })
})

describe('the idempotency key', () => {
  test('goes along unseen', async () => {
    const result = await call({ method: 'post' }, {}, { context: { idempotencyKey: 'run-node-0' } })
    expect(last.headers).toMatchObject({ 'x-idempotency-key': 'run-node-0' })
    expect(last.headers).not.toHaveProperty('idempotency-key')
    expect(requestOf(result)).not.toContain('dempotency')
  })

  test('fills the standard header that a node names without a value', async () => {
    const result = await call({ method: 'post', headers: 'Idempotency-Key:' }, {}, { context: { idempotencyKey: 'run-node-0' } })
    expect(last.headers).toMatchObject({ 'idempotency-key': 'run-node-0' })
    expect(last.headers).not.toHaveProperty('x-idempotency-key')
    expect(requestOf(result)).toContain('Idempotency-Key: run-node-0')
  })

  test.each(['Idempotency-Key: mine', 'x-idempotency-key: mine'])('gives way to the user: %s', async headers => {
    await call({ headers })
    expect(last.rawHeaders.filter(name => /idempotency/i.test(name))).toHaveLength(1)
    expect(last.rawHeaders).toContain('mine')
  })
})

describe('authorization', () => {
  test.each([
    [{ type: 'bearer', api_key: 'secret' }, 'Authorization', 'Bearer secret'],
    [{ type: 'bearer', api_key: '{{#start.key#}}', header: '' }, 'Authorization', 'Bearer hush'],
    [{ type: 'basic', api_key: 'user:pass' }, 'Authorization', 'Basic dXNlcjpwYXNz'],
    [{ type: 'basic', api_key: 'dXNlcjpwYXNz' }, 'Authorization', 'Basic dXNlcjpwYXNz'],
    [{ type: 'custom', api_key: 'secret', header: '' }, 'Authorization', 'secret'],
    [{ type: 'custom', api_key: 'secret', header: 'X-API-Key' }, 'X-API-Key', 'secret'],
    [{ type: 'bearer', api_key: 'secret', header: 'X-Custom' }, 'X-Custom', 'Bearer secret'],
  ])('%j is sent, and starred in the record', async (config, name, value) => {
    const result = await call({ authorization: { type: 'api-key', config } }, { key: 'hush' })
    expect(last.headers[name.toLowerCase()]).toBe(value)
    expect(requestOf(result)).toBe(`GET /echo HTTP/1.1\r\nHost: ${host}\r\n${name}: ${'*'.repeat(value.length)}\r\n\r\n`)
  })

  test('replaces a header of the same name, and stays away without a key', async () => {
    await call({ authorization: { type: 'api-key', config: { type: 'bearer', api_key: 'secret' } }, headers: 'Authorization: mine' })
    expect(last.headers.authorization).toBe('Bearer secret')
    await call({ authorization: { type: 'api-key', config: { type: 'bearer', api_key: '' } } })
    expect(last.headers).not.toHaveProperty('authorization')
  })

  test('needs its configuration', async () => {
    await expect(call({ authorization: { type: 'api-key', config: null } })).rejects.toThrow('authorization.config')
  })
})

describe('bodies', () => {
  test('raw text', async () => {
    const result = await call({ method: 'post', body: { type: 'raw-text', data: [text('q={{#start.q#}}\nü')] } }, { q: 'sea' })
    expect(last.body.toString()).toBe('q=sea\nü')
    expect(last.headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': '8' })
    expect(requestOf(result)).toBe(`POST /echo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nq=sea\nü`)
  })

  test('a content type of the user stays, and a GET may have a body', async () => {
    await call({ headers: 'content-type: text/csv', body: { type: 'raw-text', data: [text('a,b')] } })
    expect(last).toMatchObject({ method: 'GET', headers: { 'content-type': 'text/csv' } })
    expect(last.body.toString()).toBe('a,b')
  })

  test.each(['raw-text', 'json', 'binary'])('%s needs exactly one item', async type => {
    for (const data of [[], [text('a'), text('b')]]) {
      expect(await call({ method: 'post', body: { type, data } })).toMatchObject({
        status: 'failed',
        error: `${type} body type should have exactly one item`,
        errorType: 'RequestBodyError',
        processData: {},
      })
    }
  })

  test.each([
    ['{"a": {{#start.q#}}, "b": [1.0, 12345678901234567890]}', '{"a": "sea", "b": [1.0, 12345678901234567890]}'],
    ["{'a': 'ü 🌊', }", '{"a": "\\u00fc \\ud83c\\udf0a"}'],
    ['{"a": 1', '{"a": 1}'],
    ['{"a": "line\nbreak"}', '{"a": "line\\nbreak"}'],
  ])('json %j', async (value, sent) => {
    const result = await call({ method: 'post', body: { type: 'json', data: [text(value)] } }, { q: '"sea"' })
    expect(last.body.toString()).toBe(sent)
    expect(last.headers['content-type']).toBe('application/json')
    expect(requestOf(result)).toBe(
      `POST /echo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${sent.length}\r\n\r\n${sent}`,
    )
  })

  test('an empty object is sent, though the record leaves it out; null is nothing', async () => {
    expect(requestOf(await call({ method: 'post', body: { type: 'json', data: [text('{}')] } }))).not.toContain('Content-Length')
    expect(last.body.toString()).toBe('{}')
    await call({ method: 'post', body: { type: 'json', data: [text('null')] } })
    expect(last.body.toString()).toBe('')
  })

  test.each(['', 'no JSON at all'])('%j is no JSON', async value => {
    expect(await call({ method: 'post', body: { type: 'json', data: [text(value)] } })).toMatchObject({
      error: `Failed to parse JSON: ${value}`,
      errorType: 'RequestBodyError',
    })
  })

  test('urlencoded fields: a later one replaces an earlier one where it stands', async () => {
    const data = [
      text('{{#start.q#}}', 'q'),
      text('ü & =~*', 'special'),
      text('x', '{{#start.q#}}'),
      text('', 'empty'),
      text('second', 'q'),
    ]
    const result = await call({ method: 'post', body: { type: 'x-www-form-urlencoded', data } }, { q: 'sea' })
    const sent = 'q=second&special=%C3%BC+%26+%3D~%2A&sea=x&empty='
    expect(last.body.toString()).toBe(sent)
    expect(requestOf(result)).toBe(
      `POST /echo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${sent.length}\r\n\r\n${sent}`,
    )
  })

  test('a form without files carries a placeholder', async () => {
    const result = await call({
      method: 'post',
      headers: 'Content-Type: text/plain',
      body: { type: 'form-data', data: [text('sea ü', 'q"')] },
    })
    const boundary = /^multipart\/form-data; boundary=([0-9a-f]{32})$/.exec(last.headers['content-type'] ?? '')?.[1]
    expect(last.body.toString()).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="q%22"\r\n\r\nsea ü\r\n--${boundary}\r\nContent-Disposition: form-data; name="__multipart_placeholder__"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--${boundary}--\r\n`,
    )
    const shown = /boundary=(----WebKitFormBoundary[a-z]{16})\r\n/.exec(String(requestOf(result)))?.[1] ?? 'none'
    const part = `--${shown}\r\nContent-Disposition: form-data; name="q""\r\n\r\nsea ü\r\n--${shown}--\r\n`
    expect(requestOf(result)).toBe(
      `POST /echo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: multipart/form-data; boundary=${shown}\r\nContent-Length: ${part.length}\r\n\r\n${part}`,
    )
  })

  test('a form with files, one or many', async () => {
    const pixel = files.upload({ tenantId: 'tenant', filename: 'pixel.png', mimeType: 'image/png', bytes: PIXEL })
    const data = [
      { key: 'paper', type: 'file', value: '', file: ['start', 'f'] },
      text('a', 'q'),
      { key: 'papers', type: 'file', value: '', file: ['start', 'fs'] },
      { key: 'none', type: 'file', value: '', file: ['start', 'gone'] },
    ]
    const result = await call({ method: 'post', body: { type: 'form-data', data } }, { f: note(), fs: [note(), pixel] })
    const form = await new Response(last.body, { headers: { 'content-type': last.headers['content-type'] ?? '' } }).formData()
    const shown = [...form].map(([name, value]) => [name, typeof value === 'string' ? value : `${value.name} ${value.type} ${value.size}`])
    expect(shown).toEqual([
      ['q', 'a'],
      ['paper', 'note.txt text/plain 26'],
      ['papers', 'note.txt text/plain 26'],
      ['papers', 'pixel.png image/png 70'],
    ])
    expect(requestOf(result)).toContain('Content-Disposition: form-data; name="paper"\r\n\r\nThe harbour opens at six.\n\r\n')
    expect(requestOf(result)).not.toContain('name="q"')
  })

  test('a file as the whole body', async () => {
    const data = [{ key: '', type: 'file', value: '', file: ['start', 'f'] }]
    const result = await call({ method: 'put', body: { type: 'binary', data } }, { f: note() })
    expect(last.body.toString()).toBe('The harbour opens at six.\n')
    expect(last.headers).not.toHaveProperty('content-type')
    expect(requestOf(result)).toBe(`PUT /echo HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 26\r\n\r\nThe harbour opens at six.\n`)
  })

  test('what is not a file of this tenant cannot be sent', async () => {
    const body = { type: 'binary', data: [{ key: '', type: 'file', value: '', file: ['start', 'f'] }] }
    for (const start of [{}, { f: 'text' }] as ValueMap[]) {
      expect(await call({ method: 'post', body }, start)).toMatchObject({
        error: "cannot fetch file with selector ['start', 'f']",
        errorType: 'FileFetchError',
      })
    }
    const foreign = files.upload({ tenantId: 'other', filename: 'secret.txt', mimeType: 'text/plain', bytes: 'secret' })
    for (const f of [{ ...foreign, tenant_id: 'tenant' } as FileValue, fileValue('gone.txt')]) {
      expect(await call({ method: 'post', body }, { f })).toMatchObject({ status: 'failed', errorType: 'FileFetchError' })
    }
  })

  test('old files hold the body as text, or nothing', async () => {
    await call({ method: 'post', body: { type: 'raw-text', data: 'plain' } })
    expect(last.body.toString()).toBe('plain')
    expect(await call({ body: { type: 'none', data: '' } })).toMatchObject({ status: 'succeeded' })
    expect(await call({ body: null, timeout: null })).toMatchObject({ status: 'succeeded' })
  })
})

describe('the answer', () => {
  test('text, with its headers', async () => {
    const result = await call({})
    expect(result).toMatchObject({ status: 'succeeded', outputs: { status_code: 200, body: '{"ok":true}', files: [] } })
    expect(result.outputs?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-twice': 'a, b',
      connection: 'keep-alive',
      'transfer-encoding': 'chunked',
    })
  })

  test('a redirect is followed', async () => {
    expect(await call({ url: `${base}/redirect` })).toMatchObject({ outputs: { status_code: 200, body: 'redirected' } })
  })

  test.each([
    ['/image.png', 'image/png', 'image', 70],
    ['/bytes/10', 'application/octet-stream', 'custom', 10],
  ])('%s becomes a file', async (path, mimeType, type, size) => {
    const result = await call({ url: base + path })
    expect(result).toMatchObject({ status: 'succeeded', outputs: { body: '' } })
    const [file, ...rest] = filesOf(result)
    expect(rest).toEqual([])
    expect(file).toMatchObject({ type, mime_type: mimeType, size, transfer_method: 'tool_file', tenant_id: 'tenant' })
    expect(await files.readAll(file as FileValue, 100, { tenantId: 'tenant' })).toHaveLength(size)
  })

  test.each([
    ['text/html', '<p>', '', undefined],
    ['text/csv', 'a,b', '', undefined],
    ['application/problem+json', '{}', '', undefined],
    ['application/x-yaml', 'a: 1', '', undefined],
    ['application/pdf', '%PDF-1.4 plain', '', 'application/pdf'],
    ['application/zip', 'PK\x03\x04\xff', '', 'application/zip'],
    ['application/octet-stream', '<html>', '', undefined],
    ['application/octet-stream', 'plain', '', 'application/octet-stream'],
    ['application/x-nobody-knows', '\xff\xfe', '', 'application/x-nobody-knows'],
    ['application/x-nobody-knows', 'plain', '', undefined],
    ['audio/mpeg', 'x', '', 'audio/mpeg'],
    ['image/x-nobody-knows', 'x', '', 'image/x-nobody-knows'],
    ['text/plain; charset=utf-8', 'x', 'attachment', 'text/plain'],
    ['text/plain', 'x', 'inline; filename="a.csv"', 'text/csv'],
    ['text/plain', 'x', "inline; filename*=UTF-8''b.json", 'application/json'],
    ['text/plain', 'x', 'inline', undefined],
    ['', 'x', '', undefined],
  ])('%j with %j and disposition %j: file of type %s', async (type, body, disposition, mimeType) => {
    const query = new URLSearchParams({ body, disposition })
    // The server takes the body's characters for bytes.
    const result = await call({ url: `${base}/type/${encodeURIComponent(type)}?${query}` })
    const made = filesOf(result)
    expect(made.map(file => file.mime_type)).toEqual(mimeType === undefined ? [] : [mimeType])
    expect(result.outputs?.body).toBe(mimeType === undefined ? body : '')
  })

  test.each([
    ['text/plain; charset=iso-8859-1', '\xfc', 'ü'],
    ['text/plain; charset="GBK"', '\xb3\xb1', '潮'],
    ['text/plain; charset=nonsense', '\xc3\xbc', 'ü'],
    ['text/plain', '\xc3\xbc', 'ü'],
    ['text/plain; charset=utf-8', 'a\xff', 'a\ufffd'],
    ['text/plain', '\xef\xbb\xbfa', '\ufeffa'],
  ])('the text of %s', async (type, body, expected) => {
    const result = await call({ url: `${base}/type/${encodeURIComponent(type)}?${new URLSearchParams({ body })}` })
    expect(result.outputs?.body).toBe(expected)
  })

  test.each([
    [{ maxBinarySize: 10_485_760 }, '/bytes/10485761', 'File size is too large, max size is 10.00 MB, but current size is 10.00 MB.'],
    [{ maxBinarySize: 1024 }, '/bytes/1025', 'File size is too large, max size is 0.00 MB, but current size is 1.00 KB.'],
    [{ maxTextSize: 10 }, '/echo', 'Text size is too large, max size is 0.00 MB, but current size is 11 bytes.'],
  ])('%j refuses %s', async (some, path, error) => {
    expect(await call({ url: base + path }, {}, { limits: some })).toMatchObject({
      status: 'failed',
      error,
      errorType: 'ResponseSizeError',
    })
  })

  test('exactly the limit is let through', async () => {
    expect(await call({ url: `${base}/bytes/1024` }, {}, { limits: { maxBinarySize: 1024 } })).toMatchObject({ status: 'succeeded' })
  })
})

describe('failures', () => {
  test.each([201, 204, 304, 400, 404, 418, 501])('status %i succeeds by itself', async status => {
    expect(await call({ url: `${base}/status/${status}` })).toMatchObject({ status: 'succeeded', outputs: { status_code: status } })
  })

  test.each<ValueMap>([
    { error_strategy: 'fail-branch' },
    { error_strategy: 'default-value' },
    { retry_config: { retry_enabled: true, max_retries: 2 } },
  ])('with %j a status that is no success fails', async settings => {
    expect(await call({ url: `${base}/status/404`, ...settings })).toMatchObject({
      status: 'failed',
      error: 'Request failed with status code 404',
      errorType: 'HTTPResponseCodeError',
      outputs: { status_code: 404, body: '', files: [] },
    })
    expect(await call({ url: `${base}/status/201`, ...settings })).toMatchObject({ status: 'succeeded' })
  })

  test.each([429, 500, 502, 503, 504])('status %i always fails, and says when to come back', async status => {
    const url = `${base}/status/${status}`
    expect(await call({ url, params: 'a:b' })).toEqual({
      status: 'failed',
      inputs: {},
      processData: { request: `GET /status/${status}?a=b HTTP/1.1\r\nHost: ${host}\r\n\r\n` },
      error: `Reached maximum retries (0) for URL ${url}`,
      errorType: 'HttpRequestNodeError',
      retryAfter: 2000,
    })
  })

  test('a server that does not answer in time', async () => {
    const result = await call({ url: `${base}/slow`, timeout: { connect: 0, read: 1, write: 0 } })
    expect(result).toMatchObject({ status: 'failed', errorType: 'HttpRequestNodeError', error: `${host} took too long to answer` })
  })

  test('a stopped run is no failure of the node', async () => {
    await expect(call({ url: `${base}/slow` }, {}, { context: { signal: AbortSignal.timeout(50) } })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })

  test.each([
    [{ method: 'trace' }, 'method'],
    [{ url: 1 }, 'url'],
    [{ authorization: {} }, 'authorization'],
    [{ body: { type: 'xml' } }, 'body.type'],
  ])('settings that are wrong are named: %j', async (settings, field) => {
    await expect(call(settings as ValueMap)).rejects.toThrow(field)
  })
})
