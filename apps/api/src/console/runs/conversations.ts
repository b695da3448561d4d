import { DomainError } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { id, integer } from '../../http/fields.ts'
import { originOf } from '../../http/run-answers.ts'
import { showAnnotation } from '../../service/annotations.ts'
import { showMessage, showVariable } from '../../service/conversations.ts'
import { appParams, graphApp } from './console-app.ts'

const CHAT = ['advanced-chat'] as const

const listVariables = defineRoute({
  method: 'GET',
  path: '/apps/:appId/conversation-variables',
  auth: 'account',
  summary: "A conversation's variables",
  params: appParams,
  query: z.object({ conversation_id: z.guid() }),
  async handler({ platform, scope, params, query }) {
    await graphApp(platform, scope, params.appId, CHAT)
    const variables = await platform.conversations.store.variables(scope, query.conversation_id, [])
    const data = variables.filter(variable => variable.appId === params.appId).slice(0, 100)
    return { page: 1, limit: 100, total: variables.length, has_more: false, data: data.map(showVariable) }
  },
})

const listMessages = defineRoute({
  method: 'GET',
  path: '/apps/:appId/chat-messages',
  auth: 'account',
  permission: 'editor',
  summary: "A conversation's messages",
  params: appParams,
  query: z.object({ conversation_id: z.guid(), first_id: z.guid().nullish(), limit: integer({ min: 1, max: 100 }).default(20) }),
  async handler({ platform, scope, params, query, request }) {
    const app = await graphApp(platform, scope, params.appId, CHAT)
    const { store } = platform.conversations
    const conversation = await store.find(scope, app.id, query.conversation_id)
    if (!conversation) throw new DomainError('not_found', 'Conversation Not Exists.')
    const page = await store.messages(scope, conversation.id, {
      ...(query.first_id ? { firstId: query.first_id } : {}),
      limit: query.limit,
    })
    const ratings = await store.feedbacksOn(
      scope,
      page.data.map(message => message.id),
    )
    return {
      ...page,
      data: page.data.map(message => ({
        ...showMessage(platform, message, ratings.get(message.id), originOf(request)),
        workflow_run_id: message.workflowRunId,
        metadata: message.metadata ?? {},
        message_tokens: message.messageTokens,
        answer_tokens: message.answerTokens,
        provider_response_latency: message.providerResponseLatency,
        from_source: message.fromSource,
        from_end_user_id: message.fromEndUserId,
        from_account_id: message.fromAccountId,
      })),
    }
  },
})

const rate = defineRoute({
  method: 'POST',
  path: '/apps/:appId/feedbacks',
  auth: 'account',
  summary: "An operator's opinion of an answer",
  params: appParams,
  body: z.object({ message_id: z.guid(), rating: z.enum(['like', 'dislike']).nullish() }),
  async handler({ platform, scope, account, params, body }) {
    const app = await graphApp(platform, scope, params.appId, CHAT)
    const { store } = platform.conversations
    const message = await store.messageOf(scope, app.id, body.message_id)
    await store.rate(scope, message, { rating: body.rating ?? null, source: 'admin', accountId: account.id })
    return { result: 'success' }
  },
})

const suggest = defineRoute({
  method: 'GET',
  path: '/apps/:appId/chat-messages/:messageId/suggested-questions',
  auth: 'account',
  summary: 'Questions that may come next',
  params: z.object({ appId: id(), messageId: id() }),
  async handler({ platform, scope, params }) {
    const app = await graphApp(platform, scope, params.appId, CHAT)
    const message = await platform.conversations.store.messageOf(scope, app.id, params.messageId)
    return { data: await platform.conversations.suggest(scope, message) }
  },
})

const listAnnotations = defineRoute({
  method: 'GET',
  path: '/apps/:appId/annotations',
  auth: 'account',
  permission: 'editor',
  summary: 'Approved answers',
  params: appParams,
  query: z.object({
    page: integer({ min: 1, max: 99_999 }).default(1),
    limit: integer({ min: 1, max: 100 }).default(20),
    keyword: z.string().nullish(),
  }),
  async handler({ platform, scope, params, query }) {
    const app = await graphApp(platform, scope, params.appId)
    const { total, data } = await platform.conversations.annotations.list(scope, app.id, { ...query, keyword: query.keyword ?? '' })
    return { data: data.map(showAnnotation), has_more: total > query.page * query.limit, limit: query.limit, total, page: query.page }
  },
})

const addAnnotation = defineRoute({
  method: 'POST',
  path: '/apps/:appId/annotations',
  auth: 'account',
  permission: 'editor',
  summary: 'Add an approved answer, by hand or of a logged message',
  params: appParams,
  body: z.object({ question: z.string(), answer: z.string(), message_id: z.guid().nullish() }),
  async handler({ platform, scope, account, params, body }) {
    const app = await graphApp(platform, scope, params.appId)
    const message = body.message_id ? await platform.conversations.store.messageOf(scope, app.id, body.message_id) : undefined
    const origin = message ? { messageId: message.id, conversationId: message.conversationId } : {}
    return showAnnotation(
      await platform.conversations.annotations.add(scope, app.id, {
        question: body.question,
        answer: body.answer,
        accountId: account.id,
        ...origin,
      }),
    )
  },
})

export const conversationLogRoutes = [listVariables, listMessages, rate, suggest, listAnnotations, addAnnotation]
