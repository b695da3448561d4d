import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@weft/adapter-embedded-postgres'
import { createPool, migrate } from '@weft/adapter-postgres'
import { createDatabase } from '@weft/core'
import { type DatabaseConnection, MIGRATIONS } from '@weft/platform'

/** Any number that nothing else locks. */
const LOCK = 5_501_728_264

let count = 0

/**
 * A database of its own with all tables, empty: a copy of a migrated template in one PostgreSQL that all test files of the machine
 * share. Gone when it is disposed.
 */
export async function createTestDatabase(): Promise<DatabaseConnection> {
  await using resources = new AsyncDisposableStack()
  const folder = join(tmpdir(), `weft-tests-${process.getuid?.() ?? 'all'}`, 'postgres')
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }
  const server = resources.use(await startEmbeddedPostgres({ folder, settings }))
  const { host, port, user, password } = server
  const connectionTo = (database: string) => ({ host, port, user, password, database })

  const admin = resources.adopt(await createPool({ connection: connectionTo('postgres'), size: 1 }), pool => pool.end())
  const name = `test_${process.pid}_${Date.now().toString(36)}_${count++}`
  await admin.query('select pg_advisory_lock($1)', [LOCK])
  try {
    await dropAbandoned(admin)
    await admin.query(`create database ${name} template ${await findOrMakeTemplate(admin, connectionTo)}`)
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [LOCK])
  }
  resources.defer(async () => void (await admin.query(`drop database if exists ${name} with (force)`)))
  const pool = resources.adopt(await createPool({ connection: connectionTo(name), size: 10 }), opened => opened.end())
  const owned = resources.move()
  return { database: createDatabase(pool), pool, connection: connectionTo(name), [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

type Admin = Awaited<ReturnType<typeof createPool>>

async function findOrMakeTemplate(admin: Admin, connectionTo: (database: string) => DatabaseConnection['connection']): Promise<string> {
  const hash = createHash('sha256')
  for (const file of readdirSync(MIGRATIONS).sort()) hash.update(file).update(readFileSync(join(MIGRATIONS, file)))
  const template = `template_${hash.digest('hex').slice(0, 16)}`
  const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [template])
  if (rowCount) return template
  const draft = `${template}_draft`
  await admin.query(`drop database if exists ${draft}`)
  await admin.query(`create database ${draft}`)
  const pool = await createPool({ connection: connectionTo(draft), size: 1 })
  try {
    await migrate(pool, MIGRATIONS)
  } finally {
    await pool.end()
  }
  await admin.query(`alter database ${draft} rename to ${template}`)
  return template
}

/** Databases of test processes that were killed. */
async function dropAbandoned(admin: Admin) {
  const { rows } = await admin.query<{ datname: string }>(String.raw`select datname from pg_database where datname like 'test\_%'`)
  for (const { datname } of rows) {
    const pid = Number(datname.split('_')[1])
    if (!isAlive(pid)) await admin.query(`drop database if exists ${datname} with (force)`)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
