import { setTimeout as sleep } from 'node:timers/promises'
import { servicesOrSkip } from '@weft/testkit/services'
import { cacheSuite, eventBusSuite } from '@weft/testkit/suites'
import { Pool } from 'pg'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { PostgresCache } from './postgres-cache.ts'
import { PostgresEventBus, type PostgresEventBusOptions } from './postgres-event-bus.ts'

const services = await servicesOrSkip({ postgres: true })
const postgres = services?.postgres

describe.skipIf(!postgres)('PostgreSQL', () => {
  const connection = { host: postgres?.host, port: postgres?.port, user: postgres?.user, database: postgres?.database }
  const pool = new Pool({ ...connection, max: 10 })
  pool.on('error', () => {})
  const buses: PostgresEventBus[] = []
  const createBus = (options: Partial<PostgresEventBusOptions> = {}) => {
    const bus = new PostgresEventBus({ connection, ...options })
    buses.push(bus)
    return bus
  }
  afterAll(async () => {
    for (const bus of buses) await bus[Symbol.asyncDispose]()
    await pool.end()
    await services?.[Symbol.asyncDispose]()
  })

  cacheSuite('PostgreSQL', async () => new PostgresCache({ pool }))
  eventBusSuite('PostgreSQL', async () => createBus())

  describe('PostgresCache', () => {
    it('makes its table once however many processes begin together', async () => {
      await pool.query('drop table if exists weft_cache')
      const caches = Array.from({ length: 8 }, () => new PostgresCache({ pool }))
      const counts = await Promise.all(caches.map(cache => cache.increment('together', 60)))
      expect(counts.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      for (const cache of caches) await cache[Symbol.asyncDispose]()
    })

    it('clears expired entries away', async () => {
      const cache = new PostgresCache({ pool, sweepInterval: 50 })
      await cache.set('expiring', 'value', 0.01)
      await cache.set('staying', 'value', 60)
      await vi.waitFor(async () => {
        const { rows } = await pool.query("select key from weft_cache where key in ('expiring', 'staying')")
        expect(rows).toEqual([{ key: 'staying' }])
      })
      await cache[Symbol.asyncDispose]()
    })
  })

  describe('PostgresEventBus', () => {
    it('refuses a message that NOTIFY cannot carry, and carries the largest it can', async () => {
      const bus = createBus()
      const received: string[] = []
      await bus.subscribe('large', message => received.push(message))
      await expect(bus.publish('large', 'ä'.repeat(3951))).rejects.toMatchObject({ code: 'message-too-large', message: /7902 bytes/ })
      await bus.publish('large', 'ä'.repeat(3950))
      await vi.waitFor(() => expect(received).toEqual(['ä'.repeat(3950)]))
    })

    it('listens again after its connection was cut', async () => {
      const [bus, publisher] = [createBus(), createBus()]
      const received: string[] = []
      await bus.subscribe('durable', message => received.push(message))
      await pool.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'weft events'")
      await vi.waitFor(
        async () => {
          await publisher.publish('durable', 'hello')
          expect(received).toContain('hello')
        },
        { timeout: 5000, interval: 100 },
      )
    })

    it('goes on after a restart of the server, and meanwhile fails in time', async () => {
      const bus = createBus({ statementTimeout: 700 })
      const received: string[] = []
      await bus.subscribe('restarted', message => received.push(message))
      await postgres?.stop()
      await expect(bus.publish('restarted', 'lost')).rejects.toMatchObject({ code: 'unavailable' })
      await postgres?.start()
      await vi.waitFor(
        async () => {
          await bus.publish('restarted', 'found')
          expect(received).toContain('found')
        },
        { timeout: 8000, interval: 100 },
      )
    })

    it('passes many small messages quickly', async () => {
      const [bus, publisher] = [createBus(), createBus()]
      let count = 0
      await bus.subscribe('busy', () => count++)
      const begun = Date.now()
      await Promise.all(Array.from({ length: 5000 }, (_, index) => publisher.publish('busy', `delta ${index}`)))
      await vi.waitFor(() => expect(count).toBe(5000), { timeout: 10_000 })
      expect(Date.now() - begun).toBeLessThan(5000)
    })

    it('refuses to work once it is closed', async () => {
      const bus = createBus()
      await bus.subscribe('closed', () => {})
      await bus[Symbol.asyncDispose]()
      await expect(bus.publish('closed', 'message')).rejects.toMatchObject({ code: 'closed' })
      await sleep(10)
    })
  })
})
