import { boolean, text } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** Switches of a model. A model without a row is enabled and not balanced. */
export const modelSettings = tenantTable('model_settings', {
  id: id(),
  provider: text().notNull(),
  model: text().notNull(),
  modelType: text().notNull(),
  isEnabled: boolean().notNull().default(true),
  isLoadBalanced: boolean().notNull().default(false),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
