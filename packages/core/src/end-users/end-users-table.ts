import { boolean, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** People who use an app without an account: by its API, its web page or as an MCP server. */
export const endUsers = tenantTable('end_users', {
  id: id(),
  appId: uuid(),
  type: text().$type<'service_api' | 'browser' | 'mcp'>().notNull(),
  externalUserId: text(),
  name: text(),
  isAnonymous: boolean().notNull().default(true),
  /** Who they are to the app's owner: the API's `user`. */
  sessionId: text().notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type EndUser = (typeof endUsers)['$inferSelect']
