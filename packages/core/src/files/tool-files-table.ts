import { bigint, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, instant } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** What nodes and tools have made. */
export const toolFiles = tenantTable('tool_files', {
  id: id(),
  userId: text().notNull(),
  conversationId: uuid(),
  /** In the object store; its ending is the file's extension. */
  key: text().notNull(),
  name: text().notNull(),
  size: bigint({ mode: 'number' }).notNull(),
  mimeType: text().notNull(),
  usedAt: instant(),
  referencedAt: instant(),
  createdAt: createdAt(),
})

export type ToolFile = (typeof toolFiles)['$inferSelect']
