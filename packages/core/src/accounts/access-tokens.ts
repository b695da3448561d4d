import { createSecretKey } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { DomainError } from '../errors.ts'

const SUBJECT = 'Console API Passport'

/** Signed proofs of a login: JWTs as Dify's console has them, so that they are interchangeable while `SECRET_KEY` is the same. */
export interface AccessTokens {
  issue(accountId: string): Promise<string>
  /** The account's id. @throws DomainError `unauthorized` */
  verify(token: string): Promise<string>
}

export function createAccessTokens(options: { secretKey: string; edition: string; lifetimeSeconds: number }): AccessTokens {
  const key = createSecretKey(Buffer.from(options.secretKey))
  return {
    issue(accountId) {
      const expiry = Math.floor(Date.now() / 1000 + options.lifetimeSeconds)
      return new SignJWT({ user_id: accountId, exp: expiry, iss: options.edition, sub: SUBJECT })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .sign(key)
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] })
        if (typeof payload.user_id !== 'string' || payload.token_source !== undefined)
          throw new DomainError('unauthorized', 'Invalid Authorization token.')
        return payload.user_id
      } catch (error) {
        if (error instanceof DomainError) throw error
        throw new DomainError('unauthorized', reasonOf(error), { cause: error })
      }
    },
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'Token has expired.'
  return error instanceof errors.JWSSignatureVerificationFailed ? 'Invalid token signature.' : 'Invalid token.'
}
