import cors from '@fastify/cors'
import multipart from '@fastify/multipart'
import type { Platform } from '@weft/platform'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { createConsoleSurface } from './console/surface.ts'
import { createFilesSurface } from './files/surface.ts'
import { addHealthRoutes } from './health.ts'
import type { AuthKind } from './http/define-route.ts'
import { handleError, methodNotAllowed } from './http/error-handler.ts'
import type { OpenStreams } from './http/event-stream.ts'
import type { Identities } from './http/identities.ts'
import { describeSurface } from './http/open-api.ts'
import { mountSurface, type Surface } from './http/surface.ts'
import { createMcpSurface } from './mcp/surface.ts'
import { createServiceSurface } from './service/surface.ts'
import { createWebSurface } from './web/surface.ts'

/** The version of Dify whose clients this server takes. */
export const API_VERSION = '1.9.1'

declare module 'fastify' {
  interface FastifyInstance {
    openStreams: OpenStreams
    /** Every API this server has, with all routes: what documents and tests walk. */
    surfaces: Surface[]
  }
  interface FastifyRequest {
    identity: Identities[AuthKind] | null
  }
}

const NOT_FOUND_PAGE =
  '<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n'

/** The HTTP server with all APIs, not yet listening. */
export async function createApiServer(platform: Platform): Promise<FastifyInstance> {
  const { settings } = platform
  const server = fastify({
    loggerInstance: platform.logger,
    logController: new LogController({ disableRequestLogging: !settings.logging.hasRequests, requestIdLogLabel: 'requestId' }),
    trustProxy: settings.server.trustsForwardedHeaders,
    genReqId: createRequestIds(),
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: handleError,
    forceCloseConnections: 'idle',
  }) as unknown as FastifyInstance
  server.decorate('openStreams', new Set<{ stop(): void }>())
  server.decorate('surfaces', [])
  server.decorateRequest('identity', null)

  const deployEnvironment = settings.server.deployEnvironment
  server.addHook('onRequest', (_request, reply, done) => {
    reply.raw.setHeader('x-version', API_VERSION)
    reply.raw.setHeader('x-env', deployEnvironment)
    done()
  })
  // Read as bytes; a route that declares a body parses it.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  await server.register(multipart, { limits: { fileSize: Math.max(...Object.values(settings.files.sizeLimits)) } })
  server.setErrorHandler(handleError)
  server.addHook('preClose', async () => {
    for (const stream of server.openStreams) stream.stop()
  })

  addHealthRoutes(server, platform)
  const surfaces: [Surface, origins: string[] | '*', headers: string[]][] = [
    [createConsoleSurface(platform), settings.server.consoleOrigins, ['Content-Type', 'Authorization']],
    [createServiceSurface(platform), '*', ['Content-Type', 'Authorization', 'X-App-Code']],
    [createWebSurface(platform), settings.server.webOrigins, ['Content-Type', 'Authorization', 'X-App-Code']],
    [createFilesSurface(platform), '*', ['Content-Type', 'Authorization']],
    [createMcpSurface(platform), '*', ['Content-Type', 'Authorization', 'Mcp-Session-Id', 'Mcp-Protocol-Version']],
  ]
  for (const [surface, origins, allowedHeaders] of surfaces) {
    server.surfaces.push(surface)
    await server.register(
      async scope => {
        const isOpen = origins === '*' || origins.includes('*')
        await scope.register(cors, {
          origin: isOpen ? true : [...origins],
          credentials: surface.name === 'console' || surface.name === 'web',
          allowedHeaders,
          exposedHeaders: ['X-Version', 'X-Env'],
          methods: ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
          optionsSuccessStatus: 200,
        })
        mountSurface(scope, surface, platform)
        scope.get('/openapi.json', () => describeSurface(surface, API_VERSION))
      },
      { prefix: surface.prefix },
    )
  }
  addNotFound(server)
  return server
}

/** Unknown paths get a page, known ones under another method an error, as Flask has it. */
function addNotFound(server: FastifyInstance) {
  let patterns: RegExp[] | undefined
  server.setNotFoundHandler((request, reply) => {
    patterns ??= server.surfaces.flatMap(({ prefix, routes }) =>
      routes.map(({ path }) => new RegExp(`^${(prefix + path).replace(/:\w+/g, '[^/]+')}/?$`)),
    )
    const path = request.url.split('?', 1)[0] ?? ''
    if (patterns.some(pattern => pattern.test(path))) throw methodNotAllowed()
    return reply.code(404).type('text/html; charset=utf-8').send(NOT_FOUND_PAGE)
  })
}

/** Short, and unique among the processes that log to one place. */
function createRequestIds(): () => string {
  const start = Date.now().toString(36) + Math.floor(Math.random() * 1e6).toString(36)
  let count = 0
  return () => `${start}-${(count++).toString(36)}`
}
