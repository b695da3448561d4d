import { Pool, type PoolConfig } from 'pg'

export interface PoolOptions {
  /** `postgres://…`, or the parts of one. */
  connection: string | { host: string; port: number; user: string; password: string; database: string }
  /** Most connections at once. */
  size: number
  /** Until an idle connection is let go of. Default 30. */
  idleSeconds?: number
  /** Shown in `pg_stat_activity`. */
  applicationName?: string
  onError?: (error: Error) => void
}

const LOWEST_VERSION = 15

export class DatabaseUnusableError extends Error {
  readonly code = 'database-unusable'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseUnusableError'
  }
}

/**
 * Connections to a PostgreSQL that has been reached once and is new enough. Idle ones are let go of, since each costs the server memory.
 * @throws DatabaseUnusableError
 */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const config: PoolConfig = {
    ...(typeof options.connection === 'string' ? { connectionString: options.connection } : options.connection),
    max: options.size,
    idleTimeoutMillis: (options.idleSeconds ?? 30) * 1000,
    connectionTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: options.applicationName ?? 'weft',
    options: '-c timezone=UTC',
  }
  const pool = new Pool(config)
  // An idle connection that the server closes is replaced by the next query; without a listener it would end the process.
  pool.on('error', error => options.onError?.(error))
  try {
    const { rows } = await pool.query<{ version: string }>("select current_setting('server_version_num') as version")
    const version = Math.floor(Number(rows[0]?.version) / 10_000)
    if (version < LOWEST_VERSION)
      throw new DatabaseUnusableError(`Weft needs PostgreSQL ${LOWEST_VERSION} or later; this server is version ${version}.`)
  } catch (error) {
    await pool.end()
    if (error instanceof DatabaseUnusableError) throw error
    throw new DatabaseUnusableError(`The database could not be reached: ${reasonOf(error)}`, { cause: error })
  }
  return pool
}

/** The driver's reason; a refused connection to several addresses has one per address. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
