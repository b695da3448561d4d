import { text } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

export type ProviderType = 'system' | 'custom'

/** Whose credentials of a provider a tenant prefers: its own, or the installation's. */
export const preferredProviderTypes = tenantTable('preferred_provider_types', {
  id: id(),
  provider: text().notNull(),
  providerType: text().$type<ProviderType>().notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
