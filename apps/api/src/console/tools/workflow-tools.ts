import { DomainError, type WorkflowToolInput } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { text } from '../../http/fields.ts'
import { emojiIcon, labels } from './arguments.ts'
import { showTool } from './shapes.ts'

const PATH = '/workspaces/current/tool-provider/workflow'
const success = { result: 'success' }

const toolName = () =>
  z.string().refine(name => /^[a-zA-Z0-9_]+$/.test(name), { error: issue => `${issue.input} is not a valid alphanumeric value` })

const parameter = z.object({ name: z.string(), description: z.string(), form: z.enum(['schema', 'form', 'llm']) })

const tool = z.object({
  name: toolName(),
  label: text(),
  description: text(),
  icon: emojiIcon(),
  parameters: z.array(parameter),
  privacy_policy: text().nullish(),
  labels: labels(),
})

const inputOf = (body: z.output<typeof tool>): WorkflowToolInput => ({
  name: body.name,
  label: body.label,
  icon: body.icon,
  description: body.description,
  parameters: body.parameters,
  privacyPolicy: body.privacy_policy ?? '',
  labels: body.labels ?? undefined,
})

const create = defineRoute({
  method: 'POST',
  path: `${PATH}/create`,
  auth: 'account',
  permission: 'admin',
  summary: 'Make a published workflow a tool',
  body: tool.extend({ workflow_app_id: z.guid() }),
  async handler({ platform, scope, account, body }) {
    await platform.tools.workflow.create(scope, account.id, body.workflow_app_id, inputOf(body))
    return success
  },
})

const update = defineRoute({
  method: 'POST',
  path: `${PATH}/update`,
  auth: 'account',
  permission: 'admin',
  summary: 'Change a workflow that is a tool, and take the version that is published now',
  body: tool.extend({ workflow_tool_id: z.guid() }),
  async handler({ platform, scope, body }) {
    await platform.tools.workflow.update(scope, body.workflow_tool_id, inputOf(body))
    return success
  },
})

const remove = defineRoute({
  method: 'POST',
  path: `${PATH}/delete`,
  auth: 'account',
  permission: 'admin',
  summary: 'Take a workflow out of the tools',
  body: z.object({ workflow_tool_id: z.guid() }),
  async handler({ platform, scope, body }) {
    await platform.tools.workflow.remove(scope, body.workflow_tool_id)
    return success
  },
})

const get = defineRoute({
  method: 'GET',
  path: `${PATH}/get`,
  auth: 'account',
  summary: 'A workflow that is a tool, by the id of either',
  query: z.object({ workflow_tool_id: z.guid().nullish(), workflow_app_id: z.guid().nullish() }),
  async handler({ platform, scope, query }) {
    const { workflow_tool_id: toolId, workflow_app_id: appId } = query
    if (!toolId && !appId) throw new DomainError('invalid_param', 'incorrect workflow_tool_id or workflow_app_id')
    const found = await platform.tools.workflow.get(scope, toolId ? { toolId } : { appId: appId ?? '' })
    const { provider, declaration, labels: names, isSynced } = found
    return {
      name: provider.name,
      label: provider.label,
      workflow_tool_id: provider.id,
      workflow_app_id: provider.appId,
      icon: provider.icon,
      description: provider.description,
      parameters: provider.parameters,
      tool: showTool(declaration, names, { isListed: false }),
      synced: isSynced,
      privacy_policy: provider.privacyPolicy,
    }
  },
})

const tools = defineRoute({
  method: 'GET',
  path: `${PATH}/tools`,
  auth: 'account',
  summary: 'The tool that a workflow is',
  query: z.object({ workflow_tool_id: z.guid() }),
  async handler({ platform, scope, query }) {
    const { declaration, labels: names } = await platform.tools.workflow.get(scope, { toolId: query.workflow_tool_id })
    return [showTool(declaration, names, { isListed: false })]
  },
})

export const workflowToolRoutes = [create, update, remove, get, tools]
