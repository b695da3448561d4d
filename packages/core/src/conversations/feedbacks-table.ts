import { text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

export const messageFeedbacks = tenantTable('message_feedbacks', {
  id: id(),
  appId: uuid().notNull(),
  conversationId: uuid().notNull(),
  messageId: uuid().notNull(),
  rating: text().$type<'like' | 'dislike'>().notNull(),
  content: text(),
  fromSource: text().$type<'user' | 'admin'>().notNull(),
  fromEndUserId: uuid(),
  fromAccountId: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
