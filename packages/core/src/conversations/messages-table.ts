import type { Value, ValueMap } from '@weft/contracts'
import { boolean, doublePrecision, integer, numeric, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, json, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** A turn: a question and its answer. */
export const messages = tenantTable('messages', {
  id: id(),
  appId: uuid().notNull(),
  conversationId: uuid().notNull(),
  /** `NO_PARENT` where the thread is simply the conversation's order. */
  parentMessageId: uuid(),
  workflowRunId: uuid(),
  inputs: json<ValueMap>().notNull(),
  query: text().notNull(),
  answer: text().notNull().default(''),
  messageTokens: integer().notNull().default(0),
  answerTokens: integer().notNull().default(0),
  totalPrice: numeric({ precision: 12, scale: 7 }).notNull().default('0'),
  currency: text().notNull().default('USD'),
  /** Seconds. */
  providerResponseLatency: doublePrecision().notNull().default(0),
  status: text().$type<'normal' | 'error'>().notNull().default('normal'),
  error: text(),
  metadata: json<ValueMap>(),
  /** What the user sent and what the answer brought, each with `belongs_to`. */
  files: json<Value[]>().notNull(),
  isFinished: boolean().notNull().default(false),
  invokeFrom: text().notNull(),
  fromSource: text().$type<'api' | 'console'>().notNull(),
  fromEndUserId: uuid(),
  fromAccountId: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type Message = (typeof messages)['$inferSelect']

/** The parent of messages that the service API makes: the thread is linear. */
export const NO_PARENT = '00000000-0000-0000-0000-000000000000'
