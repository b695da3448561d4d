import { fileURLToPath } from 'node:url'
import { startEmbeddedPostgres } from '@weft/adapter-embedded-postgres'
import { createPool, migrate } from '@weft/adapter-postgres'
import { createDatabase, type Database } from '@weft/core'
import type { Pool } from 'pg'
import type { Logger } from './logger.ts'
import type { Settings } from './settings.ts'

export interface DatabaseConnection extends AsyncDisposable {
  database: Database
  pool: Pool
  /** How other drivers reach the same server. */
  connection: Settings['database']['connection']
}

/** The folder of the SQL migrations. */
export const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.resolve('@weft/core')))

/** Starts or reaches the database, and brings its tables up to date. */
export async function connectDatabase(settings: Settings, logger: Logger): Promise<DatabaseConnection> {
  await using started = new AsyncDisposableStack()
  let connection = settings.database.connection
  if (settings.database.isEmbedded) {
    const server = started.use(
      await startEmbeddedPostgres({
        folder: `${settings.server.dataFolder}/postgres`,
        onLog: line => logger.debug({ postgres: line }, 'postgres'),
      }),
    )
    connection = { host: server.host, port: server.port, user: server.user, password: server.password, database: server.database }
  }
  const pool = await createPool({
    connection,
    size: settings.database.poolSize,
    idleSeconds: settings.database.isEmbedded ? 5 : 30,
    onError: error => logger.warn({ error: error.message }, 'database connection lost'),
  })
  started.defer(() => pool.end())
  if (settings.database.hasMigrations) {
    const migrations = await migrate(pool, MIGRATIONS)
    if (migrations.length) logger.info({ migrations }, 'database brought up to date')
  }
  const resources = started.move()
  return { database: createDatabase(pool), pool, connection, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
