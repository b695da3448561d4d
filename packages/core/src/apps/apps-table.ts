import { boolean, integer, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

export type AppMode = 'workflow' | 'advanced-chat' | 'chat' | 'agent-chat' | 'completion'

export const apps = tenantTable('apps', {
  id: id(),
  name: text().notNull(),
  description: text().notNull().default(''),
  mode: text().$type<AppMode>().notNull(),
  iconType: text().$type<'emoji' | 'image' | 'link'>(),
  icon: text(),
  iconBackground: text(),
  useIconAsAnswerIcon: boolean().notNull().default(false),
  appModelConfigId: uuid(),
  /** The published workflow. */
  workflowId: uuid(),
  status: text().notNull().default('normal'),
  enableSite: boolean().notNull().default(true),
  enableApi: boolean().notNull().default(true),
  maxActiveRequests: integer(),
  tracing: text(),
  createdBy: uuid(),
  updatedBy: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type App = (typeof apps)['$inferSelect']
