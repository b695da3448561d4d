import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseJson, stringifyJson, type ValueMap } from '@weft/contracts'
import type { JobQueue } from '@weft/ports'
import { type DatabaseOptions, type JobResult, type JobWithMetadata, PgBoss } from 'pg-boss'

export interface PgBossQueueOptions {
  connection: Pick<DatabaseOptions, 'host' | 'port' | 'user' | 'password' | 'database' | 'ssl' | 'connectionString'>
  /** Default 4; one more connection waits for notifications. */
  poolSize?: number
  /** Before the first retry; each further one waits about twice as long, up to ten minutes. Default 5. */
  retryDelaySeconds?: number
  /** How long after its last sign of life a worker counts as dead and its jobs are repeated. At least 10, default 30. */
  stalledAfterSeconds?: number
  /** How long a closing queue lets its jobs run before it tells them to stop and hands them back. Default 10. */
  graceSeconds?: number
  /** Hears of failures behind the scenes, such as a lost connection. */
  onError?: (error: Error) => void
}

/** What stands in a row: JSON text, since PostgreSQL's JSON would forget `1.0` and the order of keys. */
interface StoredJob {
  payload: string
  retryLimit: number
  singletonKey?: string
}

type Handler = (payload: ValueMap, signal: AbortSignal) => Promise<void>

const DEFAULT_RETRY_LIMIT = 3
/** How often a job is repeated because its worker died, whatever its own limit; bounded, as the job may be what kills. */
const CRASH_LIMIT = 3
const SECONDS_TO_HEED_A_STOP = 2
const DAY = 24 * 60 * 60

/**
 * Jobs in PostgreSQL, in pg-boss's schema `pgboss`. Connects on first use. A job whose worker died is repeated; a job that a
 * closing queue interrupts is handed back as new.
 */
export class PgBossQueue implements JobQueue {
  readonly #options: PgBossQueueOptions
  readonly #queues = new Map<string, Promise<void>>()
  readonly #workedNames = new Set<string>()
  readonly #running = new Set<Promise<JobResult[]>>()
  readonly #stopping = new AbortController()
  #boss: Promise<PgBoss> | undefined
  #closing: Promise<void> | undefined

  constructor(options: PgBossQueueOptions) {
    this.#options = options
  }

  async send(
    name: string,
    payload: ValueMap,
    options: { delaySeconds?: number; singletonKey?: string; retryLimit?: number } = {},
  ): Promise<void> {
    this.#refuseClosed()
    const boss = await this.#open(name)
    const { singletonKey, retryLimit = DEFAULT_RETRY_LIMIT } = options
    await put(boss, name, { payload: stringifyJson(payload), retryLimit, singletonKey }, options.delaySeconds)
  }

  async work(name: string, handler: Handler, options: { concurrency?: number } = {}): Promise<void> {
    this.#refuseClosed()
    const boss = await this.#open(name)
    this.#workedNames.add(name)
    for (let index = 0; index < (options.concurrency ?? 1); index++) await this.#addWorker(boss, name, handler)
  }

