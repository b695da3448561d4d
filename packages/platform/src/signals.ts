import { MemoryCache } from '@weft/adapter-memory'
import { PostgresCache, PostgresEventBus } from '@weft/adapter-postgres-signals'
import { PgBossQueue } from '@weft/adapter-queue-pg'
import { BullQueue } from '@weft/adapter-queue-redis'
import { RedisCache, RedisConnection, RedisEventBus } from '@weft/adapter-redis'
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
export function createSignals(settings: Settings, { pool, connection }: Connection, logger: Logger): Signals {
  const resources = new AsyncDisposableStack()
  const onError = (part: string) => (error: Error) => logger.warn({ part, error: error.message }, 'a connection was lost')
  const onListenerError = (error: unknown) => logger.error({ err: error }, 'a listener failed')
  const parts = typeof connection === 'string' ? { connectionString: connection } : connection

  const redis = settings.redis && resources.use(new RedisConnection(settings.redis, { onError: onError('redis') }))
  const databaseCache = () => (settings.database.isEmbedded ? new MemoryCache() : new PostgresCache({ pool }))
  const cache = resources.use(redis ? new RedisCache(redis) : databaseCache())
  const eventBus = resources.use(
    redis
      ? new RedisEventBus(redis, { onListenerError })
      : new PostgresEventBus({ connection: parts, onError: onError('event bus'), onListenerError }),
  )
  const queue = resources.use(
    settings.queue.driver === 'redis' && redis
      ? new BullQueue({ connection: redis, onError: onError('queue') })
      : new PgBossQueue({ connection: parts, poolSize: settings.database.isEmbedded ? 2 : 4, onError: onError('queue') }),
  )
  return { cache, eventBus, queue, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
