import { bigint, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, instant } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** What people have uploaded. */
export const uploadFiles = tenantTable('upload_files', {
  id: id(),
  /** In the object store. */
  key: text().notNull(),
  name: text().notNull(),
  size: bigint({ mode: 'number' }).notNull(),
  /** In lower case, without a dot; empty where it has none. */
  extension: text().notNull(),
  mimeType: text().notNull(),
  createdByRole: text().$type<'account' | 'end_user'>().notNull(),
  createdBy: uuid().notNull(),
  /** SHA3-256 in hex. */
  hash: text().notNull(),
  /** Where it came from: an address, or a link to itself that was signed when it was stored. */
  sourceUrl: text().notNull().default(''),
  usedAt: instant(),
  referencedAt: instant(),
  createdAt: createdAt(),
})

export type UploadFile = (typeof uploadFiles)['$inferSelect']
