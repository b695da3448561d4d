import { inArray } from 'drizzle-orm'
import { accounts } from '../accounts/accounts-table.ts'
import type { DatabaseReader } from '../database/database.ts'

/** Names of accounts by id. */
export async function accountNames(database: DatabaseReader, ids: readonly string[]): Promise<Map<string, string>> {
  if (!ids.length) return new Map()
  const rows = await database.global
    .select({ id: accounts.id, name: accounts.name })
    .from(accounts)
    .where(inArray(accounts.id, [...new Set(ids)]))
  return new Map(rows.map(({ id, name }) => [id, name]))
}
