import { stringifyJson } from '@weft/contracts'
import type { FastifyReply } from 'fastify'

/** Answers in JSON that keeps Python's numbers. */
export function sendJson(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.header('content-type', 'application/json').send(stringifyJson(body))
}
