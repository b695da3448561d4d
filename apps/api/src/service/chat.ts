import { type ChatTurn, DomainError, GraphError, NO_PARENT } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { streamEvents } from '../http/event-stream.ts'
import { awaitChatTurn, originOf, streamGraphError, streamRun } from '../http/run-answers.ts'
import { CHAT_MODES, endUserOf, refuseEasyMode, requireMode, runnerOf } from './caller.ts'
import { chatAnswer, chatEvent, success } from './shapes.ts'
import { files, inputs, stopTask } from './workflow-runs.ts'

/** A conversation's id; an empty text names none. */
export const conversationId = z
  .union([z.literal(''), z.guid()])
  .nullish()
  .transform(value => value || undefined)

const chatBody = z.object({
  inputs,
  query: z.string(),
  files,
  response_mode: z.enum(['blocking', 'streaming']).optional(),
  conversation_id: conversationId,
  auto_generate_name: z.boolean().default(true),
  workflow_id: z.string().nullish(),
  user: z.string().nullish(),
})

const sendMessage = defineRoute({
  method: 'POST',
  path: '/chat-messages',
  auth: 'app',
  summary: 'Ask something',
  body: chatBody,
  response: chatAnswer,
  events: chatEvent,
  async handler({ platform, scope, app, body, request, reply }) {
    const user = await endUserOf(platform, scope, app, body.user)
    requireMode(app, CHAT_MODES, 'not_chat_app')
    refuseEasyMode(app)
    if (!body.query) throw new DomainError('invalid_param', 'query is required')
    const workflow = await platform.workflows.store.published(scope, app, body.workflow_id || undefined)
    await platform.runs.checkConcurrency(scope, app)
    const isStreaming = body.response_mode === 'streaming'
    let turn: ChatTurn
    try {
      turn = await platform.conversations.turns.start({
        scope,
        app,
        workflow,
        user: runnerOf(user),
        inputs: body.inputs,
        query: body.query.replaceAll('\u0000', ''),
        files: body.files,
        conversationId: body.conversation_id,
        parentMessageId: NO_PARENT,
        invokeFrom: 'service-api',
        origin: originOf(request),
      })
    } catch (error) {
      if (!(error instanceof GraphError)) throw error
      if (isStreaming) return streamGraphError(reply, error)
      throw new DomainError('invalid_param', error.message, { cause: error })
    }
    const naming = body.auto_generate_name && turn.isNewConversation ? platform.conversations.name(scope, turn, body.query) : undefined
    if (!isStreaming) return awaitChatTurn(platform, turn, app.mode)
    if (turn.kind === 'direct') {
      const { events } = turn
      return streamEvents(reply, async function* () {
        yield* events
      })
    }
    const observation = platform.runs.service.observeActive(turn.run)
    return streamRun(observation, { platform, request, reply, audience: 'full', ...(naming ? { epilogue: naming } : {}) })
  },
})

const stopMessage = defineRoute({
  method: 'POST',
  path: '/chat-messages/:taskId/stop',
  auth: 'app',
  summary: 'Stop an answer',
  body: z.object({ user: z.string().nullish() }),
  response: success,
  async handler({ platform, scope, app, params, body }) {
    const user = await endUserOf(platform, scope, app, body.user)
    requireMode(app, CHAT_MODES, 'not_chat_app')
    await stopTask(platform, scope, app, params.taskId ?? '', user.id)
    return { result: 'success' }
  },
})

const complete = defineRoute({
  method: 'POST',
  path: '/completion-messages',
  auth: 'app',
  summary: 'Complete a text',
  body: z.object({
    inputs,
    query: z.string().default(''),
    files,
    response_mode: z.enum(['blocking', 'streaming']).optional(),
    user: z.string().nullish(),
  }),
  response: chatAnswer.omit({ conversation_id: true }),
  async handler({ platform, scope, app, body }) {
    await endUserOf(platform, scope, app, body.user)
    requireMode(app, ['completion'], 'app_unavailable')
    refuseEasyMode(app)
  },
})

const stopCompletion = defineRoute({
  method: 'POST',
  path: '/completion-messages/:taskId/stop',
  auth: 'app',
  summary: 'Stop a completion',
  body: z.object({ user: z.string().nullish() }),
  response: success,
  async handler({ platform, scope, app, params, body }) {
    const user = await endUserOf(platform, scope, app, body.user)
    requireMode(app, ['completion'], 'app_unavailable')
    await stopTask(platform, scope, app, params.taskId ?? '', user.id)
    return { result: 'success' }
  },
})

export const chatRoutes = [sendMessage, stopMessage, complete, stopCompletion]
