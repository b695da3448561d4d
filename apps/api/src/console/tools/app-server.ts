import type { AppMcpServer } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { id, text } from '../../http/fields.ts'
import { secondsOf } from '../../http/seconds.ts'
import { valueMap } from './arguments.ts'

const params = z.object({ appId: id() })

function showServer(server: AppMcpServer | undefined) {
  return {
    id: server?.id ?? null,
    name: server?.name ?? null,
    server_code: server?.serverCode ?? null,
    description: server?.description ?? null,
    status: server?.status ?? null,
    parameters: server?.parameters ?? null,
    created_at: server ? secondsOf(server.createdAt) : null,
    updated_at: server ? secondsOf(server.updatedAt) : null,
  }
}

const textsOf = (values: object) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value ?? '')]))

const get = defineRoute({
  method: 'GET',
  path: '/apps/:appId/server',
  auth: 'account',
  summary: 'The MCP server that an app is',
  params,
  async handler({ platform, scope, params: { appId } }) {
    const app = await platform.apps.catalogue.find(scope, appId)
    return showServer(await platform.tools.appServers.find(scope, app.id))
  },
})

const create = defineRoute({
  method: 'POST',
  path: '/apps/:appId/server',
  auth: 'account',
  permission: 'editor',
  summary: 'Make an app an MCP server',
  params,
  body: z.object({ description: text().nullish(), parameters: valueMap() }),
  async handler({ platform, scope, params: { appId }, body }) {
    const app = await platform.apps.catalogue.find(scope, appId)
    const input = { description: body.description ?? undefined, parameters: textsOf(body.parameters) }
    return showServer(await platform.tools.appServers.create(scope, app, input))
  },
})

const update = defineRoute({
  method: 'PUT',
  path: '/apps/:appId/server',
  auth: 'account',
  permission: 'editor',
  summary: 'Change the MCP server that an app is, or close it',
  params,
  body: z.object({ id: text(), description: text().nullish(), parameters: valueMap(), status: text().nullish() }),
  async handler({ platform, scope, params: { appId }, body }) {
    const app = await platform.apps.catalogue.find(scope, appId)
    const change = { description: body.description ?? undefined, parameters: textsOf(body.parameters), status: body.status ?? undefined }
    return showServer(await platform.tools.appServers.update(scope, app, body.id, change))
  },
})

const renew = defineRoute({
  method: 'GET',
  path: '/apps/:appId/server/refresh',
  auth: 'account',
  permission: 'editor',
  summary: "Give an app's MCP server, which the path names, a new code",
  params,
  handler: async ({ platform, scope, params: { appId } }) => showServer(await platform.tools.appServers.renewCode(scope, appId)),
})

export const appServerRoutes = [get, create, update, renew]
