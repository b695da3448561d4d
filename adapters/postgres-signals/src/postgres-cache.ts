import type { Cache } from '@weft/ports'
import type { Pool } from 'pg'

export interface PostgresCacheOptions {
  /** Borrowed: whoever made it ends it. */
  pool: Pick<Pool, 'query'>
  /** How often expired entries are cleared away. Milliseconds, default 60,000. */
  sweepInterval?: number
}

/**
 * A cache in an unlogged table, for several processes that share a database and no Redis: what is counted or taken once is
 * counted and taken once by all of them. Empty after a crash of the server.
 */
export class PostgresCache implements Cache {
  readonly #pool: Pick<Pool, 'query'>
  readonly #sweepInterval: number
  #ensured: Promise<void> | undefined
  #sweep: NodeJS.Timeout | undefined

  constructor(options: PostgresCacheOptions) {
    this.#pool = options.pool
    this.#sweepInterval = options.sweepInterval ?? 60_000
  }

  async get(key: string): Promise<string | undefined> {
    return this.#value('select value from weft_cache where key = $1 and expires_at > clock_timestamp()', [key])
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    await this.#value(
      `insert into weft_cache (key, value, expires_at) values ($1, $2, clock_timestamp() + make_interval(secs => $3))
       on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at`,
      [key, value, ttlSeconds],
    )
  }

  async take(key: string): Promise<string | undefined> {
    return this.#value(
      `with taken as (delete from weft_cache where key = $1 returning value, expires_at)
       select value from taken where expires_at > clock_timestamp()`,
      [key],
    )
  }

  async delete(key: string): Promise<void> {
    await this.#value('delete from weft_cache where key = $1', [key])
  }

  async increment(key: string, ttlSeconds: number): Promise<number> {
    const count = await this.#value(
      `insert into weft_cache as old (key, value, expires_at) values ($1, '1', clock_timestamp() + make_interval(secs => $2))
       on conflict (key) do update set
         value = case when old.expires_at > clock_timestamp() then (old.value::bigint + 1)::text else '1' end,
         expires_at = case when old.expires_at > clock_timestamp() then old.expires_at else excluded.expires_at end
       returning value`,
      [key, ttlSeconds],
    )
    return Number(count)
  }

  async check(): Promise<void> {
    await this.#value('select null as value', [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep)
  }

  async #value(text: string, values: unknown[]): Promise<string | undefined> {
    this.#ensured ??= this.#ensure().catch(error => {
      this.#ensured = undefined
      throw error
    })
    await this.#ensured
    const { rows } = await this.#pool.query<{ value: string }>(text, values)
    return rows[0]?.value
  }

  async #ensure() {
    const { rowCount } = await this.#pool.query("select 1 where to_regclass('weft_cache') is not null")
    // Two processes that create a table at the same moment disturb each other, hence the lock.
    if (!rowCount) {
      await this.#pool.query(`
        do $$ begin
          perform pg_advisory_xact_lock(hashtext('weft_cache'));
          create unlogged table if not exists weft_cache (key text primary key, value text not null, expires_at timestamptz not null);
          create index if not exists weft_cache_expires_at on weft_cache (expires_at);
        end $$`)
    }
    this.#sweep ??= setInterval(() => void this.#clearExpired().catch(() => {}), this.#sweepInterval).unref()
  }

  /** In small steps that wait for nobody; processes may do it at the same time. */
  async #clearExpired() {
    for (let deleted: number | null = 1000; deleted === 1000; ) {
      const { rowCount } = await this.#pool.query(`
        delete from weft_cache where key in (
          select key from weft_cache where expires_at < clock_timestamp() order by expires_at limit 1000 for update skip locked)`)
      deleted = rowCount
    }
  }
}
