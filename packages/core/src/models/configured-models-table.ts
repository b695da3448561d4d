import { text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** Which credentials are in use: of a provider (empty `model` and `modelType`), or of a model with credentials of its own. */
export const configuredModels = tenantTable('configured_models', {
  id: id(),
  provider: text().notNull(),
  model: text().notNull().default(''),
  modelType: text().notNull().default(''),
  /** Null once the credentials in use were deleted while others are left. */
  credentialId: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type ConfiguredModel = typeof configuredModels.$inferSelect
