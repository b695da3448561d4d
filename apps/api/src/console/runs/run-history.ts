import { type App, DomainError, nodeExecutionsOf, type RunLog, type RunRecord, type TenantScope, taskIdOf } from '@weft/core'
import type { Platform } from '@weft/platform'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { id, integer } from '../../http/fields.ts'
import { streamRun } from '../../http/run-answers.ts'
import { secondsOf } from '../../http/seconds.ts'
import { logQuery, searchLogs, stopTask } from '../../service/workflow-runs.ts'
import { appParams, graphApp, showCreator } from './console-app.ts'

const runParams = z.object({ appId: id(), runId: id() })

const listQuery = z.object({ last_id: z.guid().nullish(), limit: integer({ min: 1, max: 100 }).default(20) })

const listRuns = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflow-runs',
  auth: 'account',
  summary: 'Runs of the draft, newest first',
  params: appParams,
  query: listQuery,
  handler: async ({ platform, scope, params, query }) =>
    list(platform, scope, await graphApp(platform, scope, params.appId), query, () => ({})),
})

const listChatRuns = defineRoute({
  method: 'GET',
  path: '/apps/:appId/advanced-chat/workflow-runs',
  auth: 'account',
  summary: 'Turns of the chatflow draft, newest first',
  params: appParams,
  query: listQuery,
  handler: async ({ platform, scope, params, query }) =>
    list(platform, scope, await graphApp(platform, scope, params.appId, ['advanced-chat']), query, run => ({
      conversation_id: run.conversationId,
      message_id: run.messageId,
    })),
})

async function list(platform: Platform, scope: TenantScope, app: App, query: z.output<typeof listQuery>, more: (run: RunRecord) => object) {
  const page = await platform.runs.logs.recent(scope, app.id, { limit: query.limit, ...(query.last_id ? { lastId: query.last_id } : {}) })
  return {
    limit: query.limit,
    has_more: page.hasMore,
    data: page.logs.map(({ run, account }) => ({
      id: run.id,
      ...more(run),
      version: run.version,
      status: run.status,
      elapsed_time: run.elapsedTime,
      total_tokens: run.totalTokens,
      total_steps: run.totalSteps,
      created_by_account: account,
      created_at: secondsOf(run.createdAt),
      finished_at: secondsOf(run.finishedAt),
      exceptions_count: run.exceptionsCount,
      retry_index: null,
    })),
  }
}

const showRun = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflow-runs/:runId',
  auth: 'account',
  summary: 'A run in full, with the graph it ran',
  params: runParams,
  async handler({ platform, scope, params }) {
    const { run, account, endUser } = await runOf(platform, scope, params)
    return {
      id: run.id,
      version: run.version,
      graph: await platform.runs.service.store.graph(scope, run.graphHash),
      inputs: run.inputs,
      inputs_truncated: false,
      status: run.status,
      outputs: run.outputs,
      outputs_truncated: false,
      error: run.error || null,
      elapsed_time: run.elapsedTime,
      total_tokens: run.totalTokens,
      total_steps: run.totalSteps,
      created_by_role: run.createdByRole,
      created_by_account: account,
      created_by_end_user: endUser && { id: endUser.id, type: endUser.type, is_anonymous: false, session_id: endUser.sessionId },
      created_at: secondsOf(run.createdAt),
      finished_at: secondsOf(run.finishedAt),
      exceptions_count: run.exceptionsCount,
      task_id: taskIdOf(run.id),
    }
  },
})

async function runOf(platform: Platform, scope: TenantScope, params: z.output<typeof runParams>): Promise<RunLog> {
  const app = await graphApp(platform, scope, params.appId)
  const run = await platform.runs.service.store.find(scope, params.runId)
  if (!run || run.appId !== app.id) throw new DomainError('not_found', 'Workflow run not found')
  const [log] = await platform.runs.logs.withCreators(scope, [run])
  if (!log) throw new DomainError('not_found', 'Workflow run not found')
  return log
}

const listExecutions = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflow-runs/:runId/node-executions',
  auth: 'account',
  summary: "What a run's nodes did",
  params: runParams,
  async handler({ platform, scope, params }) {
    const { run, account, endUser } = await runOf(platform, scope, params)
    const state = await platform.runs.service.stateOf(scope, run)
    const creator = {
      created_by_role: run.createdByRole,
      created_by_account: account && showCreator(account),
      created_by_end_user: endUser && { id: endUser.id, type: endUser.type, is_anonymous: false, session_id: endUser.sessionId },
      inputs_truncated: false,
      outputs_truncated: false,
      process_data_truncated: false,
    }
    return { data: nodeExecutionsOf(state).map(record => ({ ...record, ...creator })) }
  },
})

const watchRun = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflow-runs/:runId/events',
  auth: 'account',
  summary: "A run's stream from its beginning, or after the event that is named",
  params: runParams,
  query: z.object({ after: z.string().nullish() }),
  async handler({ platform, scope, params, query, request, reply }) {
    await runOf(platform, scope, params)
    const observation = await platform.runs.service.observe(scope, params.runId)
    if (!observation) throw new DomainError('not_found', 'Workflow run not found')
    const after = request.headers['last-event-id'] ?? query.after
    return streamRun(observation, { platform, request, reply, audience: 'full', ...(after ? { after: String(after) } : {}) })
  },
})

const stopRun = defineRoute({
  method: 'POST',
  path: '/apps/:appId/workflow-runs/tasks/:taskId/stop',
  auth: 'account',
  permission: 'editor',
  summary: 'Stop a run',
  params: z.object({ appId: id(), taskId: z.string() }),
  async handler({ platform, scope, params }) {
    const app = await graphApp(platform, scope, params.appId)
    await stopTask(platform, scope, app, params.taskId)
    return { result: 'success' }
  },
})

const appLogs = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflow-app-logs',
  auth: 'account',
  summary: 'Runs of the published workflow',
  params: appParams,
  query: logQuery.extend({ status: z.enum(['succeeded', 'failed', 'stopped', 'partial-succeeded']).nullish() }),
  handler: async ({ platform, scope, params, query }) =>
    searchLogs(platform, scope, await graphApp(platform, scope, params.appId, ['workflow']), query),
})

export const runHistoryRoutes = [listRuns, listChatRuns, showRun, listExecutions, watchRun, stopRun, appLogs]
