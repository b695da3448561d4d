import type { ValueMap } from '@weft/contracts'
import {
  type ActiveRun,
  Answer,
  type Audience,
  type ChatTurn,
  type ClientEvent,
  chatFactsOf,
  clientEventsOf,
  DomainError,
  finalAnswerOf,
  type GraphError,
  messageMetadata,
  type RunObservation,
  taskIdOf,
} from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type StreamedEvent, streamEvents } from './event-stream.ts'

/** Where links that this answer holds begin. */
export function originOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`
}

export interface StreamRunOptions {
  platform: Platform
  request: FastifyRequest
  reply: FastifyReply
  audience: Audience
  /** The last event the client has. */
  after?: string
  /** What has to be over before the stream ends, such as the naming of the conversation. */
  epilogue?: Promise<unknown>
}

/** Streams a run to its end. A client that leaves does not end it. */
export async function streamRun(observation: RunObservation, options: StreamRunOptions): Promise<void> {
  const { platform, request, reply, audience, after, epilogue } = options
  const events = clientEventsOf(observation, {
    truncation: platform.settings.execution.truncation,
    signFile: file => platform.files.resign(file, originOf(request), observation.memo.run.tenantId),
    audience,
    nodeExtras: (node, run) => platform.tools.runtime.nodeExtras(node, run),
    ...(after ? { after } : {}),
  })
  await streamEvents(reply, () => withEpilogue(events, epilogue))
}

async function* withEpilogue(events: AsyncIterable<ClientEvent>, epilogue: Promise<unknown> | undefined): AsyncIterable<StreamedEvent> {
  yield* events
  await epilogue
}

/** A run that cannot begin: one `error` event, as Dify streams it. */
export async function streamGraphError(reply: FastifyReply, error: GraphError, head: ValueMap = {}): Promise<void> {
  await streamEvents(reply, async function* () {
    yield { data: { event: 'error', workflow_run_id: null, ...head, code: 'invalid_param', message: error.message, status: 400 } }
  })
}

/** Waits for a workflow run and gives its answer. */
export async function awaitWorkflowRun(platform: Platform, run: ActiveRun, request: FastifyRequest): Promise<ValueMap> {
  const observation = platform.runs.service.observeActive(run)
  if ((await run.done) !== 'finished') await finalAnswerOf(observation)
  const { started, finished } = observation.state
  if (!finished || !started) throw new Error(`run ${run.runId} ended without an end`)
  const { runId, workflowId } = run.plan.context
  const sign = (file: ValueMap) => platform.files.resign(file, originOf(request), run.plan.context.tenantId)
  return {
    task_id: taskIdOf(runId),
    workflow_run_id: runId,
    data: {
      id: runId,
      workflow_id: workflowId,
      status: finished.status,
      outputs: platform.runs.signFiles(finished.outputs, sign),
      error: finished.error,
      elapsed_time: (finished.at - started.at) / 1000,
      total_tokens: finished.totalTokens,
      total_steps: finished.totalSteps,
      created_at: Math.floor(started.at / 1000),
      finished_at: Math.floor(finished.at / 1000),
    },
  }
}

/** Waits for a chat turn and gives its answer. @throws DomainError where the run failed */
export async function awaitChatTurn(platform: Platform, turn: ChatTurn, mode: string): Promise<ValueMap> {
  const showAnswer = (task_id: string, answer: string, metadata: ValueMap, created_at: number): ValueMap => ({
    event: 'message',
    task_id,
    id: turn.messageId,
    message_id: turn.messageId,
    conversation_id: turn.conversationId,
    mode,
    answer,
    metadata,
    created_at,
  })
  if (turn.kind === 'direct') return showAnswer(turn.taskId, turn.text, turn.metadata, turn.createdAt)
  const observation = platform.runs.service.observeActive(turn.run)
  const answer = new Answer(chatFactsOf(observation.memo.features)?.moderation)
  for await (const entries of observation.entries) for (const entry of entries) answer.add(entry.event, entry.text)
  if (answer.hasFailed) throw new DomainError('invalid_param', `Run failed: ${answer.error}`)
  const createdAt = Math.floor((observation.state.started?.at ?? 0) / 1000)
  return showAnswer(taskIdOf(turn.run.runId), answer.text, messageMetadata(answer), createdAt)
}
