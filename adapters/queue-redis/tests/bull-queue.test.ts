import { RedisConnection } from '@weft/adapter-redis'
import { servicesOrSkip } from '@weft/testkit/services'
import { jobQueueSuite, startHangingWorker } from '@weft/testkit/suites'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { BullQueue } from '../src/index.ts'

const services = await servicesOrSkip({ redis: true })
const redis = services?.redis

describe.skipIf(!redis)('BullMQ', () => {
  const connection = new RedisConnection({ server: { kind: 'standalone', host: redis?.host ?? '', port: redis?.port ?? 0 } })
  const connect = () => new BullQueue({ connection, retryDelaySeconds: 1, stalledAfterSeconds: 3, graceSeconds: 1 })
  afterAll(async () => {
    await connection[Symbol.asyncDispose]()
    await services?.[Symbol.asyncDispose]()
  })

  jobQueueSuite('BullMQ', {
    connect: async () => connect(),
    startHangingWorker: name => startHangingWorker(new URL('hanging-worker.ts', import.meta.url), String(redis?.port), name),
    cron: { expression: '*/2 * * * * *', watchSeconds: 7, expectedFirings: [3, 4] },
  })

  it('goes on after Redis was away: senders fail in time, workers come back', async () => {
    const impatient = new RedisConnection(
      { server: { kind: 'standalone', host: redis?.host ?? '', port: redis?.port ?? 0 } },
      { commandTimeout: 700 },
    )
    const queue = new BullQueue({ connection: impatient, graceSeconds: 1 })
    const received: unknown[] = []
    await queue.work('outage', async payload => void received.push(payload.number))
    await redis?.stop('SIGKILL')
    await expect(queue.send('outage', { number: 1 })).rejects.toMatchObject({ code: 'redis-unavailable' })
    await redis?.start()
    await vi.waitFor(() => queue.send('outage', { number: 2 }), { timeout: 5000 })
    await vi.waitFor(() => expect(received).toContain(2), { timeout: 10_000 })
    await queue[Symbol.asyncDispose]()
    await impatient[Symbol.asyncDispose]()
  })

  it('can be made while Redis is away', async () => {
    await redis?.stop('SIGKILL')
    const queue = connect()
    const sending = queue.send('early', { number: 1 })
    await redis?.start()
    await sending
    const received: unknown[] = []
    await queue.work('early', async payload => void received.push(payload.number))
    await vi.waitFor(() => expect(received).toEqual([1]), { timeout: 5000 })
    await queue[Symbol.asyncDispose]()
  })
})
