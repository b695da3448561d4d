import { createTestPlatform, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'

let weft: TestPlatform
beforeAll(async () => {
  weft = await createTestPlatform()
  await weft.owner()
})
afterAll(() => weft?.[Symbol.asyncDispose]())

const login = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  weft.call('POST', '/console/api/login', { body, headers })

test('every answer names version and environment', async () => {
  expect((await weft.call('GET', '/console/api/ping')).headers).toMatchObject({
    'x-version': '1.9.1',
    'x-env': 'PRODUCTION',
    'content-type': expect.stringMatching(/^application\/json/),
  })
})

test('bodies that are no JSON are refused by kind', async () => {
  expect(await login('{"email": ')).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  expect(await login('')).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  expect(await login('[]')).toMatchObject({ status: 400, body: { message: 'Input payload validation failed' } })
  expect(await login('email=a', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({
    status: 415,
    body: { code: 'unsupported_media_type' },
  })
  expect((await login('{"email":"a@b.co","password":"passw0rd9"}', { 'content-type': 'application/json; charset=utf-8' })).status).toBe(401)
})

test('a body beyond the limit is refused', async () => {
  expect(await login(JSON.stringify({ email: 'x'.repeat(17 * 1024 * 1024) }))).toMatchObject({
    status: 413,
    body: { code: 'request_entity_too_large' },
  })
})

test('a character that PostgreSQL cannot store is a bad request', async () => {
  expect(await login(JSON.stringify({ email: 'a\u0000@b.co', password: 'passw0rd1' }))).toMatchObject({ status: 400 })
  const owner = await weft.owner()
  expect(await owner.call('POST', '/account/name', { name: 'Ada\u0000Ada' })).toMatchObject({
    status: 400,
    body: { code: 'invalid_param' },
  })
})

test('unknown paths get a page and wrong methods an error', async () => {
  expect(await weft.call('GET', '/console/api/nowhere')).toMatchObject({
    status: 404,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  })
  expect(await weft.call('DELETE', '/console/api/ping')).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } })
})

test('browsers of other origins may call the service API', async () => {
  const answer = await weft.call('OPTIONS', '/v1/', {
    headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
  })
  expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': 'https://elsewhere.example' } })
})

test('readiness names each part', async () => {
  const { status, body } = await weft.call('GET', '/ready')
  expect(status).toBe(200)
  expect(body).toMatchObject({ status: 'ok', checks: { database: { status: 'ok' }, storage: { status: 'ok' } } })
})

test('every surface documents all its routes', async () => {
  for (const { prefix, routes } of weft.server.surfaces) {
    const { body } = await weft.call('GET', `${prefix}/openapi.json`)
    expect(body.openapi).toBe('3.1.0')
    const documented = Object.values(body.paths as Record<string, object>).reduce((sum, methods) => sum + Object.keys(methods).length, 0)
    expect(documented).toBe(routes.length)
  }
})
