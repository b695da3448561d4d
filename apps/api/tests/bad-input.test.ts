import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts'
import { createServiceClient, listen, readFixture, type ServiceClient } from './service-client.ts'

/** Whatever comes in: it is answered as documented, nothing is written, and the process goes on. */
let weft: TestPlatform
let owner: TestMember
let model: ScriptedModel
let base: string
let report: ServiceClient
let harbour: ServiceClient
let conversation: { id: string; variableId: string }
beforeAll(async () => {
  model = await startScriptedModel()
  weft = await createTestPlatform({ environment: { SSRF_ALLOWED_TARGETS: model.target, LOG_LEVEL: 'CRITICAL' } })
  owner = await weft.owner()
  await model.giveTo(owner)
  base = await listen(weft)
  report = await createServiceClient(weft, owner, await readFixture('tide-report'))
  harbour = await createServiceClient(weft, owner, await readFixture('harbour-chat'))
  for (const client of [report, harbour]) await client.call('GET', '/conversations?user=ada')
  await report.call('POST', '/workflows/run', { inputs: { place: 'Dover' }, user: 'ada' })
  const { body } = await harbour.call('POST', '/chat-messages', { inputs: {}, query: 'Hi', user: 'ada', auto_generate_name: false })
  const variables = await harbour.call('GET', `/conversations/${body.conversation_id}/variables?user=ada`)
  conversation = { id: body.conversation_id, variableId: variables.body.data[0].id }
})
afterAll(async () => {
  await weft?.[Symbol.asyncDispose]()
  await model?.[Symbol.asyncDispose]()
})

const UNKNOWN = '5b1a0dd0-3b0a-4c57-9a0f-5d3b61f7a9c1'

let before: Record<string, string>
beforeEach(async () => {
  before = await countRows()
})
afterEach(async () => {
  expect(await countRows()).toEqual(before)
  expect((await weft.call('GET', '/health')).status).toBe(200)
})

/** How many rows each table has. */
async function countRows(): Promise<Record<string, string>> {
  const { database } = weft.platform
  const { rows: tables } = await database.query<{ name: string }>({
    text: "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
  })
  const counts = tables.map(({ name }) => `(select count(*) from ${name}) as ${name}`)
  return (await database.query<Record<string, string>>({ text: `select ${counts.join(', ')}` })).rows[0] ?? {}
}

const JSON_HEADERS = { 'content-type': 'application/json' }
const runBody = (text: string | Uint8Array, headers: Record<string, string> = JSON_HEADERS) =>
  fetch(`${base}/v1/workflows/run`, {
    method: 'POST',
    headers: { authorization: `Bearer ${report.key}`, ...headers },
    body: text as string,
  }).then(async response => ({ status: response.status, body: await response.json().catch(() => undefined) }))

const BAD_REQUEST = {
  status: 400,
  body: {
    code: 'bad_request',
    message: 'The browser (or proxy) sent a request that this server could not understand.',
    status: 400,
  },
}
const INVALID = { status: 400, body: { message: 'Input payload validation failed' } }
const NO_JSON = { status: 415, body: { code: 'unsupported_media_type', status: 415 } }

