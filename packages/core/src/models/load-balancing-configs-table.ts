import { boolean, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** Further credentials that a model's calls may take turns with. */
export const loadBalancingConfigs = tenantTable('load_balancing_configs', {
  id: id(),
  provider: text().notNull(),
  model: text().notNull(),
  modelType: text().notNull(),
  /** `__inherit__` stands for the credentials that the model uses anyway. */
  name: text().notNull(),
  sealed: text(),
  credentialId: uuid(),
  credentialSource: text().$type<'provider' | 'custom_model'>(),
  isEnabled: boolean().notNull().default(true),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
