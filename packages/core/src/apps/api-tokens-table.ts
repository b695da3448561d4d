import { text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, instant } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** Keys of the service API: an app's (`app-…`), or a workspace's for its knowledge (`dataset-…`). */
export const apiTokens = tenantTable('api_tokens', {
  id: id(),
  appId: uuid(),
  type: text().$type<'app' | 'dataset'>().notNull(),
  token: text().notNull(),
  lastUsedAt: instant(),
  createdAt: createdAt(),
})

export type ApiToken = (typeof apiTokens)['$inferSelect']
