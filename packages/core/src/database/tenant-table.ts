import type { BuildColumns, Table } from 'drizzle-orm'
import { type PgColumnBuilderBase, type PgTableExtraConfigValue, type PgTableWithColumns, pgTable, uuid } from 'drizzle-orm/pg-core'

declare const owned: unique symbol

// biome-ignore lint/suspicious/noExplicitAny: any table
export type AnyTable = PgTableWithColumns<any>

/**
 * A table whose rows belong to tenants: its columns, for conditions, and its row types, but no table that Drizzle would take.
 * `Database.tenant(scope)` takes it.
 */
export type TenantTable<T extends AnyTable = AnyTable> = T['_']['columns'] & {
  readonly $inferSelect: T['$inferSelect']
  readonly $inferInsert: T['$inferInsert']
  readonly [owned]: T
}

type OwnColumns<Columns> = Columns & { tenantId: ReturnType<typeof tenantIdColumn> }

const tenantIdColumn = () => uuid().notNull()

/**
 * Declares a tenant-owned table. Names become snake_case in SQL (`createdAt` is `created_at`); `tenant_id` is added.
 * The migration creates the table itself.
 */
export function tenantTable<Name extends string, Columns extends Record<string, PgColumnBuilderBase>>(
  name: Name,
  columns: Columns,
  extra?: (table: BuildColumns<Name, OwnColumns<Columns>, 'pg'>) => PgTableExtraConfigValue[],
) {
  const all = { tenantId: tenantIdColumn(), ...columns } as unknown as OwnColumns<Columns>
  const table = extra ? pgTable(name, all, extra as never) : pgTable(name, all)
  return table as unknown as TenantTable<typeof table extends Table ? typeof table : never>
}

/**
 * The Drizzle table behind a tenant-owned one, for queries that no scope can be had for: finding the tenant of a key, sweeps over
 * all tenants. `tests/tenant-scope.test.ts` lists the files that may call it.
 */
export function acrossTenants<T extends AnyTable>(table: TenantTable<T>): T {
  return table as unknown as T
}
