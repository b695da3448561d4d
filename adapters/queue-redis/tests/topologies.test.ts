import { RedisCache, RedisConnection, RedisEventBus, type RedisServer } from '@weft/adapter-redis'
import { servicesOrSkip } from '@weft/testkit/services'
import { cacheSuite, eventBusSuite, jobQueueSuite } from '@weft/testkit/suites'
import { afterAll, describe } from 'vitest'
import { BullQueue } from '../src/index.ts'

const services = await servicesOrSkip({ redisCluster: true, redisSentinel: true })

describe.skipIf(!services)('Redis beyond one server', () => {
  const connections: RedisConnection[] = []
  afterAll(async () => {
    for (const connection of connections) await connection[Symbol.asyncDispose]()
    await services?.[Symbol.asyncDispose]()
  })

  const everything = (name: string, server: RedisServer) => {
    const connection = new RedisConnection({ server })
    connections.push(connection)
    cacheSuite(name, async () => new RedisCache(connection))
    eventBusSuite(name, async () => new RedisEventBus(connection))
    jobQueueSuite(name, {
      connect: async () => new BullQueue({ connection, retryDelaySeconds: 1, stalledAfterSeconds: 3, graceSeconds: 1 }),
      cron: { expression: '*/2 * * * * *', watchSeconds: 7, expectedFirings: [3, 4] },
    })
  }
  everything('a cluster', { kind: 'cluster', nodes: services?.redisCluster.nodes ?? [] })
  const { sentinels = [], serviceName = '' } = services?.redisSentinel ?? {}
  everything('a master behind sentinels', { kind: 'sentinel', sentinels, serviceName })
})
