import type { Value, ValueMap } from '@weft/contracts'
import {
  type ActiveRun,
  type ChatTurn,
  DomainError,
  GraphError,
  NO_PARENT,
  nodeExecutionOf,
  startNodeRun,
  startWorkflowRun,
  type TenantScope,
} from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { streamEvents } from '../../http/event-stream.ts'
import { id, text } from '../../http/fields.ts'
import { originOf, streamGraphError, streamRun } from '../../http/run-answers.ts'
import { conversationId } from '../../service/chat.ts'
import { files, inputs } from '../../service/workflow-runs.ts'
import { appParams, graphApp, runnerOf, showCreator } from './console-app.ts'

const nodeParams = z.object({ appId: id(), nodeId: z.string() })

interface Streaming {
  platform: Platform
  request: FastifyRequest
  reply: FastifyReply
}

/** Streams a run of a draft; what its nodes gave is kept before the stream ends. */
async function streamDraft(streaming: Streaming, scope: TenantScope, run: ActiveRun): Promise<void> {
  const { platform } = streaming
  const kept = keepWhenOver(platform, scope, run)
  await streamRun(platform.runs.service.observeActive(run), { ...streaming, audience: 'full', epilogue: kept })
}

async function keepWhenOver(platform: Platform, scope: TenantScope, run: ActiveRun): Promise<void> {
  if ((await run.done) !== 'finished') return
  const { appId, userId } = run.plan.context
  await platform.draftVariables
    .keep(scope, appId, userId, run.state)
    .catch(error => platform.logger.error({ err: error, runId: run.runId }, 'draft variables were not kept'))
}

async function orGraphError(reply: FastifyReply, start: () => Promise<void>): Promise<void> {
  try {
    await start()
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    await streamGraphError(reply, error)
  }
}

const runDraft = defineRoute({
  method: 'POST',
  path: '/apps/:appId/workflows/draft/run',
  auth: 'account',
  permission: 'editor',
  summary: 'Run the draft of a workflow',
  params: appParams,
  body: z.object({ inputs, files }),
  async handler({ platform, scope, account, params, body, request, reply }) {
    const app = await graphApp(platform, scope, params.appId, ['workflow'])
    const workflow = await platform.workflows.store.draft(scope, app.id)
    await orGraphError(reply, async () => {
      const run = await startWorkflowRun(platform.runs.preparation, {
        scope,
        app,
        workflow,
        user: runnerOf(account),
        inputs: body.inputs,
        files: body.files,
        invokeFrom: 'debugger',
        origin: originOf(request),
      })
      await streamDraft({ platform, request, reply }, scope, run)
    })
  },
})

const runChatDraft = defineRoute({
  method: 'POST',
  path: '/apps/:appId/advanced-chat/workflows/draft/run',
  auth: 'account',
  permission: 'editor',
  summary: 'Ask the draft of a chatflow',
  params: appParams,
  body: z.object({
    inputs: inputs.default({}),
    query: text(),
    files,
    conversation_id: conversationId,
    parent_message_id: z.guid().nullish(),
  }),
  async handler({ platform, scope, account, params, body, request, reply }) {
    const app = await graphApp(platform, scope, params.appId, ['advanced-chat'])
    if (!body.query) throw new DomainError('invalid_param', 'query is required')
    const workflow = await platform.workflows.store.draft(scope, app.id)
    await orGraphError(reply, async () => {
      const turn: ChatTurn = await platform.conversations.turns.start({
        scope,
        app,
        workflow,
        user: runnerOf(account),
        inputs: body.inputs,
        query: body.query,
        files: body.files,
        conversationId: body.conversation_id,
        parentMessageId: body.parent_message_id ?? (body.conversation_id ? NO_PARENT : null),
        invokeFrom: 'debugger',
        origin: originOf(request),
      })
      if (turn.kind === 'run') return streamDraft({ platform, request, reply }, scope, turn.run)
      const { events } = turn
      return streamEvents(reply, async function* () {
        yield* events
      })
    })
  },
})

const runNode = defineRoute({
  method: 'POST',
  path: '/apps/:appId/workflows/draft/nodes/:nodeId/run',
  auth: 'account',
  permission: 'editor',
  summary: 'Run one node of the draft',
  params: nodeParams,
  body: z.object({ inputs, query: z.string().nullish(), files }),
  async handler({ platform, scope, account, params, body, request }) {
    const app = await graphApp(platform, scope, params.appId)
    const workflow = await platform.workflows.store.draft(scope, app.id)
    const run = await startOrRefuse(() =>
      startNodeRun(platform.runs.preparation, platform.draftVariables, {
        scope,
        app,
        workflow,
        user: runnerOf(account),
        nodeId: params.nodeId,
        inputs: body.inputs,
        files: body.files,
        origin: originOf(request),
        ...(body.query ? { query: body.query } : {}),
      }),
    )
    await keepWhenOver(platform, scope, run)
    const execution = [...run.state.executions.values()].find(candidate => candidate.node.id === params.nodeId)
    if (!execution) throw new DomainError('invalid_param', run.state.finished?.error || 'The node did not run.')
    return showExecution(nodeExecutionOf(execution, run.state), account)
  },
})

async function startOrRefuse(start: () => Promise<ActiveRun>): Promise<ActiveRun> {
  try {
    return await start()
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    throw new DomainError('invalid_param', error.message, { cause: error })
  }
}

/** A node's execution as the console shows it, by whom. */
export function showExecution(record: ReturnType<typeof nodeExecutionOf>, account: Parameters<typeof showCreator>[0] | null) {
  return {
    ...record,
    created_by_role: account ? 'account' : 'end_user',
    created_by_account: account && showCreator(account),
    created_by_end_user: null,
    inputs_truncated: false,
    outputs_truncated: false,
    process_data_truncated: false,
  }
}

const lastRun = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/draft/nodes/:nodeId/last-run',
  auth: 'account',
  permission: 'editor',
  summary: 'What a node of the draft did last',
  params: nodeParams,
  async handler({ platform, scope, params }) {
    const app = await graphApp(platform, scope, params.appId)
    const { record, createdBy } = await platform.draftVariables.lastRun(scope, app.id, params.nodeId)
    const [creator] = await platform.runs.logs.accounts([createdBy])
    return showExecution(record, creator ?? null)
  },
})

const containerBody = z.object({ inputs: inputs.default({}) })

const containerRuns = ['', '/advanced-chat'].flatMap(prefix =>
  ['iteration', 'loop'].map(kind =>
    defineRoute({
      method: 'POST',
      path: `/apps/:appId${prefix}/workflows/draft/${kind}/nodes/:nodeId/run`,
      auth: 'account',
      permission: 'editor',
      summary: `Run an ${kind} of the draft by itself`,
      params: nodeParams,
      body: containerBody,
      async handler({ platform, scope, account, params, body, request, reply }) {
        const app = await graphApp(platform, scope, params.appId, [prefix ? 'advanced-chat' : 'workflow'])
        const workflow = await platform.workflows.store.draft(scope, app.id)
        await orGraphError(reply, async () => {
          const run = await startNodeRun(platform.runs.preparation, platform.draftVariables, {
            scope,
            app: { id: app.id, mode: 'workflow' },
            workflow,
            user: runnerOf(account),
            nodeId: params.nodeId,
            inputs: body.inputs as ValueMap,
            files: [] as Value[],
            origin: originOf(request),
          })
          await streamDraft({ platform, request, reply }, scope, run)
        })
      },
    }),
  ),
)

export const draftRunRoutes = [runDraft, runChatDraft, runNode, lastRun, ...containerRuns]
