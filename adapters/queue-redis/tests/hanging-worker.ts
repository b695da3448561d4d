// Takes one job and never ends it, until it is killed: node hanging-worker.ts <port of Redis> <name>
import { RedisConnection } from '@weft/adapter-redis'
import { BullQueue } from '../src/index.ts'

const [port = '', name = ''] = process.argv.slice(2)
const connection = new RedisConnection({ server: { kind: 'standalone', host: '127.0.0.1', port: Number(port) } })
const queue = new BullQueue({ connection, stalledAfterSeconds: 3 })
await queue.work(name, async () => {
  console.log('started')
  await new Promise(() => setInterval(() => {}, 1000))
})
