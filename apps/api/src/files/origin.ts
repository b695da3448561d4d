import type { FastifyRequest } from 'fastify'

const HOST = /^[\w.-]+(:\d{1,5})?$|^\[[\da-f:.]+\](:\d{1,5})?$/i

/** Where the links of an answer begin: where its request went to. Empty, so that they are relative, where that cannot be an address. */
export function originOf(request: FastifyRequest): string {
  return HOST.test(request.host) ? `${request.protocol}://${request.host}` : ''
}
