import { needsCredentials, type TenantScope, TOOL_LABELS } from '@weft/core'
import type { Platform } from '@weft/platform'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { showApiProvider, showBuiltIn, showMcpProvider, showWorkflowProvider, words } from './shapes.ts'

const TYPES = ['builtin', 'model', 'api', 'workflow', 'mcp'] as const

/** Built-in providers as lists show them. */
async function builtIns({ tools }: Platform, scope: TenantScope, options: { isWhole: boolean }) {
  const providers = await tools.builtIn.list(scope)
  return Promise.all(
    providers.map(async provider => {
      const [first] = needsCredentials(provider) ? await tools.builtIn.credentials(scope, provider.id) : []
      const icon = await tools.runtime.icon(scope, 'builtin', provider.id)
      const declarations = options.isWhole ? await tools.builtIn.declarations(scope, provider) : []
      return showBuiltIn(provider, { icon, tools: declarations, credentials: first?.credentials })
    }),
  )
}

const listProviders = defineRoute({
  method: 'GET',
  path: '/workspaces/current/tool-providers',
  auth: 'account',
  summary: 'Providers of tools, those that Weft ships first',
  query: z.object({ type: z.enum(TYPES).nullish() }),
  async handler({ platform, scope, query }) {
    const wants = (type: (typeof TYPES)[number]) => !query.type || query.type === type
    const { api, workflow, mcp } = platform.tools
    const isWhole = false
    return [
      ...(wants('builtin') ? await builtIns(platform, scope, { isWhole }) : []),
      ...(wants('api') ? (await api.list(scope)).map(provider => showApiProvider(provider, { isWhole })) : []),
      ...(wants('workflow') ? (await workflow.list(scope)).map(provider => showWorkflowProvider(provider, { isWhole })) : []),
      ...(wants('mcp') ? (await mcp.list(scope)).map(provider => showMcpProvider(provider, { by: 'id' })) : []),
    ]
  },
})

const listBuiltIn = defineRoute({
  method: 'GET',
  path: '/workspaces/current/tools/builtin',
  auth: 'account',
  summary: 'Tools that Weft ships or plugins bring',
  handler: ({ platform, scope }) => builtIns(platform, scope, { isWhole: true }),
})

const listApi = defineRoute({
  method: 'GET',
  path: '/workspaces/current/tools/api',
  auth: 'account',
  summary: 'Tools made from descriptions of APIs',
  handler: async ({ platform, scope }) =>
    (await platform.tools.api.list(scope)).map(provider => showApiProvider(provider, { isWhole: true })),
})

const listWorkflow = defineRoute({
  method: 'GET',
  path: '/workspaces/current/tools/workflow',
  auth: 'account',
  summary: 'Workflows that are tools',
  handler: async ({ platform, scope }) =>
    (await platform.tools.workflow.list(scope)).map(provider => showWorkflowProvider(provider, { isWhole: true })),
})

const listMcp = defineRoute({
  method: 'GET',
  path: '/workspaces/current/tools/mcp',
  auth: 'account',
  summary: 'Tools of MCP servers',
  handler: async ({ platform, scope }) =>
    (await platform.tools.mcp.list(scope)).map(provider => showMcpProvider(provider, { by: 'identifier' })),
})

const listLabels = defineRoute({
  method: 'GET',
  path: '/workspaces/current/tool-labels',
  auth: 'account',
  summary: 'What tools may be sorted under',
  handler: () => TOOL_LABELS.map(({ name, label, icon }) => ({ name, label: words(label), icon })),
})

export const toolListRoutes = [listProviders, listBuiltIn, listApi, listWorkflow, listMcp, listLabels]
