import { timingSafeEqual } from 'node:crypto'
import { type Caller, DomainError } from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyRequest } from 'fastify'
import type { Surface } from '../http/surface.ts'
import { isInitValidated } from './init-cookie.ts'

/** Set up → logged in → initialized, in this order. */
export function createConsoleAuthenticators(platform: Platform): Surface['authenticators'] {
  const { installation, sessions } = platform.identity
  const { adminApiKey } = platform.settings.security

  async function requireSetUp(request: FastifyRequest) {
    if (await installation.setUpAt()) return
    throw new DomainError(
      installation.hasInitPassword && !isInitValidated(request, platform.secretKey) ? 'not_init_validated' : 'not_setup',
    )
  }
  async function logIn(request: FastifyRequest): Promise<Caller> {
    await requireSetUp(request)
    const token = readToken(request)
    const tenantId = request.headers['x-workspace-id']
    if (adminApiKey && typeof tenantId === 'string' && isSame(token, adminApiKey)) return sessions.callerAsOwner(tenantId)
    return sessions.authenticate(token)
  }
  return {
    anyone: () => ({}),
    visitor: async request => {
      await requireSetUp(request)
      return {}
    },
    newcomer: logIn,
    account: async request => {
      const caller = await logIn(request)
      if (caller.account.status === 'uninitialized') throw new DomainError('account_not_initialized')
      return caller
    },
  }
}

function readToken(request: FastifyRequest): string {
  const header = request.headers.authorization
  if (header === undefined) {
    const token = (request.query as { _token?: unknown })._token
    if (typeof token === 'string' && token) return token
    throw new DomainError('unauthorized', 'Invalid Authorization token.')
  }
  const [scheme, token] = header.split(/ +/)
  if (scheme?.toLowerCase() !== 'bearer' || !token)
    throw new DomainError('unauthorized', "Invalid Authorization header format. Expected 'Bearer <api-key>' format.")
  return token
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
