import { text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

export type TagType = 'app' | 'knowledge'

/** Words by which a workspace sorts its apps or its knowledge. */
export const tags = tenantTable('tags', {
  id: id(),
  type: text().$type<TagType>().notNull(),
  name: text().notNull(),
  createdBy: uuid(),
  createdAt: createdAt(),
})

export type Tag = (typeof tags)['$inferSelect']
