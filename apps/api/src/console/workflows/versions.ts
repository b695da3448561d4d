import { DomainError } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { id, integer, queryBoolean, text } from '../../http/fields.ts'
import { ResponseError } from '../../http/response-error.ts'
import { secondsOf } from '../../http/seconds.ts'
import { sendNothing } from '../../http/send-nothing.ts'
import { appParams } from '../apps/apps.ts'
import { GRAPH_MODES } from './modes.ts'
import { NO_WORKFLOW, showWorkflow, workflowShape } from './shapes.ts'

const labelFields = { marked_name: text().nullish(), marked_comment: text().nullish() }
const versionParams = z.object({ appId: id(), workflowId: id() })

function labelOf({
  marked_name: name,
  marked_comment: comment,
}: {
  marked_name?: string | null | undefined
  marked_comment?: string | null | undefined
}) {
  if (name && name.length > 20) throw new DomainError('invalid_param', 'Marked name cannot exceed 20 characters')
  if (comment && comment.length > 100) throw new DomainError('invalid_param', 'Marked comment cannot exceed 100 characters')
  return { ...(typeof name === 'string' ? { markedName: name } : {}), ...(typeof comment === 'string' ? { markedComment: comment } : {}) }
}

const readPublished = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/publish',
  auth: 'account',
  permission: 'editor',
  summary: 'The version that an app runs',
  params: appParams,
  response: workflowShape,
  async handler({ platform, scope, params }) {
    const app = await platform.apps.catalogue.find(scope, params.appId, GRAPH_MODES)
    if (!app.workflowId) return NO_WORKFLOW
    const workflow = await platform.workflows.store.published(scope, app)
    const isTool = await platform.tools.workflow.isPublished(scope, app.id)
    return showWorkflow(workflow, await platform.workflows.editing.authorsOf([workflow]), isTool)
  },
})

const publish = defineRoute({
  method: 'POST',
  path: '/apps/:appId/workflows/publish',
  auth: 'account',
  permission: 'editor',
  summary: 'Publish the draft',
  params: appParams,
  body: z.object(labelFields),
  response: z.object({ result: z.literal('success'), created_at: z.int() }),
  async handler({ platform, scope, account, params, body }) {
    const label = labelOf(body)
    const app = await platform.apps.catalogue.find(scope, params.appId, GRAPH_MODES)
    const version = await platform.workflows.editing.publish(scope, account.id, app, label)
    return { result: 'success', created_at: secondsOf(version.createdAt) }
  },
})

const listVersions = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows',
  auth: 'account',
  permission: 'editor',
  summary: 'The draft and the published versions',
  params: appParams,
  query: z.object({
    page: integer({ min: 1, max: 99_999 }).nullish(),
    limit: integer({ min: 1, max: 100 }).nullish(),
    user_id: text().nullish(),
    named_only: queryBoolean().nullish(),
  }),
  response: z.object({ items: z.array(workflowShape), page: z.int(), limit: z.int(), has_more: z.boolean() }),
  async handler({ platform, scope, account, params, query }) {
    const { page, limit } = { page: query.page ?? 1, limit: query.limit ?? 20 }
    const app = await platform.apps.catalogue.find(scope, params.appId, GRAPH_MODES)
    if (query.user_id && query.user_id !== account.id) throw new DomainError('forbidden')
    const { editing } = platform.workflows
    const { items, hasMore } = await editing.versions(scope, app, {
      page,
      limit,
      createdBy: query.user_id || undefined,
      isNamed: query.named_only ?? false,
    })
    const authors = await editing.authorsOf(items)
    const isTool = await platform.tools.workflow.isPublished(scope, app.id)
    return { items: items.map(item => showWorkflow(item, authors, isTool)), page, limit, has_more: hasMore }
  },
})

const labelVersion = defineRoute({
  method: 'PATCH',
  path: '/apps/:appId/workflows/:workflowId',
  auth: 'account',
  permission: 'editor',
  summary: 'Name a version',
  params: versionParams,
  body: z.object(labelFields),
  response: workflowShape,
  async handler({ platform, scope, account, params, body }) {
    const app = await platform.apps.catalogue.find(scope, params.appId, GRAPH_MODES)
    const label = labelOf(body)
    if (!Object.keys(label).length) throw new ResponseError(400, { message: 'No valid fields to update' })
    const workflow = await platform.workflows.editing.label(scope, account.id, app, params.workflowId, label)
    const isTool = await platform.tools.workflow.isPublished(scope, app.id)
    return showWorkflow(workflow, await platform.workflows.editing.authorsOf([workflow]), isTool)
  },
})

const deleteVersion = defineRoute({
  method: 'DELETE',
  path: '/apps/:appId/workflows/:workflowId',
  auth: 'account',
  permission: 'editor',
  summary: 'Delete a version that is not in use',
  params: versionParams,
  status: 204,
  async handler({ platform, scope, params, reply }) {
    const app = await platform.apps.catalogue.find(scope, params.appId, GRAPH_MODES)
    await platform.workflows.editing.delete(scope, app, params.workflowId)
    return sendNothing(reply)
  },
})

export const versionRoutes = [readPublished, publish, listVersions, labelVersion, deleteVersion]
