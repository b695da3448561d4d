import { pythonJson, type Value, type ValueMap } from '@weft/contracts'
import {
  type ActiveRun,
  type App,
  DomainError,
  GraphError,
  type RunLog,
  type RunRecord,
  runIdOf,
  startWorkflowRun,
  type TenantScope,
  taskIdOf,
} from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { id, integer } from '../http/fields.ts'
import { awaitWorkflowRun, originOf, streamGraphError, streamRun } from '../http/run-answers.ts'
import { secondsOf } from '../http/seconds.ts'
import { endUserOf, requireMode, runnerOf } from './caller.ts'
import { chatEvent, identifier, moment, paged, success, values, workflowEvent } from './shapes.ts'

export const inputs = z.record(z.string(), z.unknown()).transform(value => value as ValueMap)
export const files = z
  .array(z.unknown())
  .nullish()
  .transform(value => (value ?? []) as Value[])

const runBody = z.object({
  inputs,
  files,
  response_mode: z.enum(['blocking', 'streaming']).optional(),
  user: z.string().nullish(),
})

const runStatus = z.enum(['running', 'succeeded', 'failed', 'stopped', 'partial-succeeded'])

const runAnswer = z.object({
  task_id: identifier,
  workflow_run_id: identifier,
  data: z.object({
    id: identifier,
    workflow_id: identifier,
    status: runStatus,
    outputs: values.nullable(),
    error: z.string().nullable(),
    elapsed_time: z.number(),
    total_tokens: z.int(),
    total_steps: z.int(),
    created_at: moment,
    finished_at: moment,
  }),
})

interface RunCall {
  platform: Platform
  scope: TenantScope
  app: App
  body: z.output<typeof runBody>
  request: FastifyRequest
  reply: FastifyReply
}

async function run({ platform, scope, app, body, request, reply }: RunCall, workflowId?: string): Promise<unknown> {
  const user = await endUserOf(platform, scope, app, body.user)
  requireMode(app, ['workflow'], 'not_workflow_app')
  const workflow = await platform.workflows.store.published(scope, app, workflowId)
  await platform.runs.checkConcurrency(scope, app)
  let active: ActiveRun
  try {
    active = await startWorkflowRun(platform.runs.preparation, {
      scope,
      app,
      workflow,
      user: runnerOf(user),
      inputs: body.inputs,
      files: body.files,
      invokeFrom: 'service-api',
      origin: originOf(request),
    })
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    if (body.response_mode === 'streaming') return streamGraphError(reply, error)
    throw new DomainError('invalid_param', error.message, { cause: error })
  }
  if (body.response_mode !== 'streaming') return awaitWorkflowRun(platform, active, request)
  return streamRun(platform.runs.service.observeActive(active), { platform, request, reply, audience: 'full' })
}

const runPublished = defineRoute({
  method: 'POST',
  path: '/workflows/run',
  auth: 'app',
  summary: 'Run the published workflow',
  body: runBody,
  response: runAnswer,
  events: workflowEvent,
  handler: call => run(call),
})

const runVersion = defineRoute({
  method: 'POST',
  path: '/workflows/:workflowId/run',
  auth: 'app',
  summary: 'Run a published version of the workflow',
  body: runBody,
  response: runAnswer,
  events: workflowEvent,
  handler: call => run(call, call.params.workflowId),
})

const stopRun = defineRoute({
  method: 'POST',
  path: '/workflows/tasks/:taskId/stop',
  auth: 'app',
  summary: 'Stop a run',
  body: z.object({ user: z.string().nullish() }),
  response: success,
  async handler({ platform, scope, app, params, body }) {
    await endUserOf(platform, scope, app, body.user)
    requireMode(app, ['workflow'], 'not_workflow_app')
    await stopTask(platform, scope, app, params.taskId ?? '')
    return { result: 'success' }
  },
})

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Stops what the task id names, if it is the app's and, where a user is given, theirs. */
export async function stopTask(platform: Platform, scope: TenantScope, app: App, taskId: string, userId?: string): Promise<void> {
  if (!UUID.test(taskId)) return
  const runId = runIdOf(taskId)
  const run = await platform.runs.describe(scope, runId)
  if (run?.appId !== app.id || (userId !== undefined && run.userId !== userId)) return
  await platform.runs.service.stop(scope, runId)
}

const runDetail = defineRoute({
  method: 'GET',
  path: '/workflows/run/:runId',
  auth: 'app',
  summary: 'What became of a run',
  params: z.object({ runId: id() }),
  response: z.object({
    id: identifier,
    workflow_id: identifier,
    status: runStatus,
    inputs: z.string().meta({ description: 'JSON text' }),
    outputs: z.string().nullable().meta({ description: 'JSON text' }),
    error: z.string().nullable(),
    total_steps: z.int(),
    total_tokens: z.int(),
    created_at: moment,
    finished_at: moment.nullable(),
    elapsed_time: z.number(),
  }),
  async handler({ platform, scope, app, params }) {
    requireMode(app, ['workflow', 'advanced-chat'], 'not_workflow_app')
    const found = await platform.runs.service.store.find(scope, params.runId)
    if (!found || found.appId !== app.id) throw new DomainError('not_found', 'Workflow run not found.')
    return {
      id: found.id,
      workflow_id: found.workflowId,
      status: found.status,
      inputs: pythonJson(found.inputs),
      outputs: found.outputs ? pythonJson(found.outputs) : null,
      error: found.error || null,
      total_steps: found.totalSteps,
      total_tokens: found.totalTokens,
      created_at: secondsOf(found.createdAt),
      finished_at: secondsOf(found.finishedAt),
      elapsed_time: found.elapsedTime,
    }
  },
})

