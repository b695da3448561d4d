import { type RedisOptions as ClientOptions, Cluster, Redis, ReplyError } from 'ioredis'
import { RedisError } from './redis-error.ts'
import { type RedisOptions, tlsOptions } from './redis-options.ts'

export interface RedisConnectionBounds {
  /** How long a command may wait for the connection and its answer. Milliseconds, default 5000. */
  commandTimeout?: number
  /** Hears of lost connections and failed attempts to reconnect. Commands report their own failures. */
  onError?: (error: Error) => void
}

/**
 * A connection that is made on first use and made again whenever it breaks. Short outages only delay commands; in longer ones
 * each fails by its time limit.
 */
export class RedisConnection implements AsyncDisposable {
  readonly client: Redis | Cluster
  readonly #options: RedisOptions
  readonly #bounds: RedisConnectionBounds

  constructor(options: RedisOptions, bounds: RedisConnectionBounds = {}) {
    this.#options = options
    this.#bounds = bounds
    this.client = this.#createClient({ maxRetriesPerRequest: RETRIES_PER_COMMAND, socketTimeout: 10_000 })
  }

  /** Another connection to the same server whose commands wait for as long as an outage lasts: for queues. */
  createPatientClient(): Redis | Cluster {
    return this.#createClient({ maxRetriesPerRequest: null })
  }

  /** Another connection for subscriptions only. */
  createSubscriber(): Redis | Cluster {
    return this.#createClient({ maxRetriesPerRequest: null, socketTimeout: 10_000 })
  }

  /** Carries a command out within the time limit. @throws RedisError */
  async run<T>(command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    return bounded(command(this.client), this.#bounds.commandTimeout ?? 5000)
  }

  /** As `run`, for a command on another client. @throws RedisError */
  async bound<T>(answer: Promise<T>): Promise<T> {
    return bounded(answer, this.#bounds.commandTimeout ?? 5000)
  }

  async check(): Promise<void> {
    // The client goes on with database 0 where it may not have the wanted one; here that is an error.
    const { db } = this.#options
    await this.run(client => (db && client instanceof Redis ? client.select(db) : client.ping()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeClient(this.client)
  }

  #createClient(patience: Pick<ClientOptions, 'maxRetriesPerRequest' | 'socketTimeout'>): Redis | Cluster {
    const { server, username, password, db, tls, protocol } = this.#options
    const common: ClientOptions = {
      ...patience,
      username: username || undefined,
      password: password || undefined,
      db: db ?? 0,
      tls: tls && tlsOptions(tls),
      protocol: protocol ?? 3,
      connectTimeout: 3000,
      lazyConnect: true,
      retryStrategy,
      // After a failover the old master answers so; reconnecting finds the new one.
      reconnectOnError: error => (error.message.startsWith('READONLY') ? 2 : false),
    }
    const client = this.#clientOf(server, common)
    client.on('error', error => this.#bounds.onError?.(error))
    return client
  }

  #clientOf(server: RedisOptions['server'], common: ClientOptions): Redis | Cluster {
    if (server.kind === 'standalone') return new Redis({ ...common, host: server.host, port: server.port })
    if (server.kind === 'cluster') {
      const { db: _, retryStrategy: __, lazyConnect: ___, ...redisOptions } = common
      return new Cluster(server.nodes, {
        redisOptions,
        lazyConnect: true,
        clusterRetryStrategy: retryStrategy,
        clusterNodeRetryStrategy: retryStrategy,
        // Certificates name hosts, not addresses.
        dnsLookup: common.tls && ((address, callback) => callback(null, address)),
      })
    }
    return new Redis({
      ...common,
      sentinels: server.sentinels,
      name: server.serviceName,
      sentinelUsername: server.username || undefined,
      sentinelPassword: server.password || undefined,
      sentinelCommandTimeout: server.timeoutMilliseconds ?? 1000,
      sentinelTLS: common.tls,
      enableTLSForSentinelMode: common.tls !== undefined,
      sentinelRetryStrategy: retryStrategy,
      failoverDetector: true,
    })
  }
}

/** With the delays below, about four seconds of refused connections before waiting commands fail. */
const RETRIES_PER_COMMAND = 10

const retryStrategy = (attempt: number) => Math.min(50 * 2 ** (attempt - 1), 500)

/** Ends a client politely, or at once where the server does not answer. */
export async function closeClient(client: Redis | Cluster): Promise<void> {
  if (client.status !== 'ready') return client.disconnect()
  await bounded(client.quit(), 1000).catch(() => client.disconnect())
}

async function bounded<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => timeout.reject(new RedisError('redis-unavailable', `Redis did not answer within ${milliseconds} ms`)),
    milliseconds,
  )
  try {
    return await Promise.race([answer, timeout.promise])
  } catch (error) {
    if (error instanceof RedisError) throw error
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof ReplyError) throw new RedisError('redis-refused', `Redis refused: ${message}`, { cause: error })
    throw new RedisError('redis-unavailable', `Redis cannot be reached: ${message}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
