import { uuid } from 'drizzle-orm/pg-core'
import { createdAt, id } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** Which app or dataset bears which tag. */
export const tagBindings = tenantTable('tag_bindings', {
  id: id(),
  tagId: uuid().notNull(),
  targetId: uuid().notNull(),
  createdBy: uuid(),
  createdAt: createdAt(),
})
