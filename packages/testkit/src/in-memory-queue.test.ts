import { createInMemoryQueue } from './in-memory-queue.ts'
import { jobQueueSuite } from './job-queue-suite.ts'

const queue = createInMemoryQueue()
jobQueueSuite('memory', {
  connect: async () => queue.connect(),
  cron: { expression: '*/2 * * * * *', watchSeconds: 7, expectedFirings: [3, 4] },
})
