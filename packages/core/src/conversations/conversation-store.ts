import type { Value } from '@weft/contracts'
import { and, asc, desc, eq, gt, lt, or, type SQL } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import type { ConversationVariable } from '../workflows/workflows-table.ts'
import { type ConversationVariableRow, conversationVariables } from './conversation-variables-table.ts'
import { type Conversation, conversations } from './conversations-table.ts'
import { messageFeedbacks } from './feedbacks-table.ts'
import { type Message, messages, NO_PARENT } from './messages-table.ts'

/** Whose conversations: an end user's of one app, or an account's. */
export interface Owner {
  appId: string
  userKind: 'account' | 'end-user'
  userId: string
}

export type ConversationOrder = 'created_at' | '-created_at' | 'updated_at' | '-updated_at'

export interface Page<T> {
  limit: number
  has_more: boolean
  data: T[]
}

/** Conversations, their messages and variables, as their owners may see and change them. */
export class ConversationStore {
  readonly #database: Database
  constructor(database: Database) {
    this.#database = database
  }

  /** @throws DomainError `not_found` "Conversation Not Exists." also where it is another's */
  async get(scope: TenantScope, owner: Owner, id: string): Promise<Conversation> {
    const found = await this.#database.tenant(scope).first(conversations, { where: and(eq(conversations.id, id), ownedBy(owner)) })
    if (!found) throw new DomainError('not_found', 'Conversation Not Exists.')
    return found
  }

  /** An app's conversation, whoever's it is: for its operators. */
  async find(scope: TenantScope, appId: string, id: string): Promise<Conversation | undefined> {
    return this.#database.tenant(scope).first(conversations, { where: and(eq(conversations.id, id), eq(conversations.appId, appId)) })
  }

  /** An app's message, whoever's it is. @throws DomainError `not_found` */
  async messageOf(scope: TenantScope, appId: string, id: string): Promise<Message> {
    const found = await this.#database.tenant(scope).first(messages, { where: and(eq(messages.id, id), eq(messages.appId, appId)) })
    if (!found) throw new DomainError('not_found', 'Message Not Exists.')
    return found
  }

  /** A page of the owner's conversations after `lastId`. @throws DomainError `not_found` "Last Conversation Not Exists." */
  async list(
    scope: TenantScope,
    owner: Owner,
    query: { lastId?: string; limit: number; order: ConversationOrder },
  ): Promise<Page<Conversation>> {
    const rows = this.#database.tenant(scope)
    const isDescending = query.order.startsWith('-')
    const column = query.order.endsWith('created_at') ? conversations.createdAt : conversations.updatedAt
    let after: SQL | undefined
    if (query.lastId) {
      const last = await rows.first(conversations, { where: and(eq(conversations.id, query.lastId), ownedBy(owner)) })
      if (!last) throw new DomainError('not_found', 'Last Conversation Not Exists.')
      const at = query.order.endsWith('created_at') ? last.createdAt : last.updatedAt
      const beyond = isDescending ? lt : gt
      after = or(beyond(column, at), and(eq(column, at), beyond(conversations.id, last.id)))
    }
    const direction = isDescending ? desc : asc
    const found = await rows.find(conversations, {
      where: and(ownedBy(owner), after),
      orderBy: [direction(column), direction(conversations.id)],
      limit: query.limit + 1,
    })
    return pageOf(found, query.limit)
  }

  async rename(scope: TenantScope, id: string, name: string): Promise<Conversation> {
    const [changed] = await this.#database.tenant(scope).update(conversations, { set: { name }, where: eq(conversations.id, id) })
    if (!changed) throw new DomainError('not_found', 'Conversation Not Exists.')
    return changed
  }

