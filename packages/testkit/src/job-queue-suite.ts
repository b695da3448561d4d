import { setTimeout as sleep } from 'node:timers/promises'
import { Float, type ValueMap } from '@weft/contracts'
import type { JobQueue } from '@weft/ports'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

export interface JobQueueSuiteOptions {
  /** A queue of its own over the same jobs, as another process would have. Retries after about one second. */
  connect: () => Promise<JobQueue>
  /**
   * A process that takes a job of the name, writes `started` and never ends it; resolves once it is working. Left out where
   * jobs do not outlive a process.
   */
  startHangingWorker?: (name: string) => Promise<{ kill(): Promise<void> }>
  /** An expression that fires soon, and how long to watch it. */
  cron: { expression: string; watchSeconds: number; expectedFirings: [least: number, most: number] }
}

/** What every job queue does. */
export function jobQueueSuite(name: string, options: JobQueueSuiteOptions) {
  describe.concurrent(`${name} as a job queue`, () => {
    const queues: JobQueue[] = []
    const connect = async () => {
      const queue = await options.connect()
      queues.push(queue)
      return queue
    }
    let sender: JobQueue
    let worker: JobQueue
    beforeAll(async () => {
      sender = await connect()
      worker = await connect()
    })
    afterAll(() => Promise.all(queues.map(queue => queue[Symbol.asyncDispose]())))

    const patiently = { timeout: 20_000, interval: 20 }

    it('hands a job to a worker of its name, in another process too', async ({ expect }) => {
      const received: ValueMap[] = []
      await sender.send('deliver', { number: 1 })
      await worker.work('deliver', async payload => void received.push(payload))
      await sender.send('deliver', { number: 2 })
      await vi.waitFor(() => expect(received).toHaveLength(2), patiently)
      expect(received.toSorted((left, right) => Number(left.number) - Number(right.number))).toEqual([{ number: 1 }, { number: 2 }])
    })

    it('keeps the numbers and texts of a payload as they were', async ({ expect }) => {
      const received: ValueMap[] = []
      const payload = {
        float: new Float(1),
        large: 12345678901234567890n,
        fraction: 0.1,
        text: 'žluťoučký 🧵\n',
        nested: { z: [], a: [null, true] },
      }
      await worker.work('payloads', async job => void received.push(job))
      await sender.send('payloads', payload)
      await vi.waitFor(() => expect(received).toEqual([payload]), patiently)
      expect(received[0]?.float).toBeInstanceOf(Float)
    })

    it('wakes an idle worker at once', async ({ expect }) => {
      let receivedAt = 0
      await worker.work('prompt', async () => {
        receivedAt = Date.now()
      })
      await sleep(1500)
      const sentAt = Date.now()
      await sender.send('prompt', {})
      await vi.waitFor(() => expect(receivedAt).not.toBe(0), patiently)
      expect(receivedAt - sentAt).toBeLessThan(1000)
    })

    it('waits before it hands out a delayed job', async ({ expect }) => {
      let receivedAt = 0
      await worker.work('delayed', async () => {
        receivedAt = Date.now()
      })
      const sentAt = Date.now()
      await sender.send('delayed', {}, { delaySeconds: 2 })
      await vi.waitFor(() => expect(receivedAt).not.toBe(0), patiently)
      expect(receivedAt - sentAt).toBeGreaterThanOrEqual(1900)
    })

    it('queues a key once, and again when its job has begun', async ({ expect }) => {
      const received: ValueMap[] = []
      const release = Promise.withResolvers<void>()
      await Promise.all(Array.from({ length: 5 }, (_, number) => sender.send('keyed', { key: 'a', number }, { singletonKey: 'a' })))
      await sender.send('keyed', { key: 'b' }, { singletonKey: 'b' })
      await sender.send('keyed', { key: 'none' })
      await sender.send('keyed', { key: 'none' })
      await worker.work(
        'keyed',
        async payload => {
          received.push(payload)
          await release.promise
        },
        { concurrency: 10 },
      )
      const keys = () => received.map(payload => payload.key).toSorted()
      await vi.waitFor(() => expect(keys()).toEqual(['a', 'b', 'none', 'none']), patiently)
      await sender.send('keyed', { key: 'a' }, { singletonKey: 'a' })
      await vi.waitFor(() => expect(keys()).toEqual(['a', 'a', 'b', 'none', 'none']), patiently)
      release.resolve()
      await sleep(500)
      await sender.send('keyed', { key: 'a' }, { singletonKey: 'a' })
      await vi.waitFor(() => expect(keys()).toEqual(['a', 'a', 'a', 'b', 'none', 'none']), patiently)
    })

    it('repeats a job that failed, after a growing delay, until it succeeds', async ({ expect }) => {
      const attempts: number[] = []
      await worker.work('flaky', async () => {
        attempts.push(Date.now())
        if (attempts.length < 3) throw new Error('not yet')
      })
      await sender.send('flaky', {})
      await vi.waitFor(() => expect(attempts).toHaveLength(3), patiently)
      const [first = 0, second = 0, third = 0] = attempts
      expect(second - first).toBeGreaterThanOrEqual(400)
      expect(third - second).toBeGreaterThanOrEqual(900)
      await sleep(3000)
      expect(attempts).toHaveLength(3)
    })

    it('gives a job up after its limit', async ({ expect }) => {
      const attempts = { once: 0, twice: 0 }
      await worker.work('hopeless', async payload => {
        attempts[payload.limit === 0 ? 'once' : 'twice']++
        throw new Error('never')
      })
      await sender.send('hopeless', { limit: 0 }, { retryLimit: 0 })
      await sender.send('hopeless', { limit: 1 }, { retryLimit: 1 })
      await vi.waitFor(() => expect(attempts).toEqual({ once: 1, twice: 2 }), patiently)
      await sleep(4000)
      expect(attempts).toEqual({ once: 1, twice: 2 })
    })

    it('works on as many jobs at once as it may, and one unless told', async ({ expect }) => {
      const running = { single: 0, many: 0 }
      const most = { single: 0, many: 0 }
      let done = 0
      const handle = (kind: 'single' | 'many') => async () => {
        most[kind] = Math.max(most[kind], ++running[kind])
        await sleep(150)
        running[kind]--
        done++
      }
      for (let index = 0; index < 6; index++) {
        await sender.send('single', {})
        await sender.send('many', {})
      }
      await worker.work('single', handle('single'))
      await worker.work('many', handle('many'), { concurrency: 3 })
      await vi.waitFor(() => expect(done).toBe(12), patiently)
      expect(most.single).toBe(1)
      expect(most.many).toBeGreaterThan(1)
      expect(most.many).toBeLessThanOrEqual(3)
    })

    it('works through a backlog without pauses', async ({ expect }) => {
      let done = 0
      await Promise.all(Array.from({ length: 40 }, (_, number) => sender.send('backlog', { number })))
      await worker.work('backlog', async () => void done++)
      await vi.waitFor(() => expect(done).toBe(40), { timeout: 5000, interval: 20 })
    })

    it('gives every job to exactly one of several workers', async ({ expect }) => {
      const other = await connect()
      const received: number[] = []
      for (const queue of [worker, other]) {
        await queue.work(
          'divided',
          async payload => {
            received.push(Number(payload.number))
            await sleep(5)
          },
          { concurrency: 4 },
        )
      }
      await Promise.all(Array.from({ length: 60 }, (_, number) => sender.send('divided', { number })))
      await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(60), patiently)
      await sleep(200)
      expect(received.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 60 }, (_, number) => number))
    })

    it('lets running jobs end when it closes, and takes no more', async ({ expect }) => {
      const closing = await connect()
      const events: string[] = []
      await closing.work('finishing', async payload => {
        events.push(`begun ${payload.number}`)
        await sleep(500)
        events.push(`done ${payload.number}`)
      })
      await sender.send('finishing', { number: 1 })
      await vi.waitFor(() => expect(events).toEqual(['begun 1']), patiently)
      const closed = closing[Symbol.asyncDispose]()
      await sender.send('finishing', { number: 2 })
      await closed
      expect(events).toEqual(['begun 1', 'done 1'])
      await worker.work('finishing', async payload => void events.push(`elsewhere ${payload.number}`))
      await vi.waitFor(() => expect(events).toEqual(['begun 1', 'done 1', 'elsewhere 2']), patiently)
    })

    it('tells a job that does not end to stop, and hands it to another worker', async ({ expect }) => {
      const closing = await connect()
      const events: string[] = []
      await closing.work('handed-back', async (payload, signal) => {
        events.push(`begun ${payload.number}`)
        await sleep(600_000, undefined, { signal })
      })
      await sender.send('handed-back', { number: 1 }, { retryLimit: 0, singletonKey: 'one' })
      await vi.waitFor(() => expect(events).toEqual(['begun 1']), patiently)
      await closing[Symbol.asyncDispose]()
      await worker.work('handed-back', async payload => void events.push(`elsewhere ${payload.number}`))
      await vi.waitFor(() => expect(events).toEqual(['begun 1', 'elsewhere 1']), { ...patiently, timeout: 5000 })
    })

    it.skipIf(!options.startHangingWorker)('repeats a job whose worker was killed', { timeout: 90_000 }, async ({ expect }) => {
      const received: ValueMap[] = []
      await sender.send('orphaned', { number: 1 }, { retryLimit: 0 })
      const hanging = await options.startHangingWorker?.('orphaned')
      await worker.work('orphaned', async payload => void received.push(payload))
      await sleep(1000)
      expect(received).toEqual([])
      await hanging?.kill()
      await vi.waitFor(() => expect(received).toEqual([{ number: 1 }]), { timeout: 60_000, interval: 50 })
      await sleep(1000)
      expect(received).toHaveLength(1)
    })

    it('fires a schedule once each time, however many processes have it', { timeout: 120_000 }, async ({ expect }) => {
      const firings: ValueMap[] = []
      const other = await connect()
      for (const queue of [worker, other]) {
        await queue.work('scheduled', async payload => void firings.push(payload))
        await queue.schedule('scheduled', options.cron.expression, { from: 'schedule' })
        await queue.schedule('scheduled', options.cron.expression, { from: 'schedule' })
      }
      await sleep(options.cron.watchSeconds * 1000)
      const [least, most] = options.cron.expectedFirings
      expect(firings.length).toBeGreaterThanOrEqual(least)
      expect(firings.length).toBeLessThanOrEqual(most)
      expect(firings[0]).toEqual({ from: 'schedule' })
    })

    it('refuses an expression that is no cron expression', async ({ expect }) => {
      await expect(sender.schedule('unscheduled', 'every day')).rejects.toThrow()
    })

    it('says that it is well', async () => {
      await sender.check()
    })
  })

  it('closes twice without an error', async () => {
    const queue = await options.connect()
    await queue.check()
    await queue[Symbol.asyncDispose]()
    await queue[Symbol.asyncDispose]()
    await expect(queue.send('closed', {})).rejects.toThrow('closed')
  })
}
