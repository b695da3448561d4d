import { DomainError, type McpProviderInput } from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { text } from '../../http/fields.ts'
import { originOf } from '../../http/run-answers.ts'
import { valueMap } from './arguments.ts'
import { showMcpProvider } from './shapes.ts'

const PATH = '/workspaces/current/tool-provider/mcp'
const success = { result: 'success' }

/** Seconds: a number, or a text that holds one. */
const seconds = () =>
  z.unknown().transform((value, context) => {
    const number = typeof value === 'string' && value.trim() ? Number(value) : Number(value as number)
    if (Number.isFinite(number)) return number
    context.addIssue({ code: 'custom', message: `could not convert string to float: '${value}'` })
    return z.NEVER
  })

const server = z.object({
  server_url: text(),
  name: text(),
  icon: text(),
  icon_type: text(),
  icon_background: text().nullish(),
  server_identifier: text(),
  timeout: seconds().optional(),
  sse_read_timeout: seconds().optional(),
  headers: valueMap().nullish(),
})

function inputOf(body: z.output<typeof server>): McpProviderInput {
  const headers = body.headers && Object.fromEntries(Object.entries(body.headers).map(([name, value]) => [name, String(value ?? '')]))
  return {
    name: body.name,
    serverUrl: body.server_url,
    serverIdentifier: body.server_identifier,
    icon: body.icon_type === 'emoji' ? { content: body.icon, background: body.icon_background ?? '' } : body.icon,
    timeout: body.timeout,
    sseReadTimeout: body.sse_read_timeout,
    headers: headers ?? undefined,
  }
}

/** Where an authorisation server sends users back to. */
function redirectUrl({ settings }: Platform, request: FastifyRequest): string {
  return `${settings.addresses.consoleApi || originOf(request)}/console/api/mcp/oauth/callback`
}

const create = defineRoute({
  method: 'POST',
  path: PATH,
  auth: 'account',
  summary: 'Add an MCP server',
  body: server,
  async handler({ platform, scope, account, body }) {
    const made = await platform.tools.mcp.create(scope, account.id, inputOf(body))
    return showMcpProvider(made, { by: 'id' })
  },
})

const update = defineRoute({
  method: 'PUT',
  path: PATH,
  auth: 'account',
  summary: 'Change an MCP server; an address with [__HIDDEN__] in it and masked headers stay',
  body: server.extend({ provider_id: text() }),
  async handler({ platform, scope, body }) {
    await platform.tools.mcp.update(scope, body.provider_id, inputOf(body))
    return success
  },
})

const remove = defineRoute({
  method: 'DELETE',
  path: PATH,
  auth: 'account',
  summary: 'Remove an MCP server',
  body: z.object({ provider_id: text() }),
  async handler({ platform, scope, body }) {
    await platform.tools.mcp.remove(scope, body.provider_id)
    return success
  },
})

const authorize = defineRoute({
  method: 'POST',
  path: `${PATH}/auth`,
  auth: 'account',
  summary: 'Connect to an MCP server, or learn where its users are authorised',
  body: z.object({ provider_id: text(), authorization_code: text().nullish() }),
  async handler({ platform, scope, body, request }) {
    if (body.authorization_code) {
      throw new DomainError('invalid_param', 'State parameter is required when exchanging authorization code')
    }
    const { authorizationUrl } = await platform.tools.mcp.authorize(scope, body.provider_id, redirectUrl(platform, request))
    return authorizationUrl ? { authorization_url: authorizationUrl } : success
  },
})

const providerParams = z.object({ providerId: z.string().max(255) })

const detail = defineRoute({
  method: 'GET',
  path: `${PATH}/tools/:providerId`,
  auth: 'account',
  summary: 'An MCP server with its tools',
  params: providerParams,
  handler: async ({ platform, scope, params }) => showMcpProvider(await platform.tools.mcp.get(scope, params.providerId), { by: 'id' }),
})

const refresh = defineRoute({
  method: 'GET',
  path: `${PATH}/update/:providerId`,
  auth: 'account',
  summary: 'Ask an MCP server for its tools anew',
  params: providerParams,
  async handler({ platform, scope, params }) {
    const refreshed = await platform.tools.mcp.refreshTools(scope, params.providerId)
    return { ...showMcpProvider(refreshed, { by: 'id' }), plugin_unique_identifier: refreshed.provider.serverIdentifier }
  },
})

const callback = defineRoute({
  method: 'GET',
  path: '/mcp/oauth/callback',
  auth: 'anyone',
  summary: 'Where an authorisation server sends users back to',
  query: z.object({ code: text().nullish(), state: text().nullish(), error: text().nullish(), error_description: text().nullish() }),
  async handler({ platform, query, reply }) {
    if (query.error) throw new DomainError('invalid_param', `The authorization was refused: ${query.error_description || query.error}`)
    if (!query.code || !query.state) throw new DomainError('invalid_param', 'Missing required parameter in the query string: code, state')
    await platform.tools.mcp.finishAuthorization(query.state, query.code)
    return reply.redirect(`${platform.settings.addresses.consoleWeb}/oauth-callback`)
  },
})

export const mcpToolRoutes = [create, update, remove, authorize, detail, refresh, callback]