  /** Deletes the owner's conversation with all that hangs on it. Nothing happens where there is none. */
  async delete(scope: TenantScope, owner: Owner, id: string): Promise<void> {
    await this.#database.transaction(async transaction => {
      const rows = transaction.tenant(scope)
      const deleted = await rows.delete(conversations, and(eq(conversations.id, id), ownedBy(owner)))
      if (deleted) await rows.delete(messages, eq(messages.conversationId, id))
    })
  }

  /** @throws DomainError `not_found` "Message Not Exists." */
  async message(scope: TenantScope, owner: Owner, id: string): Promise<Message> {
    const found = await this.#database.tenant(scope).first(messages, { where: and(eq(messages.id, id), messageOwnedBy(owner)) })
    if (!found) throw new DomainError('not_found', 'Message Not Exists.')
    return found
  }

  /** A page of a conversation's messages before `firstId`, oldest first. @throws DomainError `not_found` */
  async messages(scope: TenantScope, conversationId: string, query: { firstId?: string; limit: number }): Promise<Page<Message>> {
    const rows = this.#database.tenant(scope)
    const inConversation = eq(messages.conversationId, conversationId)
    let before: SQL | undefined
    if (query.firstId) {
      const first = await rows.first(messages, { where: and(eq(messages.id, query.firstId), inConversation) })
      if (!first) throw new DomainError('not_found', 'First Message Not Exists.')
      before = or(lt(messages.createdAt, first.createdAt), and(eq(messages.createdAt, first.createdAt), lt(messages.id, first.id)))
    }
    const found = await rows.find(messages, {
      where: and(inConversation, before),
      orderBy: [desc(messages.createdAt), desc(messages.id)],
      limit: query.limit + 1,
    })
    const page = pageOf(found, query.limit)
    return { ...page, data: page.data.reverse() }
  }

  /** The messages of the thread that ends with `parentId` (or with the newest message), newest first. */
  async thread(
    scope: TenantScope,
    conversationId: string,
    options: { parentId: string | null; limit: number; except?: string | null },
  ): Promise<Message[]> {
    const newest = await this.#database.tenant(scope).find(messages, {
      where: eq(messages.conversationId, conversationId),
      orderBy: [desc(messages.createdAt), desc(messages.id)],
      limit: options.limit + 1,
    })
    const candidates = newest.filter(message => message.id !== options.except && (message.isFinished || message.answer))
    return threadOf(candidates, options.parentId).slice(0, options.limit)
  }

  /** The conversation's variables with their present values; those it has not yet from their definitions. */
  async variables(
    scope: TenantScope,
    conversationId: string,
    definitions: readonly ConversationVariable[],
  ): Promise<ConversationVariableRow[]> {
    const rows = this.#database.tenant(scope)
    return rows.find(conversationVariables, {
      where: eq(conversationVariables.conversationId, conversationId),
      orderBy: [asc(conversationVariables.position), asc(conversationVariables.createdAt)],
      limit: Math.max(1000, definitions.length),
    })
  }

  /** @throws DomainError `not_found` */
  async setVariable(scope: TenantScope, conversationId: string, id: string, value: Value): Promise<ConversationVariableRow> {
    const [changed] = await this.#database.tenant(scope).update(conversationVariables, {
      set: { value },
      where: and(eq(conversationVariables.conversationId, conversationId), eq(conversationVariables.id, id)),
    })
    if (!changed) throw new DomainError('not_found', 'Conversation Variable Not Exists.')
    return changed
  }

  /** A user's or the operator's opinion of a message; null takes it back. @throws DomainError */
  async rate(
    scope: TenantScope,
    message: Message,
    feedback: {
      rating: 'like' | 'dislike' | null
      content?: string | null
      source: 'user' | 'admin'
      endUserId?: string
      accountId?: string
    },
  ): Promise<void> {
    const rows = this.#database.tenant(scope)
    const mine = and(eq(messageFeedbacks.messageId, message.id), eq(messageFeedbacks.fromSource, feedback.source))
    if (feedback.rating === null) {
      if (!(await rows.delete(messageFeedbacks, mine)))
        throw new DomainError('invalid_param', 'rating cannot be None when feedback not exists')
      return
    }
    const content = feedback.content ?? null
    await rows.upsert(
      messageFeedbacks,
      {
        appId: message.appId,
        conversationId: message.conversationId,
        messageId: message.id,
        rating: feedback.rating,
        content,
        fromSource: feedback.source,
        fromEndUserId: feedback.endUserId ?? null,
        fromAccountId: feedback.accountId ?? null,
      },
      { on: [messageFeedbacks.messageId, messageFeedbacks.fromSource], set: { rating: feedback.rating, content, updatedAt: new Date() } },
    )
  }

  /** The feedback of a source on messages, by message id. */
  async feedbacksOn(
    scope: TenantScope,
    messageIds: readonly string[],
    source: 'user' | 'admin' = 'user',
  ): Promise<Map<string, 'like' | 'dislike'>> {
    if (!messageIds.length) return new Map()
    const found = await this.#database.tenant(scope).find(messageFeedbacks, {
      where: and(or(...messageIds.map(id => eq(messageFeedbacks.messageId, id))), eq(messageFeedbacks.fromSource, source)),
    })
    return new Map(found.map(row => [row.messageId, row.rating]))
  }

  async feedbacks(scope: TenantScope, appId: string, page: { page: number; limit: number }) {
    return this.#database.tenant(scope).find(messageFeedbacks, {
      where: eq(messageFeedbacks.appId, appId),
      orderBy: desc(messageFeedbacks.createdAt),
      limit: page.limit,
      offset: (page.page - 1) * page.limit,
    })
  }
}

function ownedBy(owner: Owner): SQL | undefined {
  const user = owner.userKind === 'account' ? eq(conversations.fromAccountId, owner.userId) : eq(conversations.fromEndUserId, owner.userId)
  return and(eq(conversations.appId, owner.appId), user, eq(conversations.isDeleted, false))
}

function messageOwnedBy(owner: Owner): SQL | undefined {
  const user = owner.userKind === 'account' ? eq(messages.fromAccountId, owner.userId) : eq(messages.fromEndUserId, owner.userId)
  return and(eq(messages.appId, owner.appId), user)
}

function pageOf<T>(found: T[], limit: number): Page<T> {
  return { limit, has_more: found.length > limit, data: found.slice(0, limit) }
}

/**
 * A thread goes from a message to its parent; a message without one begins it, and one that names nobody follows the message
 * before it. `newestFirst` is the whole conversation.
 */
export function threadOf<M extends Pick<Message, 'id' | 'parentMessageId'>>(newestFirst: readonly M[], parentId: string | null): M[] {
  const thread: M[] = []
  let next: string | null | undefined = parentId && parentId !== NO_PARENT ? parentId : undefined
  for (const message of newestFirst) {
    if (next !== undefined && next !== NO_PARENT && next !== message.id) continue
    thread.push(message)
    if (!message.parentMessageId) break
    next = message.parentMessageId
  }
  return thread
}

/** How a new conversation is called until it gets a better name: the question's beginning. */
export function firstName(query: string): string {
  if (!query) return 'New conversation'
  const characters = [...query]
  return characters.length > 20 ? `${characters.slice(0, 20).join('')}…` : query
}
