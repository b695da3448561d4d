import { z } from 'zod'
import type { Route } from './define-route.ts'
import type { Surface } from './surface.ts'

/** The OpenAPI 3.1 document of a surface, from its routes. */
export function describeSurface(surface: Surface, version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of surface.routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: `Weft ${surface.name} API`, version },
    servers: [{ url: surface.prefix }],
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  }
}

const PUBLIC = new Set(['anyone', 'visitor'])

function describeRoute(route: Route): Record<string, unknown> {
  return {
    summary: route.summary,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body) } } } } : {}),
    responses: {
      [route.status ?? 200]: {
        description: 'Success',
        ...(route.response ? { content: { 'application/json': { schema: schemaOf(route.response) } } } : {}),
      },
    },
    ...(PUBLIC.has(route.auth) ? {} : { security: [{ bearer: [] }] }),
  }
}

function pathParameters(route: Route): unknown[] {
  const { properties = {} } = route.params ? schemaOf(route.params) : {}
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: (properties as Record<string, unknown>)[name] ?? { type: 'string' },
  }))
}

function queryParameters(route: Route): unknown[] {
  if (!route.query) return []
  const { properties = {}, required = [] } = schemaOf(route.query) as { properties?: Record<string, unknown>; required?: string[] }
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }))
}

function schemaOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest
}
