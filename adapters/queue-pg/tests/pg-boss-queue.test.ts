import { servicesOrSkip } from '@weft/testkit/services'
import { jobQueueSuite, startHangingWorker } from '@weft/testkit/suites'
import { afterAll, describe, expect, it } from 'vitest'
import { PgBossQueue, type PgBossQueueOptions } from '../src/index.ts'

const services = await servicesOrSkip({ postgres: true })
const postgres = services?.postgres

describe.skipIf(!postgres)('pg-boss', () => {
  const options: PgBossQueueOptions = {
    connection: { host: postgres?.host, port: postgres?.port, user: postgres?.user, database: postgres?.database },
    retryDelaySeconds: 1,
    stalledAfterSeconds: 10,
    graceSeconds: 1,
  }
  afterAll(() => services?.[Symbol.asyncDispose]())

  jobQueueSuite('pg-boss', {
    connect: async () => new PgBossQueue(options),
    startHangingWorker: name => startHangingWorker(new URL('hanging-worker.ts', import.meta.url), JSON.stringify(options), name),
    cron: { expression: '* * * * *', watchSeconds: 75, expectedFirings: [1, 2] },
  })

  it('fails clearly when there is no database, and does not connect before it is used', async () => {
    const queue = new PgBossQueue({ connection: { host: '127.0.0.1', port: 1 } })
    await expect(queue.send('job', {})).rejects.toThrow('ECONNREFUSED')
    await queue[Symbol.asyncDispose]()
    await new PgBossQueue({ connection: { host: '127.0.0.1', port: 1 } })[Symbol.asyncDispose]()
  })
})
