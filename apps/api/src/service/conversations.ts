import { isValueMap, pythonStr, segmentTypeOf, type Value } from '@weft/contracts'
import { type Conversation, type ConversationVariableRow, DomainError, type Message, type Owner } from '@weft/core'
import type { Platform } from '@weft/platform'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { id, integer, pageNumber } from '../http/fields.ts'
import { originOf } from '../http/run-answers.ts'
import { secondsOf } from '../http/seconds.ts'
import { CHAT_MODES, endUserOf, requireMode } from './caller.ts'
import { endless, identifier, moment, success, values } from './shapes.ts'

const uuid = (help: string) =>
  z
    .guid({ error: issue => `${issue.input} is not a valid uuid.` })
    .nullish()
    .meta({ help })

const user = z.string().nullish()

const shownConversation = z.object({
  id: identifier,
  name: z.string(),
  inputs: values,
  status: z.string(),
  introduction: z.string(),
  created_at: moment,
  updated_at: moment,
})

const shownVariable = z.object({
  id: identifier,
  name: z.string(),
  value_type: z.string(),
  value: z.string().meta({ description: "The value's text, lists and objects as Python writes them" }),
  description: z.string(),
  created_at: moment,
  updated_at: moment,
})

const messageFile = z.object({
  id: z.string().nullable(),
  filename: z.string().nullable(),
  type: z.string().nullable(),
  url: z.string().nullable(),
  mime_type: z.string().nullable(),
  size: z.int().nullable(),
  transfer_method: z.string().nullable(),
  belongs_to: z.enum(['user', 'assistant']).nullable(),
  upload_file_id: z.string().nullable(),
})

const shownMessage = z.object({
  id: identifier,
  conversation_id: identifier,
  parent_message_id: identifier.nullable(),
  inputs: values,
  query: z.string(),
  answer: z.string(),
  message_files: z.array(messageFile),
  feedback: z.object({ rating: z.enum(['like', 'dislike']) }).nullable(),
  retriever_resources: z.array(values),
  created_at: moment,
  agent_thoughts: z.array(values),
  status: z.enum(['normal', 'error']),
  error: z.string().nullable(),
})

const shownFeedback = z.object({
  id: identifier,
  app_id: identifier,
  conversation_id: identifier,
  message_id: identifier,
  rating: z.enum(['like', 'dislike']),
  content: z.string().nullable(),
  from_source: z.enum(['user', 'admin']),
  from_end_user_id: identifier.nullable(),
  from_account_id: identifier.nullable(),
  created_at: z.string(),
  updated_at: z.string(),
})

const listConversations = defineRoute({
  method: 'GET',
  path: '/conversations',
  auth: 'app',
  summary: "A user's conversations",
  query: z.object({
    user,
    last_id: uuid('Last conversation ID for pagination'),
    limit: integer({ min: 1, max: 100 }).default(20).meta({ help: 'Number of conversations to return' }),
    sort_by: z
      .enum(['created_at', '-created_at', 'updated_at', '-updated_at'])
      .default('-updated_at')
      .meta({ help: 'Sort order for conversations' }),
  }),
  response: endless(shownConversation),
  async handler({ platform, scope, app, query }) {
    requireMode(app, CHAT_MODES, 'not_chat_app')
    const owner = await ownerOf(platform, scope, app, query.user)
    const page = await platform.conversations.store.list(scope, owner, {
      ...(query.last_id ? { lastId: query.last_id } : {}),
      limit: query.limit,
      order: query.sort_by,
    })
    return { ...page, data: page.data.map(showConversation) }
  },
})

const deleteConversation = defineRoute({
  method: 'DELETE',
  path: '/conversations/:conversationId',
  auth: 'app',
  summary: 'Delete a conversation',
  params: z.object({ conversationId: id() }),
  body: z.object({ user }),
  status: 204,
  async handler({ platform, scope, app, params, body, reply }) {
    requireMode(app, CHAT_MODES, 'not_chat_app')
    const owner = await ownerOf(platform, scope, app, body.user)
    await platform.conversations.store.delete(scope, owner, params.conversationId)
    return reply.code(204).send()
  },
})

const renameConversation = defineRoute({
  method: 'POST',
  path: '/conversations/:conversationId/name',
  auth: 'app',
  summary: 'Name a conversation',
  params: z.object({ conversationId: id() }),
  body: z.object({ name: z.string().nullish(), auto_generate: z.boolean().default(false), user }),
  response: shownConversation,
  async handler({ platform, scope, app, params, body }) {
    requireMode(app, CHAT_MODES, 'not_chat_app')
    const owner = await ownerOf(platform, scope, app, body.user)
    const conversation = await platform.conversations.store.get(scope, owner, params.conversationId)
    if (body.auto_generate) return showConversation(await platform.conversations.nameAnew(scope, conversation))
    if (!body.name) throw new DomainError('invalid_param', 'name is required when auto_generate is false')
    return showConversation(await platform.conversations.store.rename(scope, conversation.id, body.name))
  },
})

