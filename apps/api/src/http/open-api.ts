import { z } from 'zod'
import type { Route } from './define-route.ts'
import type { Surface } from './surface.ts'

type Schema = Record<string, unknown>

/** The OpenAPI 3.1 document of a surface, from its routes. */
export function describeSurface(surface: Surface, version: string): Schema {
  const paths: Record<string, Schema> = {}
  for (const route of surface.routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: `Weft ${surface.name} API`, version },
    servers: [{ url: surface.prefix }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: error, ArgumentErrors: argumentErrors },
      responses: { Refused: refused },
    },
  }
}

const error: Schema = {
  type: 'object',
  required: ['code', 'message', 'status'],
  properties: { code: { type: 'string' }, message: { type: 'string' }, status: { type: 'integer' } },
}

const argumentErrors: Schema = {
  type: 'object',
  required: ['message', 'errors'],
  properties: { message: { type: 'string' }, errors: { type: 'object', additionalProperties: { type: 'string' } } },
}

const refused: Schema = {
  description: 'Refused: a rule says no, or an argument is missing or wrong',
  content: {
    'application/json': { schema: { anyOf: [{ $ref: '#/components/schemas/Error' }, { $ref: '#/components/schemas/ArgumentErrors' }] } },
  },
}

const PUBLIC = new Set(['anyone', 'visitor'])

function describeRoute(route: Route): Schema {
  const body = describeBody(route)
  const content = describeAnswer(route)
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(body ? { requestBody: { required: true, content: body } } : {}),
    responses: {
      [route.status ?? 200]: { description: 'Success', ...(content ? { content } : {}) },
      '4XX': { $ref: '#/components/responses/Refused' },
    },
    security: PUBLIC.has(route.auth) ? [] : [{ bearer: [] }],
  }
}

/** `POST /conversations/:conversationId/name` is `postConversationsConversationIdName`. */
function operationIdOf({ method, path }: Route): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter(Boolean)
  return method.toLowerCase() + words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function describeBody({ body, isMultipart, formFields }: Route): Schema | undefined {
  if (body) return { 'application/json': { schema: schemaOf(body) } }
  if (!isMultipart) return undefined
  const { properties = {}, required = [] } = (formFields ? schemaOf(formFields) : {}) as { properties?: Schema; required?: string[] }
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  return {
    'multipart/form-data': { schema: { type: 'object', required: ['file', ...required], properties: { file, ...properties } } },
  }
}

function describeAnswer({ response, events, responseType, status }: Route): Schema | undefined {
  if (status === 204) return undefined
  if (responseType) return { [responseType]: { schema: {} } }
  const stream = events && { schema: { type: 'string', description: STREAM }, 'x-event-data': schemaOf(events) }
  return {
    ...(response || !stream ? { 'application/json': { schema: response ? schemaOf(response) : {} } } : {}),
    ...(stream ? { 'text/event-stream': stream } : {}),
  }
}

const STREAM = 'Server-sent events, each with an `id` and with `data` in JSON. `event: ping` keeps a quiet stream alive.'

function pathParameters(route: Route): Schema[] {
  const { properties = {} } = (route.params ? schemaOf(route.params) : {}) as { properties?: Schema }
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
  }))
}

function queryParameters(route: Route): Schema[] {
  if (!route.query) return []
  const { properties = {}, required = [] } = schemaOf(route.query) as { properties?: Schema; required?: string[] }
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }))
}

/** As callers see it. What is said in front of a refusal describes the field, too. */
function schemaOf(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const { help } = jsonSchema as { help?: unknown }
      if (help !== undefined) {
        delete jsonSchema.help
        jsonSchema.description ??= String(help)
      }
      // Left out by Zod where a value is transformed; a plain one means the same on both sides.
      const { def } = zodSchema._zod
      if (def.type === 'default' && typeof def.defaultValue !== 'object') jsonSchema.default ??= def.defaultValue as number
    },
  })
  return rest
}
