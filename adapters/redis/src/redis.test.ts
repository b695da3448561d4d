import { setTimeout as sleep } from 'node:timers/promises'
import { servicesOrSkip } from '@weft/testkit/services'
import { cacheSuite, eventBusSuite } from '@weft/testkit/suites'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { RedisCache } from './redis-cache.ts'
import { RedisConnection } from './redis-connection.ts'
import { RedisEventBus } from './redis-event-bus.ts'
import { parseRedisAddresses } from './redis-options.ts'

const services = await servicesOrSkip({ redis: true })
const redis = services?.redis

describe.skipIf(!redis)('Redis', () => {
  const open: AsyncDisposable[] = []
  const connect = (bounds = {}) => {
    const connection = new RedisConnection({ server: { kind: 'standalone', host: redis?.host ?? '', port: redis?.port ?? 0 } }, bounds)
    open.push(connection)
    return connection
  }
  const createBus = () => {
    const bus = new RedisEventBus(connect())
    open.push(bus)
    return bus
  }
  afterAll(async () => {
    for (const each of open.toReversed()) await each[Symbol.asyncDispose]()
    await services?.[Symbol.asyncDispose]()
  })

  it('is the version that Debian 12 has', () => {
    expect(redis?.version).toMatch(/Redis server v=7\./)
  })

  cacheSuite('Redis', async () => new RedisCache(connect()))
  eventBusSuite('Redis', async () => createBus())

  it('says what the server refuses', async () => {
    const server = { kind: 'standalone', host: redis?.host ?? '', port: redis?.port ?? 0 } as const
    for (const wrong of [{ db: 99 }, { username: 'nobody', password: 'wrong' }]) {
      const connection = new RedisConnection({ server, ...wrong }, { commandTimeout: 1000 })
      await expect(connection.check(), Object.keys(wrong)[0]).rejects.toMatchObject({ name: 'RedisError' })
      await connection[Symbol.asyncDispose]()
    }
    await expect(connect().run(client => client.call('NONSENSE') as Promise<unknown>)).rejects.toMatchObject({ code: 'redis-refused' })
  })

  it('goes on after a restart of the server: commands wait, subscriptions come back', async () => {
    const cache = new RedisCache(connect())
    const publisher = createBus()
    const bus = createBus()
    const received: string[] = []
    await bus.subscribe('durable', message => received.push(message))
    await cache.set('before', 'value', 60)
    await redis?.stop('SIGKILL')
    const waiting = cache.set('during', 'value', 60)
    await sleep(500)
    await redis?.start()
    await waiting
    expect(await cache.get('during')).toBe('value')
    await vi.waitFor(
      async () => {
        await publisher.publish('durable', 'hello')
        expect(received).toContain('hello')
      },
      { timeout: 5000, interval: 100 },
    )
  })

  it('fails commands by their time limit in a long outage, with a clear error, and recovers', async () => {
    const connection = connect({ commandTimeout: 700 })
    const cache = new RedisCache(connection)
    await cache.check()
    await redis?.stop()
    const begun = Date.now()
    await expect(cache.get('key')).rejects.toMatchObject({ code: 'redis-unavailable', message: 'Redis did not answer within 700 ms' })
    expect(Date.now() - begun).toBeLessThan(1500)
    await expect(createBus().publish('channel', 'message')).rejects.toMatchObject({ code: 'redis-unavailable' })
    await redis?.start()
    await vi.waitFor(() => cache.check(), { timeout: 5000 })
  })

  it('closes at once when the server is away', async () => {
    const connection = connect()
    const bus = new RedisEventBus(connection)
    await bus.subscribe('channel', () => {})
    await redis?.stop()
    const begun = Date.now()
    await bus[Symbol.asyncDispose]()
    await connection[Symbol.asyncDispose]()
    expect(Date.now() - begun).toBeLessThan(2000)
    await redis?.start()
  })
})

describe('parseRedisAddresses', () => {
  it('reads the lists of Dify', () => {
    expect(parseRedisAddresses('redis-1:26379, 10.0.0.2:26380,[::1]:7000,plain')).toEqual([
      { host: 'redis-1', port: 26379 },
      { host: '10.0.0.2', port: 26380 },
      { host: '::1', port: 7000 },
      { host: 'plain', port: 6379 },
    ])
    expect(parseRedisAddresses('')).toEqual([])
    expect(() => parseRedisAddresses('host:99999')).toThrow('not an address')
  })
})
