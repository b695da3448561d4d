import type { ValueMap } from '@weft/contracts'
import { InMemoryFileService } from '@weft/testkit'
import { describe, expect, test } from 'vitest'
import type { ApiCredentials } from './api-credentials.ts'
import { apiRequest } from './api-request.ts'
import { readApi } from './read-api.ts'

const files = new InMemoryFileService()

async function request(
  operation: ValueMap,
  parameters: ValueMap,
  credentials: ApiCredentials = { auth_type: 'none' },
  path = '/x',
  method = 'post',
) {
  const document = { openapi: '3.1.0', servers: [{ url: 'https://example.com' }], paths: { [path]: { [method]: operation } } }
  const [read] = (await readApi(JSON.stringify(document), { http: {} as never })).operations
  if (!read) throw new Error('nothing read')
  const signal = new AbortController().signal
  const made = await apiRequest({ operation: read, credentials, parameters, files, tenantId: 't', idempotencyKey: 'once', signal })
  return { ...made, headers: Object.fromEntries((made.headers ?? []).map(([name, value]) => [name.toLowerCase(), value])) }
}

const at = (name: string, place: string, more: ValueMap = {}) => ({ name, in: place, ...more })
const body = (type: string, properties: ValueMap, required: string[] = []) => ({
  requestBody: { content: { [type]: { schema: { properties, required } } } },
})

test('puts values in their places', async () => {
  const operation = {
    parameters: [
      at('id', 'path', { required: true }),
      at('q', 'query'),
      at('flag', 'query', { schema: { type: 'boolean' } }),
      at('X-A', 'header'),
      at('c', 'cookie'),
    ],
  }
  const made = await request(operation, { id: 'a/b c', q: 'x&y', flag: true, 'X-A': 3, c: 'kept' }, undefined, '/boats/{id}')
  expect(made).toMatchObject({ method: 'POST', url: 'https://example.com/boats/a%2Fb%20c?q=x%26y&flag=true' })
  expect(made.headers).toEqual({ 'x-a': '3', cookie: 'c=kept', 'x-idempotency-key': 'once' })
  expect(made.body).toBeUndefined()
})

test('leaves an empty query out, and sends an empty header', async () => {
  const made = await request({ parameters: [at('q', 'query'), at('X-A', 'header')] }, {})
  expect(made.url).toBe('https://example.com/x')
  expect(made.headers).toMatchObject({ 'x-a': '' })
})

test('turns values of the body back into what its schema wants', async () => {
  const properties = {
    count: { type: 'integer' },
    height: { type: 'number' },
    sure: { type: 'boolean' },
    tags: { type: 'array' },
    deep: { type: ['null', 'object'] },
    either: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
    word: { type: 'string' },
    bad: { type: 'integer' },
    left: { type: 'string' },
    fixed: { type: 'string', default: 'd' },
  }
  const made = await request(body('application/json', properties), {
    count: '3',
    height: '2.5',
    sure: true,
    tags: '["a"]',
    deep: '{"b": [1]}',
    either: 'word',
    word: 5,
    bad: 'none',
  })
  expect(made.headers['content-type']).toBe('application/json')
  expect(JSON.parse(String(made.body))).toEqual({
    count: 3,
    height: 2.5,
    sure: true,
    tags: ['a'],
    deep: { b: [1] },
    either: 'word',
    word: '5',
    bad: 'none',
    fixed: 'd',
  })
})

test('encodes forms', async () => {
  const made = await request(body('application/x-www-form-urlencoded', { a: {}, b: {} }), { a: 'x y', b: '&' })
  expect(made).toMatchObject({ body: 'a=x+y&b=%26', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
})

test('sends files', async () => {
  const file = files.upload({ tenantId: 't', filename: 'boat.txt', mimeType: 'text/plain', bytes: 'Argo' })
  const schema = {
    picture: { type: 'string', format: 'binary' },
    more: { type: 'array', items: { format: 'binary' } },
    note: { type: 'string' },
  }
  const made = await request(body('multipart/form-data', schema), { picture: file, more: [file], note: 'n' })
  expect(made.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
  const text = Buffer.from(made.body as Uint8Array).toString()
  expect(text.match(/filename="boat.txt"/g)).toHaveLength(2)
  expect(text).toContain('Argo')
  await expect(request(body('multipart/form-data', schema), { picture: 'no file' })).rejects.toThrow(
    'The parameter picture must be a file.',
  )
})

describe('credentials', () => {
  test.each<[ApiCredentials, string, string | undefined]>([
    [{ auth_type: 'api_key_header', api_key_value: 'k', api_key_header_prefix: 'bearer' }, 'authorization', 'Bearer k'],
    [{ auth_type: 'api_key_header', api_key_value: 'k', api_key_header_prefix: 'basic' }, 'authorization', 'Basic k'],
    [{ auth_type: 'api_key_header', api_key_value: 'k', api_key_header: 'X-Key', api_key_header_prefix: 'custom' }, 'x-key', 'k'],
    [{ auth_type: 'none' }, 'authorization', undefined],
  ])('%j', async (credentials, header, value) => {
    expect((await request({}, {}, credentials)).headers[header]).toBe(value)
  })

  test('stand in the query, too', async () => {
    expect((await request({}, {}, { auth_type: 'api_key_query', api_key_value: 'a b' })).url).toBe('https://example.com/x?key=a+b')
  })
})

test('says what is missing', async () => {
  await expect(request({ parameters: [at('id', 'path', { required: true })] }, {})).rejects.toThrow('Missing required parameter id')
  const required = { parameters: [at('n', 'query', { required: true, schema: { type: 'integer', default: 5 } })] }
  expect((await request(required, {})).url).toContain('n=5')
  await expect(request({}, {}, undefined, '/x', 'trace')).rejects.toThrow('Invalid http method trace')
})
