import { text } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** Named credentials of a provider (empty `model` and `modelType`) or of one of its models. */
export const modelCredentials = tenantTable('model_credentials', {
  id: id(),
  provider: text().notNull(),
  model: text().notNull().default(''),
  modelType: text().notNull().default(''),
  name: text().notNull(),
  /** JSON of the form's values, sealed under the tenant's key. */
  sealed: text().notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type StoredCredential = typeof modelCredentials.$inferSelect
