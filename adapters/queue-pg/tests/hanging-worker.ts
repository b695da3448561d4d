// Takes one job and never ends it, until it is killed: node hanging-worker.ts <options as JSON> <name>
import { PgBossQueue, type PgBossQueueOptions } from '../src/index.ts'

const [options = '', name = ''] = process.argv.slice(2)
const queue = new PgBossQueue(JSON.parse(options) as PgBossQueueOptions)
await queue.work(name, async () => {
  console.log('started')
  await new Promise(() => setInterval(() => {}, 1000))
})
