import type { Platform } from '@weft/platform'
import type { FastifyInstance } from 'fastify'

/** `/health`: the process lives. `/ready`: it reaches what it needs; 503 otherwise. */
export function addHealthRoutes(server: FastifyInstance, platform: Platform) {
  server.get('/health', (_request, reply) => reply.send({ status: 'ok' }))
  server.get('/ready', async (request, reply) => {
    const report = await platform.health.check((part, error) => request.log.warn({ part, err: error }, 'not ready'))
    return reply.code(report.status === 'ok' ? 200 : 503).send(report)
  })
}
