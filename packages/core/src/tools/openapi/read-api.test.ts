import type { ValueMap } from '@weft/contracts'
import type { HttpClient } from '@weft/ports'
import { describe, expect, test } from 'vitest'
import { readApi } from './read-api.ts'

const http = {} as HttpClient
const read = (document: unknown, environment?: string) =>
  readApi(typeof document === 'string' ? document : JSON.stringify(document), { http, environment })

const openapi = (paths: ValueMap, more: ValueMap = {}) => ({
  openapi: '3.1.0',
  info: { title: 'T', version: '1', description: 'What it is' },
  servers: [{ url: 'https://api.example.com/v1/' }],
  paths,
  ...more,
})

async function parametersOf(operation: ValueMap, more: ValueMap = {}) {
  const { operations } = await read(openapi({ '/x': { post: operation } }, more))
  return operations[0]?.parameters.map(({ name, type, required, default: fallback }) => [name, type, required, fallback])
}

test('reads operations of every method with their address', async () => {
  const { operations, schemaType, description } = await read(
    openapi({
      '/boats/{id}': { get: { operationId: 'getBoat', summary: 'S' }, delete: { description: 'D', summary: 'S' } },
      '/': { trace: {} },
    }),
  )
  expect({ schemaType, description }).toEqual({ schemaType: 'openapi', description: 'What it is' })
  expect(operations.map(({ server_url, method, operation_id, summary }) => [server_url, method, operation_id, summary])).toEqual([
    ['https://api.example.com/v1/boats/{id}', 'get', 'getBoat', 'S'],
    ['https://api.example.com/v1/boats/{id}', 'delete', 'boatsid_delete', 'D'],
    ['https://api.example.com/v1/', 'trace', '<root>_trace', null],
  ])
})

test('takes parameters from every place, the path and the body', async () => {
  const { operations } = await read(
    openapi({
      '/x/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        post: {
          parameters: [
            { name: 'limit', in: 'query', schema: { type: 'integer', default: 5 } },
            { name: 'X-A', in: 'header', description: 'a', schema: { type: ['null', 'number'] } },
            { name: 'c', in: 'cookie' },
          ],
          requestBody: {
            content: {
              'application/json': {
                schema: {
                  required: ['name'],
                  properties: {
                    name: { type: 'string', description: 'n' },
                    tags: { type: 'array', items: { type: 'string' } },
                    deep: { type: 'object' },
                    sure: { type: 'boolean', default: true },
                    picture: { type: 'string', format: 'binary' },
                    pictures: { type: 'array', items: { type: 'string', format: 'binary' } },
                  },
                },
              },
            },
          },
        },
      },
    }),
  )
  expect(operations[0]?.parameters.map(({ name, type, required, default: value, form }) => [name, type, required, value, form])).toEqual([
    ['id', 'string', true, null, 'llm'],
    ['limit', 'number', false, 5, 'llm'],
    ['X-A', 'number', false, null, 'llm'],
    ['c', 'string', false, null, 'llm'],
    ['name', 'string', true, null, 'llm'],
    ['tags', 'string', false, null, 'llm'],
    ['deep', 'string', false, null, 'llm'],
    ['sure', 'boolean', false, true, 'llm'],
    ['picture', 'file', false, null, 'llm'],
    ['pictures', 'files', false, null, 'llm'],
  ])
})

