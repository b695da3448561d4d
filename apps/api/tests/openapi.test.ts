import { createTestPlatform, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

type Json = Record<string, unknown>
interface Operation {
  operationId: string
  summary: string
  parameters: { name: string; in: string; required: boolean; schema: Json }[]
  requestBody?: { content: Record<string, { schema: Json }> }
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, { schema: Json }> }>
  security: Json[]
}
interface Document {
  openapi: string
  info: Json
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Json>; responses: Record<string, Json>; securitySchemes: Json }
}

let weft: TestPlatform
beforeAll(async () => {
  weft = await createTestPlatform()
})
afterAll(() => weft?.[Symbol.asyncDispose]())

const documentOf = async (prefix: string): Promise<Document> => (await weft.call('GET', `${prefix}/openapi.json`)).body
const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation, place: `${method} ${path}` })),
  )

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])
const OF_ONE = ['items', 'additionalProperties', 'propertyNames', 'not']
const OF_MANY = ['anyOf', 'oneOf', 'allOf', 'prefixItems']

/** Goes through a JSON Schema of draft 2020-12, as OpenAPI 3.1 has it. */
function checkSchema(schema: unknown, place: string, document: Document) {
  if (typeof schema === 'boolean') return
  expect(schema, place).toBeTypeOf('object')
  const { type, properties, required, $ref, ...rest } = schema as Json & { properties?: Json; required?: string[] }
  for (const name of [type ?? []].flat()) expect(TYPES, place).toContain(name)
  if ($ref !== undefined) expect(resolve(document, String($ref)), `${place} ${$ref}`).toBeDefined()
  if (rest.enum !== undefined) expect(Array.isArray(rest.enum) && rest.enum.length, place).toBeGreaterThan(0)
  expect(rest, place).not.toHaveProperty('help')
  expect(rest, place).not.toHaveProperty('nullable')
  for (const name of required ?? []) expect(properties, place).toHaveProperty([name])
  for (const [name, part] of Object.entries(properties ?? {})) checkSchema(part, `${place}.${name}`, document)
  for (const key of OF_ONE) if (rest[key] !== undefined) checkSchema(rest[key], `${place}.${key}`, document)
  for (const key of OF_MANY) {
    const parts = rest[key] as unknown[] | undefined
    if (parts === undefined) continue
    expect(parts.length, `${place}.${key}`).toBeGreaterThan(0)
    for (const [index, part] of parts.entries()) checkSchema(part, `${place}.${key}.${index}`, document)
  }
}

const resolve = (document: Document, ref: string): unknown =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((part, key) => (part as Json | undefined)?.[key], document)

describe.each(['/v1', '/console/api', '/api', '/files'])('the document of %s', prefix => {
  test('is of version 3.1 and names its server', async () => {
    const document = await documentOf(prefix)
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: expect.any(String), version: '1.9.1' }, servers: [{ url: prefix }] })
    for (const [name, schema] of Object.entries(document.components.schemas)) checkSchema(schema, name, document)
  })

  test('describes every route by its own name, with all its arguments', async () => {
    const document = await documentOf(prefix)
    const operations = operationsOf(document)
    const { routes = [] } = weft.server.surfaces.find(surface => surface.prefix === prefix) ?? {}
    expect(operations.map(({ place }) => place).toSorted()).toEqual(
      routes.map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`).toSorted(),
    )
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
    for (const { path, operation, place } of operations) {
      expect(operation.summary, place).toMatch(/^[A-Z\d]/)
      const named = operation.parameters.filter(parameter => parameter.in === 'path')
      expect(
        named.map(({ name }) => name),
        place,
      ).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
      expect(named.every(({ required }) => required)).toBe(true)
      expect(new Set(operation.parameters.map(parameter => `${parameter.in} ${parameter.name}`)).size, place).toBe(
        operation.parameters.length,
      )
      for (const { name, schema } of operation.parameters) checkSchema(schema, `${place} ${name}`, document)
    }
  })

  test('says what goes in and what comes out', async () => {
    const document = await documentOf(prefix)
    const { routes = [] } = weft.server.surfaces.find(surface => surface.prefix === prefix) ?? {}
    for (const { method, path, operation, place } of operationsOf(document)) {
      const route = routes.find(
        candidate => candidate.method.toLowerCase() === method && candidate.path.replace(/:(\w+)/g, '{$1}') === path,
      )
      expect(operation.requestBody !== undefined, place).toBe(Boolean(route?.body || route?.isMultipart))
      for (const { schema } of Object.values(operation.requestBody?.content ?? {})) checkSchema(schema, `${place} body`, document)
      const [success, ...others] = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
      expect(others, place).toEqual([])
      expect(success?.[0], place).toBe(String(route?.status ?? 200))
      expect(success?.[1].content === undefined, place).toBe(route?.status === 204)
      for (const { schema } of Object.values(success?.[1].content ?? {})) checkSchema(schema, `${place} answer`, document)
      expect(resolve(document, operation.responses['4XX']?.$ref ?? ''), place).toHaveProperty('description')
      for (const need of operation.security) expect(document.components.securitySchemes).toHaveProperty(Object.keys(need))
    }
  })
})

describe('the service API', () => {
  test('declares the shape of every answer', () => {
    const { routes = [] } = weft.server.surfaces.find(({ name }) => name === 'service') ?? {}
    for (const { method, path, response, events, responseType, status } of routes)
      expect(Boolean(response || events || responseType || status === 204), `${method} ${path}`).toBe(true)
  })

  test('tells clients what they need to call it', async () => {
    const { paths } = await documentOf('/v1')
    expect(paths['/workflows/run']?.post).toMatchObject({
      operationId: 'postWorkflowsRun',
      security: [{ bearer: [] }],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { required: ['inputs'], properties: { response_mode: { enum: ['blocking', 'streaming'] } } } },
        },
      },
      responses: {
        200: {
          content: {
            'application/json': { schema: { properties: { task_id: { type: 'string' }, data: { type: 'object' } } } },
            'text/event-stream': { schema: { type: 'string' }, 'x-event-data': { oneOf: expect.any(Array) } },
          },
        },
      },
    })
    expect(paths['/conversations']?.get?.parameters.find(({ name }) => name === 'limit')).toEqual({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'Number of conversations to return' },
    })
    expect(paths['/files/upload']?.post?.requestBody?.content).toHaveProperty(['multipart/form-data', 'schema', 'properties', 'user'])
    expect(paths['/files/{fileId}/preview']?.get?.responses[200]?.content).toEqual({ '*/*': { schema: {} } })
  })
})
