import { DomainError, type TokenPair } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { email, text, truthy } from '../http/fields.ts'
import { ResponseError } from '../http/response-error.ts'
import { success } from './shapes.ts'

const tokenPair = z.object({ result: z.literal('success'), data: z.object({ access_token: z.string(), refresh_token: z.string() }) })

export const sessionRoutes = [
  defineRoute({
    method: 'POST',
    path: '/login',
    auth: 'visitor',
    summary: 'Log in by e-mail and password',
    body: z.object({ email: email(), password: text(), remember_me: truthy().optional(), invite_token: text().nullish() }),
    response: tokenPair,
    async handler({ platform, body, request }) {
      if (!platform.settings.features.hasPasswordLogin) throw new DomainError('forbidden')
      try {
        return showTokens(await platform.identity.sessions.logIn({ email: body.email, password: body.password, ip: request.ip }))
      } catch (error) {
        if (error instanceof DomainError && error.code === 'workspace_not_found') return { result: 'fail', data: error.message }
        throw error
      }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/refresh-token',
    auth: 'anyone',
    summary: 'Trade a refresh token for a new pair of tokens',
    body: z.object({ refresh_token: text() }),
    response: tokenPair,
    async handler({ platform, body }) {
      try {
        return showTokens(await platform.identity.sessions.refresh(body.refresh_token))
      } catch (error) {
        if (error instanceof DomainError) throw new ResponseError(401, { result: 'fail', data: error.message })
        throw error
      }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/logout',
    auth: 'newcomer',
    summary: 'End the session',
    response: success,
    async handler({ platform, account }) {
      await platform.identity.sessions.logOut(account.id)
      return { result: 'success' }
    },
  }),
]

function showTokens({ accessToken, refreshToken }: TokenPair) {
  return { result: 'success', data: { access_token: accessToken, refresh_token: refreshToken } }
}