  async #addWorker(boss: PgBoss, name: string, handler: Handler) {
    const workOptions = {
      includeMetadata: true,
      perJobResults: true,
      // Notifications tell of new jobs; delayed ones and retries are found by looking.
      pollingIntervalSeconds: 2,
      notifyPollingIntervalSeconds: 2,
    } as const
    const id: string = await boss.work(name, workOptions, (jobs: JobWithMetadata<StoredJob>[]) => {
      const running = Promise.all(jobs.map(job => this.#run(boss, job, handler)))
      this.#running.add(running)
      return running.finally(() => {
        this.#running.delete(running)
        // Where there was a job there may be more: look again without a pause.
        boss.notifyWorker(id)
      })
    })
  }

  async schedule(name: string, cron: string, payload: ValueMap = {}): Promise<void> {
    this.#refuseClosed()
    const boss = await this.#open(name)
    const job: StoredJob = { payload: stringifyJson(payload), retryLimit: DEFAULT_RETRY_LIMIT }
    await boss.schedule(name, cron, job, { tz: 'UTC', retryLimit: DEFAULT_RETRY_LIMIT + CRASH_LIMIT })
  }

  async check(): Promise<void> {
    this.#refuseClosed()
    // A queue that nobody has used holds no connection that could fail, and is not worth one.
    if (!this.#boss) return
    const boss = await this.#start()
    await boss.getDb().executeSql('select 1')
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close() {
    const boss = await this.#boss?.catch(() => undefined)
    if (!boss) return
    for (const name of this.#workedNames) await boss.offWork(name, { wait: false })
    await this.#settle(this.#options.graceSeconds ?? 10)
    this.#stopping.abort(new Error('the queue is closing'))
    await this.#settle(SECONDS_TO_HEED_A_STOP)
    await boss.stop({ graceful: true, timeout: 1000 })
  }

  /** Waits for the running jobs, or for as long as it may. */
  async #settle(seconds: number) {
    const timer = new AbortController()
    const deadline = sleep(seconds * 1000, undefined, { signal: timer.signal }).catch(() => {})
    await Promise.race([Promise.allSettled(this.#running), deadline])
    timer.abort()
  }

  async #run(boss: PgBoss, job: JobWithMetadata<StoredJob>, handler: Handler): Promise<JobResult> {
    const { payload, retryLimit } = job.data
    try {
      await handler(parseJson(payload) as ValueMap, AbortSignal.any([job.signal, this.#stopping.signal]))
      return { id: job.id, status: 'completed' }
    } catch (error) {
      if (this.#stopping.signal.aborted) {
        await put(boss, job.name, job.data)
        return { id: job.id, status: 'completed', output: { handedBack: true } }
      }
      const output = { message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
      // `deadletter` without a dead letter queue means failed for good.
      return { id: job.id, status: job.retryCount < retryLimit ? 'failed' : 'deadletter', output }
    }
  }

  /** The boss, with the queue of the name. */
  async #open(name: string): Promise<PgBoss> {
    const boss = await this.#start()
    const stalledAfter = this.#options.stalledAfterSeconds ?? 30
    const created =
      this.#queues.get(name) ??
      boss.createQueue(name, {
        policy: 'short',
        notify: true,
        heartbeatSeconds: stalledAfter,
        retryBackoff: true,
        retryDelay: this.#options.retryDelaySeconds ?? 5,
        retryDelayMax: 600,
        expireInSeconds: DAY - 60,
        deleteAfterSeconds: DAY,
      })
    this.#queues.set(name, created)
    try {
      await created
    } catch (error) {
      this.#queues.delete(name)
      throw error
    }
    return boss
  }

  #start(): Promise<PgBoss> {
    this.#boss ??= this.#createBoss().catch(error => {
      this.#boss = undefined
      throw error
    })
    return this.#boss
  }

  async #createBoss(): Promise<PgBoss> {
    const checkEvery = Math.max(1, Math.floor((this.#options.stalledAfterSeconds ?? 30) / 2))
    const boss = new PgBoss({
      ...this.#options.connection,
      application_name: 'weft queue',
      max: this.#options.poolSize ?? 4,
      useListenNotify: true,
      superviseIntervalSeconds: checkEvery,
      monitorIntervalSeconds: checkEvery,
      registerInstance: false,
    })
    boss.on('error', error => this.#options.onError?.(error))
    await boss.start()
    return boss
  }

  #refuseClosed() {
    if (this.#closing) throw new Error('the queue is closed')
  }
}

/** The policy `short` lets a key be queued once; a job without one gets a key that nobody else has. */
async function put(boss: PgBoss, name: string, job: StoredJob, delaySeconds = 0) {
  await boss.send(name, job, {
    singletonKey: job.singletonKey ?? randomUUID(),
    retryLimit: job.retryLimit + CRASH_LIMIT,
    startAfter: delaySeconds > 0 ? new Date(Date.now() + delaySeconds * 1000) : undefined,
  })
}
