import type { Cache } from '@weft/ports'
import type { RedisConnection } from './redis-connection.ts'

const INCREMENT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count`

/** A cache over a borrowed connection; needs Redis 6.2. Every method throws RedisError in an outage. */
export class RedisCache implements Cache {
  readonly #connection: RedisConnection
  readonly #prefix: string

  constructor(connection: RedisConnection, prefix = 'weft:cache:') {
    this.#connection = connection
    this.#prefix = prefix
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#connection.run(client => client.get(this.#prefix + key))) ?? undefined
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    await this.#connection.run(client => client.set(this.#prefix + key, value, 'PX', milliseconds(ttlSeconds)))
  }

  async take(key: string): Promise<string | undefined> {
    return (await this.#connection.run(client => client.getdel(this.#prefix + key))) ?? undefined
  }

  async delete(key: string): Promise<void> {
    await this.#connection.run(client => client.del(this.#prefix + key))
  }

  async increment(key: string, ttlSeconds: number): Promise<number> {
    const count = await this.#connection.run(client => client.eval(INCREMENT, 1, this.#prefix + key, milliseconds(ttlSeconds)))
    return Number(count)
  }

  async check(): Promise<void> {
    await this.#connection.check()
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Redis refuses a time to live of nothing. */
const milliseconds = (seconds: number) => Math.max(1, Math.ceil(seconds * 1000))