/** @throws DomainError where the text is no time of our calendar */
function timeOf(value: string | null | undefined): Date | undefined {
  if (!value) return undefined
  const time = new Date(value)
  const year = time.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw new DomainError('invalid_param', `${value} is not a valid time; write it as 2025-10-01T08:00:00Z`)
  return time
}

export const logQuery = z.object({
  keyword: z.string().nullish(),
  status: z.enum(['succeeded', 'failed', 'stopped']).nullish(),
  created_at__before: z.string().nullish(),
  created_at__after: z.string().nullish(),
  created_by_end_user_session_id: z.string().nullish(),
  created_by_account: z.string().nullish(),
  page: integer({ min: 1, max: 99_999 }).default(1),
  limit: integer({ min: 1, max: 100 }).default(20),
})

const runLog = z.object({
  id: identifier,
  workflow_run: z.object({
    id: identifier,
    version: z.string(),
    status: runStatus,
    error: z.string().nullable(),
    elapsed_time: z.number(),
    total_tokens: z.int(),
    total_steps: z.int(),
    created_at: moment,
    finished_at: moment.nullable(),
    exceptions_count: z.int(),
  }),
  created_from: z.string(),
  created_by_role: z.enum(['account', 'end_user']),
  created_by_account: z.object({ id: identifier, name: z.string(), email: z.string() }).nullable(),
  created_by_end_user: z.object({ id: identifier, type: z.string(), is_anonymous: z.boolean(), session_id: z.string() }).nullable(),
  created_at: moment,
})

const runLogs = defineRoute({
  method: 'GET',
  path: '/workflows/logs',
  auth: 'app',
  summary: 'Finished runs of the workflow',
  query: logQuery,
  response: paged(runLog),
  async handler({ platform, scope, app, query }) {
    return searchLogs(platform, scope, app, query)
  },
})

type LogQuery = Omit<z.output<typeof logQuery>, 'status'> & { status?: RunRecord['status'] | null }

export async function searchLogs(platform: Platform, scope: TenantScope, app: App, query: LogQuery) {
  const [after, before] = [timeOf(query.created_at__after), timeOf(query.created_at__before)]
  const { total, logs } = await platform.runs.logs.search(scope, app.id, {
    ...(query.keyword ? { keyword: query.keyword } : {}),
    ...(query.status ? { status: query.status } : {}),
    ...(after ? { after } : {}),
    ...(before ? { before } : {}),
    ...(query.created_by_end_user_session_id ? { endUserSessionId: query.created_by_end_user_session_id } : {}),
    ...(query.created_by_account ? { accountEmail: query.created_by_account } : {}),
    page: query.page,
    limit: query.limit,
  })
  return { page: query.page, limit: query.limit, total, has_more: total > query.page * query.limit, data: logs.map(showLog) }
}

const CREATED_FROM: Record<string, string> = { 'service-api': 'service-api', 'web-app': 'web-app', explore: 'installed-app' }

function showLog({ run, endUser, account }: RunLog) {
  return {
    id: logIdOf(run.id),
    workflow_run: {
      id: run.id,
      version: run.version,
      status: run.status,
      error: run.error || null,
      elapsed_time: run.elapsedTime,
      total_tokens: run.totalTokens,
      total_steps: run.totalSteps,
      created_at: secondsOf(run.createdAt),
      finished_at: secondsOf(run.finishedAt),
      exceptions_count: run.exceptionsCount,
    },
    created_from: CREATED_FROM[run.invokeFrom] ?? run.invokeFrom,
    created_by_role: run.createdByRole,
    created_by_account: account,
    created_by_end_user: endUser && { id: endUser.id, type: endUser.type, is_anonymous: false, session_id: endUser.sessionId },
    created_at: secondsOf(run.finishedAt ?? run.createdAt),
  }
}

/** A log entry has an id of its own, made from its run's. */
function logIdOf(runId: string): string {
  return taskIdOf(runId).replace(/.$/, last => (last === '0' ? '1' : '0'))
}

const taskEvents = defineRoute({
  method: 'GET',
  path: '/tasks/:taskId/events',
  auth: 'app',
  summary: 'Come back to a stream: what was missed, then the live rest',
  query: z.object({
    user: z.string().nullish(),
    after: z.string().nullish().meta({ description: 'The last event that came, where no `Last-Event-ID` says it' }),
  }),
  events: z.union([chatEvent, workflowEvent]),
  async handler({ platform, scope, app, params, query, request, reply }) {
    const user = await endUserOf(platform, scope, app, query.user)
    const taskId = params.taskId ?? ''
    const observation = UUID.test(taskId) ? await platform.runs.service.observe(scope, runIdOf(taskId)) : undefined
    if (!observation || observation.memo.run.appId !== app.id || observation.memo.run.userId !== user.id) {
      throw new DomainError('not_found', 'There is no such task of this user.')
    }
    const last = request.headers['last-event-id'] ?? query.after
    return streamRun(observation, { platform, request, reply, audience: 'full', ...(last ? { after: String(last) } : {}) })
  },
})

export const workflowRunRoutes = [runPublished, runVersion, stopRun, runDetail, runLogs, taskEvents]
