import { Worker } from 'node:worker_threads'
import { CodeRunError } from '@weft/ports'
import type { FromWorker, ToWorker } from './protocol.ts'

export interface WorkerPoolOptions {
  /** The thread's file. */
  file: URL
  /** What the thread is told at its start, beside its interrupt flag. */
  workerData: Record<string, unknown>
  /** Folders and files the thread may read while it loads. */
  readable: string[]
  maxWorkers: number
  /** How long a run may take before it is interrupted. */
  timeoutMilliseconds: number
  resourceLimits: { maxOldGenerationSizeMb: number; maxYoungGenerationSizeMb: number; stackSizeMb: number }
}

export type Job = Omit<ToWorker, 'id'>
export type Done = Extract<FromWorker, { type: 'done' }>

/** An interrupted thread that does not come to rest within this time is terminated. */
const GRACE_MILLISECONDS = 500
/** Threads above the one kept warm end after this long without work. */
const KEEP_MILLISECONDS = 60_000

/** SIGINT: what Pyodide looks for; QuickJS stops at anything but 0. */
const INTERRUPT = 2

interface Waiting {
  job: Job
  signal: AbortSignal | undefined
  resolve(done: Done): void
  reject(error: unknown): void
}

/** Threads that run one piece of code at a time, each for one tenant after another. Starts with the first job. */
export class WorkerPool implements AsyncDisposable {
  readonly #options: WorkerPoolOptions
  readonly #threads = new Set<Thread>()
  readonly #queue: Waiting[] = []
  #isDisposed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  run(job: Job, signal?: AbortSignal): Promise<Done> {
    if (this.#isDisposed) return Promise.reject(new CodeRunError('unavailable', 'The code runner has been shut down.'))
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { job, signal, resolve, reject }
      signal?.addEventListener('abort', () => this.#abandon(waiting), { once: true })
      this.#queue.push(waiting)
      this.#dispatch()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    const error = new CodeRunError('unavailable', 'The code runner has been shut down.')
    for (const waiting of this.#queue.splice(0)) waiting.reject(error)
    await Promise.all([...this.#threads].map(thread => thread.end(error)))
  }

  #abandon(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting)
    if (at < 0) return
    this.#queue.splice(at, 1)
    waiting.reject(waiting.signal?.reason)
  }

  #dispatch(): void {
    if (this.#isDisposed) return
    while (this.#queue.length) {
      const thread = this.#freeThread(this.#queue[0]?.job.tenantId)
      if (!thread) break
      thread.take(this.#queue.shift() as Waiting)
    }
    const starting = [...this.#threads].filter(thread => thread.isStarting).length
    if (this.#queue.length > starting && this.#threads.size < this.#options.maxWorkers) this.#start()
  }

  /** A free thread, one that last worked for the tenant before all others. */
  #freeThread(tenantId: string | undefined): Thread | undefined {
    const free = [...this.#threads].filter(thread => thread.isFree)
    return free.find(thread => thread.tenantId === tenantId) ?? free[0]
  }

  #start(): void {
    const thread = new Thread(this.#options, {
      onFree: () => this.#dispatch(),
      onIdle: () => {
        if (this.#threads.size > 1) void thread.end()
      },
      onEnd: ({ hasStarted, hasWorked, error }) => {
        this.#threads.delete(thread)
        // One that could not even start is tried again with the next job, not at once.
        if (!hasStarted && !this.#threads.size) for (const waiting of this.#queue.splice(0)) waiting.reject(error)
        else if (hasWorked && !this.#isDisposed && !this.#threads.size) this.#start()
        this.#dispatch()
      },
    })
    this.#threads.add(thread)
  }
}

interface ThreadEvents {
  onFree(): void
  /** It has had nothing to do for a while. */
  onIdle(): void
  onEnd(end: { hasStarted: boolean; hasWorked: boolean; error: CodeRunError }): void
}

class Thread {
  readonly #options: WorkerPoolOptions
  readonly #events: ThreadEvents
  readonly #worker: Worker
  readonly #interrupt = new Int32Array(new SharedArrayBuffer(4))
  #state: 'starting' | 'free' | 'busy' | 'ended' = 'starting'
  #hasStarted = false
  #current: Waiting | undefined
  #jobs = 0
  #timer: NodeJS.Timeout | undefined
  #onAbort = () => {}
  /** For whom it last worked. */
  tenantId: string | undefined

  constructor(options: WorkerPoolOptions, events: ThreadEvents) {
    this.#options = options
    this.#events = events
    this.#worker = new Worker(options.file, {
      env: {},
      argv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      execArgv: ['--permission', ...options.readable.map(path => `--allow-fs-read=${path}`)],
      resourceLimits: options.resourceLimits,
      workerData: { ...options.workerData, interrupt: this.#interrupt.buffer },
    })
    // Never shown, but read, so that it does not pile up.
    this.#worker.stdout.resume()
    this.#worker.stderr.resume()
    this.#worker.on('message', (message: FromWorker) => this.#hear(message))
    this.#worker.on('error', error => void this.end(new CodeRunError('unavailable', 'The code runner broke down.', { cause: error })))
    this.#worker.on('exit', () => void this.end(new CodeRunError('unavailable', 'The code runner ended unexpectedly.')))
  }

  get isFree(): boolean {
    return this.#state === 'free'
  }

  get isStarting(): boolean {
    return this.#state === 'starting'
  }

  take(waiting: Waiting): void {
    this.#state = 'busy'
    this.#current = waiting
    this.tenantId = waiting.job.tenantId
    const limit = this.#options.timeoutMilliseconds
    this.#setTimer(limit, () => this.#interruptWith(new CodeRunError('timeout', `The code ran longer than ${limit / 1000} seconds.`)))
    this.#onAbort = () => this.#interruptWith(waiting.signal?.reason)
    waiting.signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#worker.ref()
    Atomics.store(this.#interrupt, 0, 0)
    this.#worker.postMessage({ ...waiting.job, id: ++this.#jobs } satisfies ToWorker)
  }

  async end(error = new CodeRunError('unavailable', 'The code runner has been shut down.')): Promise<void> {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#timer)
    this.#settle()?.reject(error)
    this.#events.onEnd({ hasStarted: this.#hasStarted, hasWorked: this.#jobs > 0, error })
    await this.#worker.terminate()
  }

  #hear(message: FromWorker): void {
    if (this.#state === 'ended') return
    if (message.type === 'ready') {
      this.#hasStarted = true
      this.#rest()
      return
    }
    if (message.id !== this.#jobs) return
    this.#settle()?.resolve(message)
    if (message.isSpent) void this.end()
    else this.#rest()
  }

  #rest(): void {
    this.#state = 'free'
    this.#worker.unref()
    this.#setTimer(KEEP_MILLISECONDS, this.#events.onIdle)
    this.#timer?.unref()
    this.#events.onFree()
  }

  /** Answers at once; the thread has a moment to come to rest, else it is ended. */
  #interruptWith(error: unknown): void {
    this.#settle()?.reject(error)
    Atomics.store(this.#interrupt, 0, INTERRUPT)
    this.#setTimer(GRACE_MILLISECONDS, () => void this.end())
  }

  #settle(): Waiting | undefined {
    const current = this.#current
    this.#current = undefined
    current?.signal?.removeEventListener('abort', this.#onAbort)
    return current
  }

  #setTimer(milliseconds: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, milliseconds)
  }
}
