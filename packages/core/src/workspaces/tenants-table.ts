import { pgTable, text } from 'drizzle-orm/pg-core'
import { createdAt, id, json, updatedAt } from '../database/columns.ts'

export interface TenantCustomConfig {
  remove_webapp_brand?: boolean
  replace_webapp_logo?: string | null
}

/** Workspaces. */
export const tenants = pgTable('tenants', {
  id: id(),
  name: text().notNull(),
  plan: text().notNull().default('basic'),
  status: text().$type<'normal' | 'archive'>().notNull().default('normal'),
  customConfig: json<TenantCustomConfig>()
    .notNull()
    .$defaultFn(() => ({})),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type Tenant = typeof tenants.$inferSelect