const listVariables = defineRoute({
  method: 'GET',
  path: '/conversations/:conversationId/variables',
  auth: 'app',
  summary: "A conversation's variables",
  params: z.object({ conversationId: id() }),
  query: z.object({
    user,
    last_id: uuid('Last variable ID for pagination'),
    limit: integer({ min: 1, max: 100 }).default(20).meta({ help: 'Number of variables to return' }),
    variable_name: z.string().nullish(),
  }),
  response: endless(shownVariable),
  async handler({ platform, scope, app, params, query }) {
    requireMode(app, CHAT_MODES, 'not_chat_app')
    const owner = await ownerOf(platform, scope, app, query.user)
    const { store } = platform.conversations
    await store.get(scope, owner, params.conversationId)
    const all = await store.variables(scope, params.conversationId, [])
    const wanted = query.variable_name ? all.filter(variable => variable.name === query.variable_name) : all
    const start = query.last_id ? wanted.findIndex(variable => variable.id === query.last_id) + 1 : 0
    if (query.last_id && !start) throw new DomainError('not_found', 'Conversation Variable Not Exists.')
    return {
      limit: query.limit,
      has_more: wanted.length > start + query.limit,
      data: wanted.slice(start, start + query.limit).map(showVariable),
    }
  },
})

const setVariable = defineRoute({
  method: 'PUT',
  path: '/conversations/:conversationId/variables/:variableId',
  auth: 'app',
  summary: "Change a conversation's variable",
  params: z.object({ conversationId: id(), variableId: id() }),
  body: z.object({ value: z.unknown(), user }),
  response: shownVariable,
  async handler({ platform, scope, app, params, body }) {
    requireMode(app, CHAT_MODES, 'not_chat_app')
    const owner = await ownerOf(platform, scope, app, body.user)
    const { store } = platform.conversations
    await store.get(scope, owner, params.conversationId)
    const variable = (await store.variables(scope, params.conversationId, [])).find(candidate => candidate.id === params.variableId)
    if (!variable) throw new DomainError('not_found', 'Conversation Variable Not Exists.')
    const value = body.value as Value
    requireType(variable, value)
    return showVariable(await store.setVariable(scope, params.conversationId, params.variableId, value))
  },
})

/** @throws DomainError where the value is not of the variable's type */
function requireType(variable: ConversationVariableRow, value: Value): void {
  const actual = segmentTypeOf(value)
  const isNumber = actual === 'integer' || actual === 'float'
  const fits =
    (['number', 'integer', 'float'].includes(variable.valueType) && isNumber) ||
    actual === variable.valueType ||
    (Array.isArray(value) && !value.length && variable.valueType.startsWith('array'))
  if (!fits) {
    throw new DomainError(
      'bad_request',
      `Type mismatch: variable '${variable.name}' expects ${variable.valueType}, but got ${isNumber ? 'number' : actual} type`,
    )
  }
}

const listMessages = defineRoute({
  method: 'GET',
  path: '/messages',
  auth: 'app',
  summary: "A conversation's messages",
  query: z.object({
    conversation_id: z.guid().meta({ help: 'Conversation ID' }),
    user,
    first_id: uuid('First message ID for pagination'),
    limit: integer({ min: 1, max: 100 }).default(20).meta({ help: 'Number of messages to return' }),
  }),
  response: endless(shownMessage),
  async handler({ platform, scope, app, query, request }) {
    requireMode(app, CHAT_MODES, 'not_chat_app')
    const owner = await ownerOf(platform, scope, app, query.user)
    const { store } = platform.conversations
    const conversation = await store.get(scope, owner, query.conversation_id)
    const page = await store.messages(scope, conversation.id, {
      ...(query.first_id ? { firstId: query.first_id } : {}),
      limit: query.limit,
    })
    const feedbacks = await store.feedbacksOn(
      scope,
      page.data.map(message => message.id),
    )
    return { ...page, data: page.data.map(message => showMessage(platform, message, feedbacks.get(message.id), originOf(request))) }
  },
})

const rateMessage = defineRoute({
  method: 'POST',
  path: '/messages/:messageId/feedbacks',
  auth: 'app',
  summary: 'Like or dislike an answer',
  params: z.object({ messageId: id() }),
  body: z.object({ rating: z.enum(['like', 'dislike']).nullish().meta({ help: 'Feedback rating' }), content: z.string().nullish(), user }),
  response: success,
  async handler({ platform, scope, app, params, body }) {
    const endUser = await endUserOf(platform, scope, app, body.user)
    const { store } = platform.conversations
    const message = await store.message(scope, { appId: app.id, userKind: 'end-user', userId: endUser.id }, params.messageId)
    await store.rate(scope, message, { rating: body.rating ?? null, content: body.content ?? null, source: 'user', endUserId: endUser.id })
    return { result: 'success' }
  },
})

