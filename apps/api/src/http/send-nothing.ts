import type { FastifyReply } from 'fastify'

/** Answers 204. With the type that clients of Dify see there, which Fastify itself would leave out. */
export function sendNothing(reply: FastifyReply): FastifyReply {
  reply.raw.setHeader('content-type', 'application/json')
  return reply.code(204).send()
}
