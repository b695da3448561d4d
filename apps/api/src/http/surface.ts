import { DomainError, hasPermission, type Role } from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { AuthKind, Route } from './define-route.ts'
import { handleError } from './error-handler.ts'
import type { Identities } from './identities.ts'
import { parserError } from './parser-errors.ts'
import { readJson } from './read-json.ts'
import { sendJson } from './send-json.ts'

/** Finds out who is calling. @throws DomainError or ResponseError where they may not */
export type Authenticator<Auth extends AuthKind = AuthKind> = (request: FastifyRequest) => Promise<Identities[Auth]> | Identities[Auth]

/** One API: its prefix, its routes, its ways to prove who one is. */
export interface Surface {
  name: string
  prefix: string
  routes: Route[]
  authenticators: { [Auth in AuthKind]?: Authenticator<Auth> }
}

const DEFAULT_BODY_LIMIT = 16 * 1024 * 1024

/** Puts a surface's routes on the server. Hooks are per route and only where they have work. */
export function mountSurface(server: FastifyInstance, surface: Surface, platform: Platform) {
  server.setErrorHandler(handleError)
  for (const route of surface.routes) {
    const authenticate = surface.authenticators[route.auth as AuthKind] as Authenticator | undefined
    if (!authenticate) throw new Error(`${surface.name} has no way to authenticate ${String(route.auth)} (${route.method} ${route.path})`)
    server.route({
      method: route.method,
      url: route.path,
      bodyLimit: route.bodyLimit ?? DEFAULT_BODY_LIMIT,
      // Before the body is read: whoever may not call is not listened to.
      onRequest: async request => {
        const identity = await authenticate(request)
        if (route.permission && !hasPermission((identity as { role: Role }).role, route.permission)) throw new DomainError('forbidden')
        request.identity = identity
      },
      handler: (request, reply) => answer(route, platform, request, reply),
    })
  }
}

async function answer(route: Route, platform: Platform, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  // Dify names the type of an empty answer too.
  if (route.status === 204) reply.header('content-type', 'application/json')
  const result = await route.handler({
    ...(request.identity as object),
    platform,
    params: route.params ? parseParams(route.params, request.params) : request.params,
    query: route.query ? parse(route.query, request.query, 'the query string') : request.query,
    body: route.body ? parse(route.body, readJson(request), 'the JSON body') : undefined,
    request,
    reply,
  })
  if (reply.sent) return reply
  return sendJson(reply.code(route.status ?? 200), result ?? null)
}

function parse(schema: z.ZodType, input: unknown, location: 'the JSON body' | 'the query string'): unknown {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw parserError(parsed.error, input, location, schema)
}

function parseParams(schema: z.ZodType, input: unknown): unknown {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw new DomainError('not_found')
}