const listFeedbacks = defineRoute({
  method: 'GET',
  path: '/app/feedbacks',
  auth: 'app',
  summary: 'What users think of the app',
  query: z.object({
    page: pageNumber().default(1).meta({ help: 'Page number' }),
    limit: integer({ min: 1, max: 101 }).default(20).meta({ help: 'Number of feedbacks per page' }),
  }),
  response: z.object({ data: z.array(shownFeedback) }),
  async handler({ platform, scope, app, query }) {
    const rows = await platform.conversations.store.feedbacks(scope, app.id, query)
    return {
      data: rows.map(row => ({
        id: row.id,
        app_id: row.appId,
        conversation_id: row.conversationId,
        message_id: row.messageId,
        rating: row.rating,
        content: row.content,
        from_source: row.fromSource,
        from_end_user_id: row.fromEndUserId,
        from_account_id: row.fromAccountId,
        created_at: row.createdAt.toISOString().slice(0, -1),
        updated_at: row.updatedAt.toISOString().slice(0, -1),
      })),
    }
  },
})

const suggestQuestions = defineRoute({
  method: 'GET',
  path: '/messages/:messageId/suggested',
  auth: 'app',
  summary: 'Questions that may come next',
  params: z.object({ messageId: id() }),
  query: z.object({ user }),
  response: success.extend({ data: z.array(z.string()) }),
  async handler({ platform, scope, app, params, query }) {
    const endUser = await endUserOf(platform, scope, app, query.user)
    requireMode(app, CHAT_MODES, 'not_chat_app')
    const message = await platform.conversations.store.message(
      scope,
      { appId: app.id, userKind: 'end-user', userId: endUser.id },
      params.messageId,
    )
    const workflow = await platform.workflows.store.published(scope, app)
    const feature = workflow.features.suggested_questions_after_answer
    if (!isValueMap(feature) || feature.enabled !== true) throw new DomainError('bad_request', 'Suggested Questions Is Disabled.')
    return { result: 'success', data: await platform.conversations.suggest(scope, message) }
  },
})

async function ownerOf(
  platform: Platform,
  scope: Parameters<typeof endUserOf>[1],
  app: Parameters<typeof endUserOf>[2],
  name: string | null | undefined,
): Promise<Owner> {
  const endUser = await endUserOf(platform, scope, app, name, { isOptional: true })
  return { appId: app.id, userKind: 'end-user', userId: endUser.id }
}

export function showConversation(conversation: Conversation) {
  return {
    id: conversation.id,
    name: conversation.name,
    inputs: conversation.inputs,
    status: conversation.status,
    introduction: conversation.introduction,
    created_at: secondsOf(conversation.createdAt),
    updated_at: secondsOf(conversation.updatedAt),
  }
}

export function showVariable(variable: ConversationVariableRow) {
  const type = variable.valueType
  return {
    id: variable.id,
    name: variable.name,
    value_type: type === 'integer' || type === 'float' ? 'number' : type,
    value: pythonStr(variable.value),
    description: variable.description,
    created_at: secondsOf(variable.createdAt),
    updated_at: secondsOf(variable.updatedAt),
  }
}

export function showMessage(platform: Platform, message: Message, rating: 'like' | 'dislike' | undefined, origin: string) {
  return {
    id: message.id,
    conversation_id: message.conversationId,
    parent_message_id: message.parentMessageId,
    inputs: message.inputs,
    query: message.query,
    answer: message.answer,
    message_files: message.files.filter(isValueMap).map(file => {
      const signed = platform.files.resign(file, origin, message.tenantId)
      return {
        id: file.related_id ?? file.id ?? null,
        filename: file.filename ?? null,
        type: file.type ?? null,
        url: signed.url ?? null,
        mime_type: file.mime_type ?? null,
        size: file.size ?? null,
        transfer_method: file.transfer_method ?? null,
        belongs_to: file.belongs_to ?? null,
        upload_file_id: file.transfer_method === 'local_file' ? (file.related_id ?? null) : null,
      }
    }),
    feedback: rating ? { rating } : null,
    retriever_resources:
      isValueMap(message.metadata) && Array.isArray(message.metadata.retriever_resources) ? message.metadata.retriever_resources : [],
    created_at: secondsOf(message.createdAt),
    agent_thoughts: [],
    status: message.status,
    error: message.error,
  }
}

export const conversationRoutes = [
  listConversations,
  deleteConversation,
  renameConversation,
  listVariables,
  setVariable,
  listMessages,
  rateMessage,
  listFeedbacks,
  suggestQuestions,
]
