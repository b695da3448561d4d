import { DomainError } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { email, text } from '../http/fields.ts'
import { isInitValidated, setInitValidated } from './init-cookie.ts'
import { success } from './shapes.ts'

export const installationRoutes = [
  defineRoute({
    method: 'GET',
    path: '/setup',
    auth: 'anyone',
    summary: 'Whether the first set-up is done',
    response: z.object({ step: z.enum(['not_started', 'finished']), setup_at: z.string().optional() }),
    async handler({ platform }) {
      const setUpAt = await platform.identity.installation.setUpAt()
      return setUpAt ? { step: 'finished', setup_at: setUpAt.toISOString().replace('Z', '') } : { step: 'not_started' }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/setup',
    auth: 'anyone',
    summary: 'Make the first account and its workspace',
    body: z.object({ email: email(), name: text({ max: 30 }), password: text() }),
    response: success,
    status: 201,
    async handler({ platform, body, request }) {
      const { installation } = platform.identity
      if (await installation.setUpAt()) throw new DomainError('already_setup')
      if (installation.hasInitPassword && !isInitValidated(request, platform.secretKey)) throw new DomainError('not_init_validated')
      await installation.setUp({ ...body, ip: request.ip })
      return { result: 'success' }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/init',
    auth: 'anyone',
    summary: 'Whether the init password is needed',
    response: z.object({ status: z.enum(['finished', 'not_started']) }),
    async handler({ platform, request }) {
      const { installation } = platform.identity
      const isDone = !installation.hasInitPassword || isInitValidated(request, platform.secretKey) || (await installation.setUpAt())
      return { status: isDone ? 'finished' : 'not_started' }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/init',
    auth: 'anyone',
    summary: 'Give the init password',
    body: z.object({ password: text({ max: 30 }) }),
    response: success,
    status: 201,
    async handler({ platform, body, reply }) {
      const { installation } = platform.identity
      if (await installation.setUpAt()) throw new DomainError('already_setup')
      if (!installation.isInitPassword(body.password)) throw new DomainError('init_validate_failed')
      setInitValidated(reply, platform.secretKey)
      return { result: 'success' }
    },
  }),
]
