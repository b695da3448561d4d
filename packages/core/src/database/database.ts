import { and, eq, getTableName, type SQL, sql } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Pool, PoolClient, QueryResultRow } from 'pg'
import type { TenantScope } from './tenant-scope.ts'
import type { AnyTable, TenantTable } from './tenant-table.ts'

type Drizzle = NodePgDatabase<Record<string, never>>
type Row<T extends AnyTable> = T['$inferSelect']
type NewRow<T extends AnyTable> = Omit<T['$inferInsert'], 'tenantId'>
type Change<T extends AnyTable> = { [Key in Exclude<keyof T['$inferInsert'], 'id' | 'tenantId'>]?: T['$inferInsert'][Key] | SQL }

export interface Find {
  where?: SQL | undefined
  orderBy?: SQL | PgColumn | (SQL | PgColumn)[]
  limit?: number
  offset?: number
  /** `update` locks the rows until the transaction ends; `skip-locked` leaves out what others hold. */
  lock?: 'update' | 'skip-locked'
}

/** What reading a tenant's rows takes. */
export interface TenantReader {
  find<T extends AnyTable>(table: TenantTable<T>, options?: Find): Promise<Row<T>[]>
  first<T extends AnyTable>(table: TenantTable<T>, options?: Omit<Find, 'limit'>): Promise<Row<T> | undefined>
  count<T extends AnyTable>(table: TenantTable<T>, where?: SQL): Promise<number>
  /**
   * The tenant's rows as a source for `select`: joins, grouping, chosen columns. Name columns by the table's: `eq(apps.id, sites.appId)`.
   * A subquery under the table's own name that bears the table's type; PostgreSQL flattens it.
   */
  rows<T extends AnyTable>(table: TenantTable<T>): T
  /** Drizzle's select, over `rows(…)` and tables that no tenant owns. */
  readonly select: Drizzle['select']
}

/** What reading and writing a tenant's rows takes. `tenantId` is set and compared by itself. */
export interface TenantRows extends TenantReader {
  insert<T extends AnyTable>(table: TenantTable<T>, row: NewRow<T>): Promise<Row<T>>
  insertMany<T extends AnyTable>(table: TenantTable<T>, rows: NewRow<T>[]): Promise<void>
  /** Inserts, or changes the row that the unique columns meet. Throws where that row is another tenant's. */
  upsert<T extends AnyTable>(table: TenantTable<T>, row: NewRow<T>, conflict: { on: PgColumn[]; set: Change<T> }): Promise<Row<T>>
  /** The changed rows. */
  update<T extends AnyTable>(table: TenantTable<T>, change: { set: Change<T>; where: SQL | undefined }): Promise<Row<T>[]>
  /** How many rows went. */
  delete<T extends AnyTable>(table: TenantTable<T>, where: SQL | undefined): Promise<number>
}

export interface DatabaseReader {
  /** Drizzle over the tables that no tenant owns. Tenant-owned tables do not fit its types. */
  readonly global: Pick<Drizzle, 'select' | 'selectDistinct' | 'selectDistinctOn'>
  tenant(scope: TenantScope): TenantReader
}

export interface Database extends DatabaseReader {
  readonly global: Drizzle
  tenant(scope: TenantScope): TenantRows
  /** All or nothing; inside another transaction, a savepoint. */
  transaction<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** Runs when the outermost transaction has committed; at once outside one. Not run after a rollback. */
  afterCommit(action: () => void): void
  /** Plain SQL for hot paths inside stores, by the driver: `name` has the server keep the plan. The store answers for the tenant. */
  query<Result extends QueryResultRow>(query: {
    text: string
    values?: unknown[]
    name?: string
  }): Promise<{ rows: Result[]; rowCount: number | null }>
}

/** A database over a pool of connections. The pool stays the caller's to close. */
export function createDatabase(pool: Pool): Database {
  return build(drizzle(pool, { casing: 'snake_case' }), pool, undefined)
}

function build(connection: Drizzle, client: Pool | PoolClient, commitActions: (() => void)[] | undefined): Database {
  return {
    global: connection,
    tenant: scope => tenantRows(connection, scope.tenantId),
    query: query => client.query(query) as never,
    afterCommit: action => void (commitActions ? commitActions.push(action) : action()),
    async transaction(work) {
      const actions = commitActions ?? []
      const result = await connection.transaction(tx => {
        // Drizzle's session holds the connection that the transaction runs on.
        const own = (tx as unknown as { session: { client: PoolClient } }).session.client
        return work(build(tx as unknown as Drizzle, own, actions))
      })
      if (!commitActions) for (const action of actions) action()
      return result
    },
  }
}

function tenantRows(connection: Drizzle, tenantId: string): TenantRows {
  const tableOf = <T extends AnyTable>(table: TenantTable<T>) => table as unknown as AnyTable
  // In brackets, since plain SQL may hold an `or`.
  const mine = (table: AnyTable, where: SQL | undefined) => and(eq(table.tenantId, tenantId), where && sql`(${where})`)
  const rows: TenantRows = {
    select: connection.select.bind(connection) as Drizzle['select'],
    rows: owned => {
      const table = tableOf(owned)
      return connection.select().from(table).where(mine(table, undefined)).as(getTableName(table)) as never
    },
    async find(owned, options = {}) {
      const table = tableOf(owned)
      let query = connection.select().from(table).where(mine(table, options.where)).$dynamic()
      if (options.orderBy) query = query.orderBy(...[options.orderBy].flat())
      if (options.limit !== undefined) query = query.limit(options.limit)
      if (options.offset) query = query.offset(options.offset)
      if (options.lock) query = query.for('update', options.lock === 'skip-locked' ? { skipLocked: true } : {})
      return (await query) as never
    },
    async first(table, options) {
      const [row] = await rows.find(table, { ...options, limit: 1 })
      return row
    },
    async count(owned, where) {
      const table = tableOf(owned)
      const [row] = await connection.select({ count: sql<number>`count(*)::int` }).from(table).where(mine(table, where))
      return row?.count ?? 0
    },
    async insert(owned, row) {
      const [made] = await connection
        .insert(tableOf(owned))
        .values({ ...row, tenantId } as never)
        .returning()
      return made as never
    },
    async insertMany(owned, list) {
      if (list.length) await connection.insert(tableOf(owned)).values(list.map(row => ({ ...row, tenantId })) as never)
    },
    async upsert(owned, row, conflict) {
      const table = tableOf(owned)
      const [made] = await connection
        .insert(table)
        .values({ ...row, tenantId } as never)
        .onConflictDoUpdate({ target: conflict.on, set: withoutTenant(conflict.set) as never, setWhere: mine(table, undefined) })
        .returning()
      if (!made) throw new Error(`the row of ${getTableName(table)} that is in the way is not this tenant's`)
      return made as never
    },
    async update(owned, { set, where }) {
      const table = tableOf(owned)
      return (await connection
        .update(table)
        .set(withoutTenant(set) as never)
        .where(mine(table, where))
        .returning()) as never
    },
    async delete(owned, where) {
      const table = tableOf(owned)
      const { rowCount } = await connection.delete(table).where(mine(table, where))
      return rowCount ?? 0
    },
  }
  return rows
}

/** A row never changes hands, whatever an untyped caller passes. */
function withoutTenant<T extends object>(set: T): T {
  const { tenantId: _, ...rest } = set as T & { tenantId?: unknown }
  return rest as T
}
