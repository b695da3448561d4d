import { isValueMap, type ValueMap } from '@weft/contracts'
import { DomainError } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { success } from '../shapes.ts'
import { appParams } from './apps.ts'

const EASY_MODES = ['chat', 'agent-chat', 'completion'] as const

export const modelConfigRoutes = [
  defineRoute({
    method: 'POST',
    path: '/apps/:appId/model-config',
    auth: 'account',
    permission: 'editor',
    summary: 'Save what a chat, agent or completion app does',
    params: appParams,
    body: z.looseObject({}),
    response: success,
    async handler({ platform, scope, account, params, body }) {
      const app = await platform.apps.catalogue.find(scope, params.appId, EASY_MODES)
      const config = body as ValueMap
      if (config.model === undefined) throw new DomainError('invalid_param', 'model is required')
      if (!isValueMap(config.model)) throw new DomainError('invalid_param', 'model must be of object type')
      await platform.apps.catalogue.configure(scope, account.id, app, config)
      return { result: 'success' }
    },
  }),
]
