import { parseJson, stringifyJson, type ValueMap } from '@weft/contracts'
import type { JobQueue } from '@weft/ports'
import { CronExpressionParser } from 'cron-parser'

export interface InMemoryQueueOptions {
  /** Before the first retry; each further one waits twice as long. Default 1000. */
  retryMilliseconds?: number
  /** How long a closing queue lets its jobs run before it tells them to stop. Default 1000. */
  graceMilliseconds?: number
}

/** A queue within one process. `connect` gives another one over the same jobs, as another process would have. */
export function createInMemoryQueue(options: InMemoryQueueOptions = {}): JobQueue & { connect(): JobQueue } {
  return new InMemoryQueue(new SharedJobs(), options)
}

type Handler = (payload: ValueMap, signal: AbortSignal) => Promise<void>

interface Job {
  name: string
  /** JSON text, so that sender and handler share no objects. */
  payload: string
  singletonKey: string | undefined
  retryLimit: number
  failures: number
}

interface Worker {
  name: string
  concurrency: number
  running: Set<Promise<void>>
  run: (job: Job) => Promise<void>
}

class SharedJobs {
  readonly workers = new Set<Worker>()
  readonly #ready: Job[] = []
  readonly #delayed = new Set<Job>()
  readonly #schedules = new Map<string, NodeJS.Timeout>()

  add(job: Job, delayMilliseconds: number) {
    if (delayMilliseconds <= 0) {
      this.#ready.push(job)
      this.dispatch()
      return
    }
    this.#delayed.add(job)
    setTimeout(() => {
      this.#delayed.delete(job)
      this.add(job, 0)
    }, delayMilliseconds).unref()
  }

  hasQueued(name: string, singletonKey: string): boolean {
    return [...this.#ready, ...this.#delayed].some(job => job.name === name && job.singletonKey === singletonKey)
  }

  dispatch() {
    for (const worker of this.workers) {
      while (worker.running.size < worker.concurrency) {
        const index = this.#ready.findIndex(job => job.name === worker.name)
        const job = this.#ready[index]
        if (!job) break
        this.#ready.splice(index, 1)
        const running: Promise<void> = worker.run(job).finally(() => {
          worker.running.delete(running)
          this.dispatch()
        })
        worker.running.add(running)
      }
    }
  }

  schedule(name: string, cron: string, fire: () => void) {
    const next = CronExpressionParser.parse(cron, { tz: 'UTC' }).next().getTime()
    clearTimeout(this.#schedules.get(name))
    const timer = setTimeout(() => {
      fire()
      this.schedule(name, cron, fire)
    }, next - Date.now())
    this.#schedules.set(name, timer.unref())
  }
}

class InMemoryQueue implements JobQueue {
  readonly #jobs: SharedJobs
  readonly #options: InMemoryQueueOptions
  readonly #workers: Worker[] = []
  readonly #stopping = new AbortController()
  #isClosed = false

  constructor(jobs: SharedJobs, options: InMemoryQueueOptions) {
    this.#jobs = jobs
    this.#options = options
  }

  connect(): JobQueue {
    return new InMemoryQueue(this.#jobs, this.#options)
  }

  async send(
    name: string,
    payload: ValueMap,
    options: { delaySeconds?: number; singletonKey?: string; retryLimit?: number } = {},
  ): Promise<void> {
    this.#refuseClosed()
    const { singletonKey, retryLimit = 3 } = options
    if (singletonKey !== undefined && this.#jobs.hasQueued(name, singletonKey)) return
    this.#jobs.add({ name, payload: stringifyJson(payload), singletonKey, retryLimit, failures: 0 }, (options.delaySeconds ?? 0) * 1000)
  }

  async work(name: string, handler: Handler, options: { concurrency?: number } = {}): Promise<void> {
    this.#refuseClosed()
    const worker = {
      name,
      concurrency: options.concurrency ?? 1,
      running: new Set<Promise<void>>(),
      run: (job: Job) => this.#run(job, handler),
    }
    this.#workers.push(worker)
    this.#jobs.workers.add(worker)
    this.#jobs.dispatch()
  }

  async schedule(name: string, cron: string, payload: ValueMap = {}): Promise<void> {
    this.#refuseClosed()
    const text = stringifyJson(payload)
    this.#jobs.schedule(name, cron, () => this.#jobs.add({ name, payload: text, singletonKey: undefined, retryLimit: 3, failures: 0 }, 0))
  }

  async check(): Promise<void> {
    this.#refuseClosed()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const worker of this.#workers) this.#jobs.workers.delete(worker)
    const stop = setTimeout(() => this.#stopping.abort(), this.#options.graceMilliseconds ?? 1000)
    await Promise.all(this.#workers.flatMap(worker => [...worker.running]))
    clearTimeout(stop)
  }

  async #run(job: Job, handler: Handler) {
    // Later, so that a sender never waits for a handler's first steps.
    await Promise.resolve()
    try {
      await handler(parseJson(job.payload) as ValueMap, this.#stopping.signal)
    } catch {
      if (this.#stopping.signal.aborted) this.#jobs.add(job, 0)
      else if (job.failures < job.retryLimit) {
        const delay = (this.#options.retryMilliseconds ?? 1000) * 2 ** job.failures
        this.#jobs.add({ ...job, failures: job.failures + 1 }, delay)
      }
    }
  }

  #refuseClosed() {
    if (this.#isClosed) throw new Error('the queue is closed')
  }
}
