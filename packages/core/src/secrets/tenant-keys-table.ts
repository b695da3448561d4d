import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, updatedAt } from '../database/columns.ts'

/** Each tenant's data key, wrapped by a key made from `SECRET_KEY`. */
export const tenantKeys = pgTable('tenant_keys', {
  tenantId: uuid().primaryKey(),
  wrappedKey: text().notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
