import { setTimeout as sleep } from 'node:timers/promises'
import { closeClient, type RedisConnection } from '@weft/adapter-redis'
import { parseJson, stringifyJson, type ValueMap } from '@weft/contracts'
import type { JobQueue } from '@weft/ports'
import { type Job, type JobsOptions, Queue, WaitingError, Worker } from 'bullmq'

export interface BullQueueOptions {
  /** Borrowed: its settings serve for the queue's own connections too. */
  connection: RedisConnection
  /** Default `{weft}`: in a cluster the braces keep all keys on one node, as BullMQ needs. */
  prefix?: string
  /** Before the first retry; each further one waits twice as long, up to ten minutes. Default 5. */
  retryDelaySeconds?: number
  /** How long after its last sign of life a worker counts as dead and its jobs are repeated. Default 30. */
  stalledAfterSeconds?: number
  /** How long a closing queue lets its jobs run before it tells them to stop and hands them back. Default 10. */
  graceSeconds?: number
  /** Hears of failures behind the scenes, such as a lost connection. */
  onError?: (error: Error) => void
}

/** JSON text, since BullMQ's own JSON would forget `1.0` and large integers. */
interface StoredJob {
  payload: string
}

type Handler = (payload: ValueMap, signal: AbortSignal) => Promise<void>

const DEFAULT_RETRY_LIMIT = 3
/** How often a job is repeated because its worker died, whatever its own limit; bounded, as the job may be what kills. */
const CRASH_LIMIT = 3
const SECONDS_TO_HEED_A_STOP = 2
const LONGEST_RETRY_DELAY = 600_000
const DAY = 24 * 60 * 60

/**
 * Jobs in Redis by BullMQ, as durable as that Redis. Connects on first use. A job whose worker died is repeated; a job that a
 * closing queue interrupts is handed back.
 */
export class BullQueue implements JobQueue {
  readonly #options: BullQueueOptions
  readonly #queues = new Map<string, Queue<StoredJob>>()
  readonly #workers: Worker<StoredJob>[] = []
  readonly #stopping = new AbortController()
  #client: ReturnType<RedisConnection['createPatientClient']> | undefined
  #closing: Promise<void> | undefined

  constructor(options: BullQueueOptions) {
    this.#options = options
  }

  async send(
    name: string,
    payload: ValueMap,
    options: { delaySeconds?: number; singletonKey?: string; retryLimit?: number } = {},
  ): Promise<void> {
    const queue = this.#queue(name)
    const { singletonKey, delaySeconds = 0, retryLimit } = options
    const deduplication = singletonKey === undefined ? undefined : { id: singletonKey }
    const jobOptions = { ...this.#jobOptions(retryLimit), delay: Math.ceil(delaySeconds * 1000), deduplication }
    await this.#options.connection.bound(queue.add(name, { payload: stringifyJson(payload) }, jobOptions))
  }

  async work(name: string, handler: Handler, options: { concurrency?: number } = {}): Promise<void> {
    const stalledAfter = (this.#options.stalledAfterSeconds ?? 30) * 1000
    const worker = new Worker<StoredJob>(name, (job, token) => this.#run(job, token, handler), {
      connection: this.#open(),
      prefix: this.#prefix,
      concurrency: options.concurrency ?? 1,
      lockDuration: stalledAfter,
      stalledInterval: stalledAfter,
      maxStalledCount: CRASH_LIMIT,
      settings: { backoffStrategy: attempt => this.#retryDelay(attempt) },
    })
    worker.on('error', error => this.#options.onError?.(error))
    this.#workers.push(worker)
    await this.#options.connection.bound(worker.waitUntilReady())
  }

  async schedule(name: string, cron: string, payload: ValueMap = {}): Promise<void> {
    const template = { name, data: { payload: stringifyJson(payload) }, opts: this.#jobOptions() }
    await this.#options.connection.bound(this.#queue(name).upsertJobScheduler(name, { pattern: cron, tz: 'UTC' }, template))
  }

  async check(): Promise<void> {
    this.#refuseClosed()
    await this.#options.connection.check()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close() {
    // Takes no more jobs from here on, and ends with the running ones.
    const closed = Promise.all(this.#workers.map(worker => worker.close()))
    await within(this.#options.graceSeconds ?? 10, closed)
    this.#stopping.abort(new Error('the queue is closing'))
    await within(SECONDS_TO_HEED_A_STOP, closed)
    await within(SECONDS_TO_HEED_A_STOP, Promise.all([...this.#queues.values()].map(queue => queue.close())))
    if (this.#client) await closeClient(this.#client)
  }

  async #run(job: Job<StoredJob>, token: string | undefined, handler: Handler) {
    // From here on the key may be queued again: what is sent now may be too late for this handler to see.
    if (job.deduplicationId) await job.removeDeduplicationKey()
    try {
      await handler(parseJson(job.data.payload) as ValueMap, this.#stopping.signal)
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error
      await job.moveToWait(token)
      throw new WaitingError()
    }
  }

  #queue(name: string): Queue<StoredJob> {
    const connection = this.#open()
    const known = this.#queues.get(name)
    if (known) return known
    const queue = new Queue<StoredJob>(name, { connection, prefix: this.#prefix })
    queue.on('error', error => this.#options.onError?.(error))
    this.#queues.set(name, queue)
    return queue
  }

  #open() {
    this.#refuseClosed()
    if (!this.#client) {
      this.#client = this.#options.connection.createPatientClient()
      // BullMQ gives up when the first attempt fails; one that is under way already goes on.
      void this.#client.connect().catch(() => {})
    }
    return this.#client
  }

  #jobOptions(retryLimit = DEFAULT_RETRY_LIMIT): JobsOptions {
    return { attempts: retryLimit + 1, backoff: { type: 'growing' }, removeOnComplete: true, removeOnFail: { age: DAY } }
  }

  #retryDelay(attempt: number): number {
    return Math.min((this.#options.retryDelaySeconds ?? 5) * 1000 * 2 ** (attempt - 1), LONGEST_RETRY_DELAY)
  }

  get #prefix() {
    return this.#options.prefix ?? '{weft}'
  }

  #refuseClosed() {
    if (this.#closing) throw new Error('the queue is closed')
  }
}

/** Waits for something, or for as long as it may. */
async function within(seconds: number, something: Promise<unknown>) {
  const timer = new AbortController()
  const deadline = sleep(seconds * 1000, undefined, { signal: timer.signal }).catch(() => {})
  await Promise.race([something.catch(() => {}), deadline])
  timer.abort()
}
