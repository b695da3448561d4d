import { integer, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** Answers that people have approved, by hand or from a message. */
export const messageAnnotations = tenantTable('message_annotations', {
  id: id(),
  appId: uuid().notNull(),
  conversationId: uuid(),
  messageId: uuid(),
  question: text().notNull(),
  content: text().notNull(),
  hitCount: integer().notNull().default(0),
  accountId: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
