import type { ValueMap } from '@weft/contracts'
import { boolean, integer, text, uuid } from 'drizzle-orm/pg-core'
import type { AppMode } from '../apps/apps-table.ts'
import { createdAt, id, instant, json, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

export const conversations = tenantTable('conversations', {
  id: id(),
  appId: uuid().notNull(),
  appModelConfigId: uuid(),
  overrideConfig: text(),
  mode: text().$type<AppMode>().notNull(),
  name: text().notNull(),
  summary: text(),
  inputs: json<ValueMap>().notNull(),
  introduction: text().notNull().default(''),
  status: text().notNull().default('normal'),
  invokeFrom: text().notNull(),
  fromSource: text().$type<'api' | 'console'>().notNull(),
  fromEndUserId: uuid(),
  fromAccountId: uuid(),
  readAt: instant(),
  readAccountId: uuid(),
  dialogueCount: integer().notNull().default(0),
  isDeleted: boolean().notNull().default(false),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type Conversation = (typeof conversations)['$inferSelect']
