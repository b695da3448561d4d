import type { Value } from '@weft/contracts'
import { integer, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, json, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** A conversation variable's value in one conversation. `id` is the definition's. */
export const conversationVariables = tenantTable('conversation_variables', {
  id: uuid().notNull(),
  conversationId: uuid().notNull(),
  appId: uuid().notNull(),
  name: text().notNull(),
  description: text().notNull().default(''),
  valueType: text().notNull(),
  value: json<Value>().notNull(),
  position: integer().notNull().default(0),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type ConversationVariableRow = (typeof conversationVariables)['$inferSelect']
