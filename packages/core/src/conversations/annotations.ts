import { and, desc, eq, ilike, or } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { messageAnnotations } from './annotations-table.ts'

export type Annotation = (typeof messageAnnotations)['$inferSelect']

/** Answers that people approved, kept with their questions. */
export class Annotations {
  readonly #database: Database
  constructor(database: Database) {
    this.#database = database
  }

  async list(
    scope: TenantScope,
    appId: string,
    query: { keyword?: string; page: number; limit: number },
  ): Promise<{ total: number; data: Annotation[] }> {
    const rows = this.#database.tenant(scope)
    const pattern = query.keyword ? `%${query.keyword.replace(/[\\%_]/g, '\\$&')}%` : undefined
    const where = and(
      eq(messageAnnotations.appId, appId),
      pattern ? or(ilike(messageAnnotations.question, pattern), ilike(messageAnnotations.content, pattern)) : undefined,
    )
    const total = await rows.count(messageAnnotations, where)
    const data = await rows.find(messageAnnotations, {
      where,
      orderBy: [desc(messageAnnotations.createdAt), desc(messageAnnotations.id)],
      limit: query.limit,
      offset: (query.page - 1) * query.limit,
    })
    return { total, data }
  }

  async add(
    scope: TenantScope,
    appId: string,
    annotation: { question: string; answer: string; accountId?: string; messageId?: string; conversationId?: string },
  ): Promise<Annotation> {
    return this.#database.tenant(scope).insert(messageAnnotations, {
      appId,
      question: annotation.question,
      content: annotation.answer,
      accountId: annotation.accountId ?? null,
      messageId: annotation.messageId ?? null,
      conversationId: annotation.conversationId ?? null,
    })
  }

  /** @throws DomainError `not_found` */
  async change(scope: TenantScope, appId: string, id: string, change: { question: string; answer: string }): Promise<Annotation> {
    const [changed] = await this.#database.tenant(scope).update(messageAnnotations, {
      set: { question: change.question, content: change.answer },
      where: and(eq(messageAnnotations.appId, appId), eq(messageAnnotations.id, id)),
    })
    if (!changed) throw new DomainError('not_found', 'Annotation not found')
    return changed
  }

  /** @throws DomainError `not_found` */
  async delete(scope: TenantScope, appId: string, id: string): Promise<void> {
    const deleted = await this.#database
      .tenant(scope)
      .delete(messageAnnotations, and(eq(messageAnnotations.appId, appId), eq(messageAnnotations.id, id)))
    if (!deleted) throw new DomainError('not_found', 'Annotation not found')
  }

  async deleteAll(scope: TenantScope, appId: string): Promise<void> {
    await this.#database.tenant(scope).delete(messageAnnotations, eq(messageAnnotations.appId, appId))
  }
}
