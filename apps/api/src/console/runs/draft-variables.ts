import { publicTypeName, segmentTypeOf, stringifyJson, type Value } from '@weft/contracts'
import { DomainError, type DraftVariable } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { id, integer } from '../../http/fields.ts'
import { appParams, graphApp } from './console-app.ts'

const variableParams = z.object({ appId: id(), variableId: id() })
const nodeParams = z.object({ appId: id(), nodeId: z.string() })

function showVariable(variable: DraftVariable, hasValue = true) {
  const isSystem = variable.nodeId === 'sys'
  return {
    id: variable.id,
    type: isSystem ? 'sys' : variable.nodeId === 'conversation' ? 'conversation' : 'node',
    name: variable.name,
    description: variable.description,
    selector: [variable.nodeId, variable.name],
    value_type: variable.valueType,
    edited: variable.isEdited,
    visible: variable.isVisible,
    is_truncated: false,
    ...(hasValue ? { value: variable.value, full_content: null } : {}),
  }
}

const list = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/draft/variables',
  auth: 'account',
  permission: 'editor',
  summary: "The draft's variables, without values",
  params: appParams,
  query: z.object({ page: integer({ min: 1, max: 100_000 }).default(1), limit: integer({ min: 1, max: 100 }).default(20) }),
  async handler({ platform, scope, params, query }) {
    const app = await graphApp(platform, scope, params.appId)
    const { total, variables } = await platform.draftVariables.list(scope, app.id, query)
    return { items: variables.map(variable => showVariable(variable, false)), total }
  },
})

const listOfNode = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/draft/nodes/:nodeId/variables',
  auth: 'account',
  permission: 'editor',
  summary: 'What a node of the draft gave last',
  params: nodeParams,
  async handler({ platform, scope, params }) {
    const app = await graphApp(platform, scope, params.appId)
    const { variables } = await platform.draftVariables.list(scope, app.id, { nodeId: params.nodeId })
    return { items: variables.filter(variable => variable.isVisible).map(variable => showVariable(variable)) }
  },
})

const listSystem = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/draft/system-variables',
  auth: 'account',
  permission: 'editor',
  summary: "The draft's system variables",
  params: appParams,
  async handler({ platform, scope, params }) {
    const app = await graphApp(platform, scope, params.appId)
    const { variables } = await platform.draftVariables.list(scope, app.id, { nodeId: 'sys' })
    return { items: variables.map(variable => showVariable(variable)) }
  },
})

const listConversation = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/draft/conversation-variables',
  auth: 'account',
  permission: 'editor',
  summary: "The draft's conversation variables",
  params: appParams,
  async handler({ platform, scope, params }) {
    const app = await graphApp(platform, scope, params.appId)
    const draft = await platform.workflows.store.draft(scope, app.id)
    const { variables } = await platform.draftVariables.list(scope, app.id, { nodeId: 'conversation' })
    const stored = new Map(variables.map(variable => [variable.name, variable]))
    return {
      items: draft.conversationVariables.map(definition => {
        const known = stored.get(definition.name)
        if (known) return { ...showVariable(known), description: definition.description }
        return {
          id: definition.id,
          type: 'conversation',
          name: definition.name,
          description: definition.description,
          selector: ['conversation', definition.name],
          value_type: publicTypeName(segmentTypeOf(definition.value)),
          edited: false,
          visible: true,
          is_truncated: false,
          value: definition.value,
          full_content: null,
        }
      }),
    }
  },
})

const listEnvironment = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/draft/environment-variables',
  auth: 'account',
  permission: 'editor',
  summary: "The draft's environment variables, secrets in plain text",
  params: appParams,
  async handler({ platform, scope, params }) {
    const app = await graphApp(platform, scope, params.appId)
    const draft = await platform.workflows.store.draft(scope, app.id)
    const { environment } = await platform.runs.openEnvironment(scope, draft)
    return {
      items: draft.environmentVariables.map(variable => ({
        id: variable.id,
        type: 'env',
        name: variable.name,
        description: variable.description,
        selector: ['env', variable.name],
        value_type: variable.value_type === 'integer' || variable.value_type === 'float' ? 'number' : variable.value_type,
        value: environment[variable.name] ?? null,
        edited: false,
        visible: true,
        editable: true,
      })),
    }
  },
})

const show = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/draft/variables/:variableId',
  auth: 'account',
  permission: 'editor',
  summary: 'A variable of the draft',
  params: variableParams,
  async handler({ platform, scope, params }) {
    const app = await graphApp(platform, scope, params.appId)
    return showVariable(await platform.draftVariables.get(scope, app.id, params.variableId))
  },
})

const change = defineRoute({
  method: 'PATCH',
  path: '/apps/:appId/workflows/draft/variables/:variableId',
  auth: 'account',
  permission: 'editor',
  summary: 'Change a variable of the draft',
  params: variableParams,
  body: z.object({ name: z.string().nullish(), value: z.unknown() }),
  async handler({ platform, scope, params, body }) {
    const app = await graphApp(platform, scope, params.appId)
    const value = body.value as Value | undefined
    if (value !== undefined && stringifyJson(value).length > 1_000_000)
      throw new DomainError('invalid_param', 'value must be at most 1 MB of JSON')
    return showVariable(await platform.draftVariables.change(scope, app.id, params.variableId, { name: body.name ?? undefined, value }))
  },
})

const reset = defineRoute({
  method: 'PUT',
  path: '/apps/:appId/workflows/draft/variables/:variableId/reset',
  auth: 'account',
  permission: 'editor',
  summary: 'Take the edits of a variable back',
  params: variableParams,
  async handler({ platform, scope, params, reply }) {
    const app = await graphApp(platform, scope, params.appId)
    const variable = await platform.draftVariables.reset(scope, app.id, params.variableId)
    return variable ? showVariable(variable) : reply.code(204).send()
  },
})

const remove = defineRoute({
  method: 'DELETE',
  path: '/apps/:appId/workflows/draft/variables/:variableId',
  auth: 'account',
  permission: 'editor',
  summary: 'Delete a variable of the draft',
  params: variableParams,
  status: 204,
  async handler({ platform, scope, params, reply }) {
    const app = await graphApp(platform, scope, params.appId)
    await platform.draftVariables.get(scope, app.id, params.variableId)
    await platform.draftVariables.delete(scope, app.id, { id: params.variableId })
    return reply.code(204).send()
  },
})

const removeAll = defineRoute({
  method: 'DELETE',
  path: '/apps/:appId/workflows/draft/variables',
  auth: 'account',
  permission: 'editor',
  summary: "Delete all of the draft's variables",
  params: appParams,
  status: 204,
  async handler({ platform, scope, params, reply }) {
    const app = await graphApp(platform, scope, params.appId)
    await platform.draftVariables.delete(scope, app.id)
    return reply.code(204).send()
  },
})

const removeOfNode = defineRoute({
  method: 'DELETE',
  path: '/apps/:appId/workflows/draft/nodes/:nodeId/variables',
  auth: 'account',
  permission: 'editor',
  summary: 'Delete what a node gave',
  params: nodeParams,
  status: 204,
  async handler({ platform, scope, params, reply }) {
    const app = await graphApp(platform, scope, params.appId)
    await platform.draftVariables.delete(scope, app.id, { nodeId: params.nodeId })
    return reply.code(204).send()
  },
})

export const draftVariableRoutes = [
  list,
  listOfNode,
  listSystem,
  listConversation,
  listEnvironment,
  show,
  change,
  reset,
  remove,
  removeAll,
  removeOfNode,
]