describe('bodies', () => {
  test.each([
    ['cut off', '{"inputs": {"place": "Dov'],
    ['empty', ''],
    ['of words', 'inputs=place'],
    ['with a comma too many', '{"inputs": {},}'],
    ['with single quotes', "{'inputs': {}}"],
    ['with a control character', '{"inputs": {"place": "a\u0001b"}}'],
    ['with more behind it', '{"inputs": {}} {}'],
    ['of brackets alone', '['.repeat(200_000)],
    ['that is no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ])('%s are no JSON', async (_name, text) => {
    expect(await runBody(text)).toMatchObject(BAD_REQUEST)
  })

  test.each([501, 10_000, 1_000_000])('nested %i deep are refused', async depth => {
    const refused = { status: 400, body: { code: 'bad_request', message: 'The JSON is nested deeper than 500 levels.' } }
    const deep = (open: string, close: string) => `{"user": "ada", "inputs": ${open.repeat(depth)}1${close.repeat(depth)}}`
    for (const text of [deep('{"a":', '}'), deep('[', ']')]) expect(await runBody(text)).toMatchObject(refused)
  })

  test.each(['[]', '"text"', '7', 'null', 'true', '[{"inputs": {}}]'])('that are no object are refused: %s', async text => {
    expect(await runBody(text)).toMatchObject(INVALID)
  })

  test.each([
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'application/jsonx' },
    { 'content-type': 'text/plain; application/json' },
    { 'content-type': '' },
    { 'content-type': 'application/json, text/plain' },
    { 'content-type': `text/${'x'.repeat(5000)}` },
  ])('of another type are refused: %o', async headers => {
    expect(await runBody('{"inputs": {"place": "Dover"}, "user": "ada"}', headers)).toMatchObject(NO_JSON)
  })

  test('that are compressed are no JSON, and do not unfold', async () => {
    expect(await runBody('\u001f\u008b\b\u0000', { ...JSON_HEADERS, 'content-encoding': 'gzip' })).toMatchObject(BAD_REQUEST)
  })

  test.each([
    [{ inputs: 'Dover' }],
    [{ inputs: ['Dover'] }],
    [{ inputs: null }],
    [{ inputs: {}, files: 'a.txt' }],
    [{ inputs: {}, files: { a: 1 } }],
    [{ inputs: {}, user: ['ada'] }],
    [{ inputs: {}, user: { name: 'ada' } }],
    [{ inputs: {}, response_mode: 1 }],
    [{}],
  ])('with fields of wrong types are refused: %j', async body => {
    expect(await report.call('POST', '/workflows/run', { user: 'ada', ...body })).toMatchObject(INVALID)
  })

  test.each([
    [{ place: 7 }, "(type 'text-input') place in input form must be a string"],
    [{ place: 'Dover', height: 'high' }, ''],
    [{ place: 'Dover', height: [1] }, ''],
    [{ place: { deep: true } }, ''],
    [{ place: 'x'.repeat(401) }, 'place in input form must be less than 400 characters'],
    [{ place: null }, 'place is required in input form'],
    [JSON.parse('{"__proto__": {"place": "Dover"}}'), 'place is required in input form'],
    [{ constructor: 'Dover' }, 'place is required in input form'],
  ])('with inputs that do not fit the form are refused: %j', async (inputs, message) => {
    const answer = await report.call('POST', '/workflows/run', { inputs, user: 'ada' })
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_param', status: 400 } })
    expect(answer.body.message).toContain(message)
  })

  test('beyond the limit are refused before they are read', async () => {
    const answer = await runBody(`{"inputs": {"place": "${'x'.repeat(17 * 1024 * 1024)}"}, "user": "ada"}`).catch(() => 'cut')
    if (answer !== 'cut') expect(answer).toMatchObject({ status: 413, body: { code: 'request_entity_too_large', status: 413 } })
    const announced = await raw(
      `POST /v1/workflows/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${report.key}\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{`,
    )
    expect(announced).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe('numbers, texts and depth', () => {
  const numbers = ['1e999', '-1e999', 'NaN', 'Infinity', '9'.repeat(400), `${'9'.repeat(5000)}`, '1e-999', '-0', '0.1e1']
  test.each(numbers)('%s in a field that has no use for it changes nothing', async number => {
    const { status } = await runBody(`{"inputs": {"other": ${number}}, "user": "ada"}`)
    expect(status).toBe(400)
  })

  test.each([
    'limit=1e2',
    'limit=0x10',
    'limit=99999999999999999999',
    'limit=',
    'limit=1.0',
    'limit=NaN',
    'page=-1',
    'page=1&page=x',
    'limit[]=1&limit=x',
  ])('queries take no %s', async query => {
    expect(await report.call('GET', `/workflows/logs?${query}`)).toMatchObject(INVALID)
  })

  test.each([
    ['POST', '/chat-messages', { inputs: {}, query: 'Hi', user: 'a\u0000da' }],
    ['POST', '/apps/annotations', { question: 'a\u0000', answer: 'b' }],
    ['GET', '/conversations?user=a%00da', undefined],
    ['GET', '/apps/annotations?keyword=a%00', undefined],
    ['GET', '/workflows/logs?keyword=%00', undefined],
    ['GET', '/workflows/logs?created_by_end_user_session_id=%00&created_by_account=%00', undefined],
    ['POST', `/conversations/${UNKNOWN}/name`, { name: 'a\u0000', user: 'ada\u0000' }],
  ])('a character that cannot be stored is refused: %s %s', async (method, path, body) => {
    expect(await harbour.call(method, path, body)).toMatchObject({ status: 400, body: { code: 'invalid_param' } })
  })
})

test('values that are as deep and as long as may be go through all that looks at them', async () => {
  const deep = `${'['.repeat(480)}${'9'.repeat(1_000_000)}${']'.repeat(480)}`
  const headers = { authorization: `Bearer ${harbour.key}`, 'content-type': 'application/json' }
  const url = `${base}/v1/conversations/${conversation.id}/variables/${conversation.variableId}`
  const response = await fetch(url, { method: 'PUT', headers, body: `{"user": "ada", "value": ${deep}}` })
  expect({ status: response.status, body: await response.json() }).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  for (const inputs of [`"chart": ${deep}`, `"height": ${deep}`, `"place": ${deep}`]) {
    const body = `{"user": "ada", "inputs": {"place": "Dover", ${inputs}}}`
    expect(await runBody(body)).toMatchObject({ status: 400, body: { code: 'invalid_param' } })
  }
})

describe('ids', () => {
  test.each([
    ['GET', `/workflows/run/${UNKNOWN}`],
    ['GET', `/messages?user=ada&conversation_id=${UNKNOWN}`],
    ['GET', `/messages/${UNKNOWN}/suggested?user=ada`],
    ['POST', `/messages/${UNKNOWN}/feedbacks`],
    ['POST', `/conversations/${UNKNOWN}/name`],
    ['GET', `/conversations/${UNKNOWN}/variables?user=ada`],
    ['PUT', `/conversations/${UNKNOWN}/variables/${UNKNOWN}`],
    ['PUT', `/apps/annotations/${UNKNOWN}`],
    ['DELETE', `/apps/annotations/${UNKNOWN}`],
    ['GET', `/files/${UNKNOWN}/preview`],
    ['GET', `/tasks/${UNKNOWN}/events?user=ada`],
  ])('that nobody has are not found: %s %s', async (method, path) => {
    const body =
      method === 'GET' || method === 'DELETE' ? undefined : { user: 'ada', name: 'x', rating: 'like', value: 1, question: 'a', answer: 'b' }
    expect(await harbour.call(method, path, body)).toMatchObject({ status: 404, body: { status: 404 } })
  })

  test.each([
    'x',
    '1',
    '../../etc/passwd',
    '%2e%2e%2f',
    '%00',
    `${UNKNOWN}'`,
    `{${UNKNOWN}}`,
    UNKNOWN.replaceAll('-', ''),
    'a'.repeat(600),
  ])('that are none are no such page: %s', async id => {
    for (const path of [`/workflows/run/${id}`, `/messages/${id}/suggested?user=ada`, `/conversations/${id}/variables?user=ada`]) {
      const { status } = await harbour.call('GET', path)
      expect([404, 405, 414], path).toContain(status)
    }
  })

  test('a path that cannot be decoded is a bad request', async () => {
    expect(await harbour.call('GET', '/workflows/run/%zz')).toMatchObject({ status: 400 })
  })
})

describe('keys and tokens', () => {
  const refusal = (message: string) => ({ status: 401, body: { code: 'unauthorized', message, status: 401 } })
  const asApp = (authorization: string | undefined, path = '/v1/info') =>
    weft.call('GET', path, { headers: authorization === undefined ? {} : { authorization } })

  test('that prove nothing are refused, in words and by header', async () => {
    for (const [authorization, message] of [
      [undefined, "Authorization header must be provided and start with 'Bearer'"],
      ['', "Authorization header must be provided and start with 'Bearer'"],
      [report.key, "Authorization header must be provided and start with 'Bearer'"],
      [`Basic ${report.key}`, "Authorization scheme must be 'Bearer'"],
      ['Bearer ', 'Access token is invalid'],
      [`Bearer ${report.key}x`, 'Access token is invalid'],
      [`Bearer ${report.key.toUpperCase()}`, 'Access token is invalid'],
      [`Bearer ${report.key}, Bearer ${report.key}`, 'Access token is invalid'],
      ["Bearer ' or 1=1 --", 'Access token is invalid'],
      [`Bearer ${'x'.repeat(9000)}`, 'Access token is invalid'],
      [`Bearer ${owner.token}`, 'Access token is invalid'],
    ] as const) {
      const answer = await asApp(authorization)
      expect(answer, authorization).toMatchObject(refusal(message))
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="api"')
    }
    expect((await asApp(`bearer   ${report.key}  `)).status).toBe(200)
  })

  test('of the console are refused when they are forged, expired or for something else', async () => {
    const [head = '', payload = '', signature = ''] = owner.token.split('.')
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const sign = (text: string, key: string) => `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
    const forged = [
      `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.${signature}`,
      `${head}.${encode({ ...claims, user_id: UNKNOWN })}.${signature}`,
      sign(`${head}.${payload}`, ''),
      sign(`${head}.${payload}`, 'another key'),
      sign(`${head}.${encode({ ...claims, exp: 1 })}`, 'a key for tests'),
      sign(`${encode({ alg: 'HS512', typ: 'JWT' })}.${payload}`, 'a key for tests'),
      `${head}.${payload}`,
      'null',
      report.key,
      'a.b.c',
      `${'.'.repeat(5000)}`,
    ]
    for (const token of forged) {
      expect(await asApp(`Bearer ${token}`, '/console/api/account/profile'), token).toMatchObject({ status: 401, body: { status: 401 } })
    }
    expect((await asApp(`Bearer ${owner.token}`, '/console/api/account/profile')).status).toBe(200)
  })

  test('in a query or a cookie count for nothing', async () => {
    expect((await weft.call('GET', `/v1/info?api_key=${report.key}&access_token=${report.key}`)).status).toBe(401)
    expect((await weft.call('GET', '/v1/info', { headers: { cookie: `access_token=${report.key}` } })).status).toBe(401)
  })
})

describe('the wire', () => {
  test.each([
    ['no protocol', 'hello\r\n\r\n'],
    ['a method of its own', 'STEAL /v1/info HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no host', 'GET /v1/info HTTP/1.1\r\n\r\n'],
    ['two lengths', 'POST /v1/workflows/run HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    [
      'a length and chunks',
      'POST /v1/workflows/run HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    ['a header that breaks its line', 'GET /v1/info HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\nX: b\r\n\r\n'],
    ['more headers than anybody has', `GET /v1/info HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
  ])('%s is refused', async (_name, text) => {
    expect(await raw(text)).toMatch(/^HTTP\/1\.1 4\d\d |^$/)
  })

  test('headers decide neither who calls nor what is called', async () => {
    const authorization = `Bearer ${report.key}`
    for (const headers of [
      { 'x-original-url': '/console/api/apps', 'x-rewrite-url': '/console/api/apps' },
      { 'x-http-method-override': 'DELETE' },
      { 'x-forwarded-for': "127.0.0.1' or 1=1", 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp' },
      { 'x-app-code': harbour.appId },
    ]) {
      const { status, body } = await weft.call('GET', '/v1/info', {
        headers: { authorization, ...(headers as unknown as Record<string, string>) },
      })
      expect(status).toBe(200)
      expect(body.name).toBe('Tide report')
    }
  })
})

/** What a connection answers to these bytes. */
async function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(base)
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.setEncoding('utf8')
  socket.on('data', chunk => {
    answer += chunk
  })
  socket.on('error', () => {})
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.write(text)
  await Promise.race([closed, setTimeout(1000)])
  socket.destroy()
  return answer
}
