import { CURRENT_DSL_VERSION, DomainError, type ImportResult } from '@weft/core'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { queryBoolean, text } from '../../http/fields.ts'
import { sendJson } from '../../http/send-json.ts'
import { appParams } from './apps.ts'

const importShape = z.object({
  id: z.string(),
  status: z.enum(['completed', 'completed-with-warnings', 'pending', 'failed']),
  app_id: z.string().nullable(),
  app_mode: z.string().nullable(),
  current_dsl_version: z.string(),
  imported_dsl_version: z.string(),
  error: z.string(),
})

const STATUS = { completed: 200, 'completed-with-warnings': 200, pending: 202, failed: 400 }

function sendImport(reply: FastifyReply, result: ImportResult): FastifyReply {
  const shown: z.input<typeof importShape> = {
    id: result.id,
    status: result.status,
    app_id: result.appId,
    app_mode: result.appMode,
    current_dsl_version: CURRENT_DSL_VERSION,
    imported_dsl_version: result.importedDslVersion,
    error: result.error,
  }
  return sendJson(reply.code(STATUS[result.status]), shown)
}

const importApp = defineRoute({
  method: 'POST',
  path: '/apps/imports',
  auth: 'account',
  permission: 'editor',
  summary: 'Make an app of a DSL file, or write one over',
  body: z.object({
    mode: text(),
    yaml_content: text().nullish(),
    yaml_url: text().nullish(),
    name: text().nullish(),
    description: text().nullish(),
    icon_type: text().nullish(),
    icon: text().nullish(),
    icon_background: text().nullish(),
    app_id: text().nullish(),
  }),
  response: importShape,
  async handler({ platform, scope, account, body, reply }) {
    const { mode } = body
    if (mode !== 'yaml-content' && mode !== 'yaml-url') throw new DomainError('invalid_param', `Invalid import_mode: ${mode}`)
    const result = await platform.apps.dsl.import(scope, account, {
      mode,
      yamlContent: body.yaml_content ?? undefined,
      yamlUrl: body.yaml_url ?? undefined,
      name: body.name ?? undefined,
      description: body.description ?? undefined,
      iconType: body.icon_type ?? undefined,
      icon: body.icon ?? undefined,
      iconBackground: body.icon_background ?? undefined,
      appId: body.app_id ?? undefined,
    })
    return sendImport(reply, result)
  },
})

const confirmImport = defineRoute({
  method: 'POST',
  path: '/apps/imports/:importId/confirm',
  auth: 'account',
  permission: 'editor',
  summary: 'Go on with an import of another version',
  response: importShape,
  handler: async ({ platform, scope, account, params, reply }) =>
    sendImport(reply, await platform.apps.dsl.confirm(scope, account, params.importId ?? '')),
})

const checkDependencies = defineRoute({
  method: 'GET',
  path: '/apps/imports/:appId/check-dependencies',
  auth: 'account',
  permission: 'editor',
  summary: 'The plugins that an imported app needs and the workspace lacks',
  params: appParams,
  response: z.object({ leaked_dependencies: z.array(z.unknown()) }),
  async handler({ platform, scope, params }) {
    const app = await platform.apps.catalogue.find(scope, params.appId)
    return { leaked_dependencies: await platform.apps.dsl.missingDependencies(scope, app) }
  },
})

const exportApp = defineRoute({
  method: 'GET',
  path: '/apps/:appId/export',
  auth: 'account',
  permission: 'editor',
  summary: 'An app as a DSL file',
  params: appParams,
  query: z.object({ include_secret: queryBoolean().nullish(), workflow_id: text().nullish() }),
  response: z.object({ data: z.string() }),
  async handler({ platform, scope, params, query }) {
    const app = await platform.apps.catalogue.find(scope, params.appId)
    const options = { includesSecrets: query.include_secret ?? false, workflowId: query.workflow_id || undefined }
    return { data: await platform.apps.dsl.export(scope, app, options) }
  },
})

export const importRoutes = [importApp, confirmImport, checkDependencies, exportApp]
