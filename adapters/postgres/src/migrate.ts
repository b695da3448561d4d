import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pool, PoolClient } from 'pg'

interface Migration {
  number: number
  name: string
  sql: string
  checksum: string
}

export class MigrationError extends Error {
  readonly code = 'migration-failed'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'MigrationError'
  }
}

/** Any number that nothing else locks. */
const LOCK = 7_261_845_093

/**
 * Runs the folder's `NNNN-name.sql` files that the database has not seen, in order of number, each in a transaction. One process at a
 * time; the others wait and find the work done.
 * @returns the names of those that ran
 * @throws MigrationError where a file fails or has been edited since it ran
 */
export async function migrate(pool: Pool, folder: string): Promise<string[]> {
  const migrations = await readMigrations(folder)
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    try {
      return await runMissing(client, migrations)
    } finally {
      await client.query('select pg_advisory_unlock($1)', [LOCK])
    }
  } finally {
    client.release()
  }
}

async function runMissing(client: PoolClient, migrations: Migration[]): Promise<string[]> {
  await client.query(
    'create table if not exists weft_migrations (number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())',
  )
  const { rows } = await client.query<{ number: number; checksum: string }>('select number, checksum from weft_migrations')
  const applied = new Map(rows.map(row => [row.number, row.checksum]))
  const done: string[] = []
  for (const migration of migrations) {
    const checksum = applied.get(migration.number)
    if (checksum === migration.checksum) continue
    if (checksum)
      throw new MigrationError(`Migration ${migration.name} was edited after this database had run it. Restore it and add a new one.`)
    await run(client, migration)
    done.push(migration.name)
  }
  return done
}

async function run(client: PoolClient, { number, name, sql, checksum }: Migration) {
  await client.query('begin')
  try {
    await client.query(sql)
    await client.query('insert into weft_migrations (number, name, checksum) values ($1, $2, $3)', [number, name, checksum])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback')
    throw new MigrationError(`Migration ${name} failed: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.sql')).sort()
  const seen = new Map<number, string>()
  return Promise.all(
    names.map(async name => {
      const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1])
      if (!number) throw new MigrationError(`A migration is named NNNN-name.sql, unlike ${name}.`)
      const twin = seen.get(number)
      if (twin) throw new MigrationError(`Two migrations bear one number: ${twin} and ${name}.`)
      seen.set(number, name)
      const sql = await readFile(join(folder, name), 'utf8')
      return { number, name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}
