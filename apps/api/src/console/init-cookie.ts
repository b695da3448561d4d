import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The browser that has given the operator's init password carries proof of it until the set-up. */
const NAME = 'session'
const CONTENT = 'is_init_validated'

export function setInitValidated(reply: FastifyReply, secretKey: string) {
  reply.header('set-cookie', `${NAME}=${sign(secretKey)}; HttpOnly; Path=/; SameSite=Lax`)
}

export function isInitValidated(request: FastifyRequest, secretKey: string): boolean {
  const cookie = new RegExp(`(?:^|;\\s*)${NAME}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1] ?? ''
  const expected = sign(secretKey)
  return cookie.length === expected.length && timingSafeEqual(Buffer.from(cookie), Buffer.from(expected))
}

function sign(secretKey: string): string {
  return createHmac('sha256', secretKey).update(CONTENT).digest('base64url')
}
