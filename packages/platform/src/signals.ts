import { MemoryCache } from '@weft/adapter-memory'
import { PostgresCache, PostgresEventBus } from '@weft/adapter-postgres-signals'
import type { RedisConnection } from '@weft/adapter-redis'
import type { Cache, EventBus, JobQueue } from '@weft/ports'
import type { DatabaseConnection } from './database.ts'
import type { Logger } from './logger.ts'
import type { Settings } from './settings.ts'

/** What the processes of one installation share besides rows: short-lived values, live events, jobs. */
export interface Signals extends AsyncDisposable {
  cache: Cache
  eventBus: EventBus
  queue: JobQueue
}

type Connection = Omit<DatabaseConnection, typeof Symbol.asyncDispose>

/** On Redis where there is one, else on the database. One process on its embedded database keeps short-lived values in memory. */
export async function createSignals(settings: Settings, database: Connection, logger: Logger): Promise<Signals> {
  await using started = new AsyncDisposableStack()
  const onError = (part: string) => (error: Error) => logger.warn({ part, error: error.message }, 'a connection was lost')
  const onListenerError = (error: unknown) => logger.error({ err: error }, 'a listener failed')
  const { pool } = database
  const connection = typeof database.connection === 'string' ? { connectionString: database.connection } : database.connection

  let redis: RedisConnection | undefined
  let cache: Cache
  let eventBus: EventBus
  // Only what is used is loaded: the drivers take time and memory.
  if (settings.redis) {
    const { RedisCache, RedisConnection, RedisEventBus } = await import('@weft/adapter-redis')
    redis = started.use(new RedisConnection(settings.redis, { onError: onError('redis') }))
    cache = started.use(new RedisCache(redis))
    eventBus = started.use(new RedisEventBus(redis, { onListenerError }))
  } else {
    cache = started.use(settings.database.isEmbedded ? new MemoryCache() : new PostgresCache({ pool }))
    eventBus = started.use(new PostgresEventBus({ connection, onError: onError('event bus'), onListenerError }))
  }

  let queue: JobQueue
  if (settings.queue.driver === 'redis' && redis) {
    const { BullQueue } = await import('@weft/adapter-queue-redis')
    queue = started.use(new BullQueue({ connection: redis, onError: onError('queue') }))
  } else {
    const { PgBossQueue } = await import('@weft/adapter-queue-pg')
    queue = started.use(new PgBossQueue({ connection, poolSize: settings.database.isEmbedded ? 2 : 4, onError: onError('queue') }))
  }
  const resources = started.move()
  return { cache, eventBus, queue, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