test('follows references, and merges what stands in allOf', async () => {
  const schemas: ValueMap = {
    Boat: {
      type: 'object',
      required: ['name'],
      properties: { name: { $ref: '#/components/schemas/Name' }, crew: { allOf: [{ $ref: '#/components/schemas/Count' }] } },
    },
    Name: { type: 'string', default: 'Argo' },
    Count: { type: 'integer' },
    Named: { allOf: [{ $ref: '#/components/schemas/Boat' }, { properties: { flag: { type: 'boolean' } }, required: ['flag'] }] },
  }
  const requestBody = { $ref: '#/components/requestBodies/B' }
  const requestBodies = { B: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Named' } } } } }
  const parameters = [{ $ref: '#/components/parameters/P' }]
  const components = { schemas, requestBodies, parameters: { P: { name: 'p', in: 'query', required: true } } }
  expect(await parametersOf({ parameters, requestBody }, { components })).toEqual([
    ['p', 'string', true, null],
    ['flag', 'boolean', true, null],
    ['name', 'string', true, 'Argo'],
    ['crew', 'number', false, null],
  ])
})

test('warns of a name that is there twice', async () => {
  const parameter = (place: string) => ({ name: 'a', in: place })
  const { warnings } = await read(openapi({ '/x': { get: { parameters: [parameter('query'), parameter('header')] } } }))
  expect(warnings).toEqual({ duplicated_parameter: 'Parameter a is duplicated.' })
})

test('chooses the server by its environment, and fills in its variables', async () => {
  const servers: ValueMap[] = [
    { url: 'https://{area}.example.com', variables: { area: { default: 'eu' } } },
    { url: 'https://test.example.com', env: 'test' },
  ]
  const document = openapi({ '/x': { get: {} } }, { servers })
  expect((await read(document)).operations[0]?.server_url).toBe('https://eu.example.com/x')
  expect((await read(document, 'test')).operations[0]?.server_url).toBe('https://test.example.com/x')
})

test('reads YAML', async () => {
  const yaml = 'openapi: 3.0.0\nservers:\n- url: https://example.com\npaths:\n  /a:\n    get:\n      operationId: a\n'
  expect((await read(yaml)).operations[0]?.operation_id).toBe('a')
})

test('reads Swagger 2: host, base path, body and form', async () => {
  const { operations, schemaType } = await read({
    swagger: '2.0',
    host: 'example.com',
    basePath: '/v1/',
    schemes: ['http', 'https'],
    definitions: { Boat: { type: 'object', properties: { name: { type: 'string' } } } },
    paths: {
      '/boats': {
        post: {
          operationId: 'add',
          parameters: [
            { in: 'body', name: 'b', schema: { $ref: '#/definitions/Boat' } },
            { in: 'query', name: 'n', type: 'integer', default: 2 },
          ],
        },
        put: {
          operationId: 'send',
          parameters: [
            { in: 'formData', name: 'f', type: 'file', required: true },
            { in: 'formData', name: 'note', type: 'string' },
          ],
        },
      },
    },
  })
  expect(schemaType).toBe('swagger')
  expect(
    operations.map(({ server_url, parameters, openapi: operation }) => [
      server_url,
      parameters.map(({ name, type, required, default: value }) => [name, type, required, value]),
      Object.keys(((operation.requestBody as ValueMap).content ?? {}) as ValueMap),
    ]),
  ).toEqual([
    [
      'https://example.com/v1/boats',
      [
        ['n', 'number', false, 2],
        ['name', 'string', false, null],
      ],
      ['application/json'],
    ],
    [
      'https://example.com/v1/boats',
      [
        ['f', 'file', true, null],
        ['note', 'string', false, null],
      ],
      ['multipart/form-data'],
    ],
  ])
})

describe('what is wrong with a document', () => {
  test.each<[unknown, string | RegExp]>([
    ['{{{', /schema is neither json nor yaml/],
    ['just words', 'it must be an OpenAPI or Swagger document'],
    [openapi({}), 'No paths found in the openapi yaml.'],
    [openapi({ '/x': { get: {} } }, { servers: [] }), 'No server found in the openapi yaml.'],
    [openapi({ '/x': { get: {} } }, { servers: [{ url: '/v1' }] }), 'The server url "/v1" must be a whole address'],
    [{ swagger: '2.0', paths: { '/x': {} } }, 'No server found in the swagger yaml.'],
    [{ swagger: '2.0', host: 'h' }, 'No paths found in the swagger yaml.'],
    [{ api: { type: 'grpc', url: 'https://example.com' } }, 'Only openapi is supported now.'],
    [openapi({ '/x': { get: { parameters: [{ $ref: '#/nowhere' }] } } }), 'The reference #/nowhere leads nowhere.'],
    [openapi({ '/x': { get: { parameters: [{ $ref: 'other.yml#/a' }] } } }), 'leads out of the document'],
    [openapi({ '/x': { get: { parameters: [{ $ref: '#/a' }] } } }, { a: { $ref: '#/a' } }), 'leads in a circle'],
    [openapi({ '/x': { get: { parameters: [{ in: 'query' }] } } }), 'A parameter has no name.'],
  ])('%j', async (document, message) => {
    await expect(read(document)).rejects.toThrow(message)
  })
})
