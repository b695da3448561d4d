import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExtractedDocument } from './document.ts'
import { brokenDocument, DocumentError } from './document-error.ts'
import type { FromProcess, ToProcess } from './protocol.ts'
import type { ReadRequest } from './read-document.ts'

export interface ProcessPoolOptions {
  maxProcesses: number
  /** Memory of one process, all told. */
  memoryMegabytes: number
}

/** Processes above the one kept warm end after this long without work. */
const KEEP_MILLISECONDS = 60_000
const START_MILLISECONDS = 20_000
/** The JavaScript heap's share; the rest is for the program and for bytes outside the heap. */
const HEAP_SHARE = 0.7
/** Memory is measured at intervals, between which a process may grow by the rest. */
const MEASURED_SHARE = 0.92

interface Waiting {
  request: ReadRequest
  signal: AbortSignal | undefined
  resolve(document: ExtractedDocument): void
  reject(error: unknown): void
}

/**
 * Processes that read one document at a time. Processes, not threads: a thread that asks for much memory at once (a table of
 * 60 million cells, a text of 400 MB) ends the whole process with it, whatever its `resourceLimits` say.
 */
export class ProcessPool implements AsyncDisposable {
  readonly #options: ProcessPoolOptions
  readonly #processes = new Set<ReadingProcess>()
  readonly #queue: Waiting[] = []
  #isDisposed = false

  constructor(options: ProcessPoolOptions) {
    this.#options = options
  }

  read(request: ReadRequest, signal?: AbortSignal): Promise<ExtractedDocument> {
    if (this.#isDisposed) return Promise.reject(shutDown())
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { request, signal, resolve, reject }
      signal?.addEventListener('abort', () => this.#abandon(waiting), { once: true })
      this.#queue.push(waiting)
      this.#dispatch()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    for (const waiting of this.#queue.splice(0)) waiting.reject(shutDown())
    await Promise.all([...this.#processes].map(process => process.end(shutDown())))
  }

  #abandon(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting)
    if (at < 0) return
    this.#queue.splice(at, 1)
    waiting.reject(waiting.signal?.reason)
  }

  #dispatch(): void {
    if (this.#isDisposed) return
    for (const process of this.#processes) {
      if (process.isFree && this.#queue.length) process.take(this.#queue.shift() as Waiting)
    }
    const starting = [...this.#processes].filter(process => process.isStarting).length
    if (this.#queue.length > starting && this.#processes.size < this.#options.maxProcesses) this.#start()
  }

  #start(): void {
    const process = new ReadingProcess(this.#options.memoryMegabytes, {
      onFree: () => this.#dispatch(),
      onIdle: () => {
        if (this.#processes.size > 1) void process.end(shutDown())
      },
      onEnd: hasStarted => {
        this.#processes.delete(process)
        // one that cannot even start is tried again with the next document, not at once
        if (!hasStarted && !this.#processes.size) {
          for (const waiting of this.#queue.splice(0))
            waiting.reject(new DocumentError('unavailable', 'Documents cannot be read at present.'))
        } else if (!this.#isDisposed && !this.#processes.size) this.#start()
        this.#dispatch()
      },
    })
    this.#processes.add(process)
  }
}

function shutDown(): DocumentError {
  return new DocumentError('unavailable', 'The reading of documents has been shut down.')
}

interface ProcessEvents {
  onFree(): void
  /** It has had nothing to do for a while. */
  onIdle(): void
  onEnd(hasStarted: boolean): void
}

class ReadingProcess {
  readonly #events: ProcessEvents
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #state: 'starting' | 'free' | 'busy' | 'ended' = 'starting'
  #hasStarted = false
  #current: Waiting | undefined
  #jobs = 0
  #timer: NodeJS.Timeout | undefined
  #onAbort = () => {}

  constructor(memoryMegabytes: number, events: ProcessEvents) {
    this.#events = events
    const heap = Math.round(memoryMegabytes * HEAP_SHARE)
    this.#child = fork(new URL('./reading-process.ts', import.meta.url), [String(Math.round(memoryMegabytes * MEASURED_SHARE))], {
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [
        `--max-old-space-size=${heap}`,
        '--disable-warning=SecurityWarning',
        '--permission',
        '--allow-worker',
        ...readableFolders().map(path => `--allow-fs-read=${path}`),
      ],
    })
    this.#exited = new Promise(resolve => this.#child.once('exit', () => resolve()))
    this.#child.on('message', (message: FromProcess) => this.#hear(message))
    this.#child.on(
      'error',
      error => void this.end(new DocumentError('unavailable', 'Documents cannot be read at present.', { cause: error })),
    )
    this.#child.on('exit', (code, signal) => void this.end(endOf(code, signal, memoryMegabytes)))
    this.#setTimer(START_MILLISECONDS, () => void this.end(new DocumentError('unavailable', 'Documents cannot be read at present.')))
  }

  get isFree(): boolean {
    return this.#state === 'free'
  }

  get isStarting(): boolean {
    return this.#state === 'starting'
  }

  take(waiting: Waiting): void {
    const { milliseconds } = waiting.request.limits
    this.#state = 'busy'
    this.#current = waiting
    this.#setTimer(milliseconds, () => void this.end(timeout(milliseconds)))
    this.#onAbort = () => void this.end(waiting.signal?.reason)
    waiting.signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#child.ref()
    this.#child.channel?.ref()
    this.#child.send({ ...waiting.request, id: ++this.#jobs } satisfies ToProcess, error => {
      if (error) void this.end(new DocumentError('unavailable', 'The document could not be handed over for reading.', { cause: error }))
    })
  }

  async end(error: unknown): Promise<void> {
    if (this.#state !== 'ended') {
      this.#state = 'ended'
      clearTimeout(this.#timer)
      this.#settle()?.reject(error)
      this.#child.ref()
      this.#child.kill('SIGKILL')
      this.#events.onEnd(this.#hasStarted)
    }
    await this.#exited
  }

  #hear(message: FromProcess): void {
    if (this.#state === 'ended') return
    if (message.type !== 'ready') {
      if (message.id !== this.#jobs) return
      const current = this.#settle()
      if (message.type === 'done') current?.resolve(message.document)
      else current?.reject(new DocumentError(message.code, message.message))
      if (message.isSpent) return void this.end(undefined)
    }
    this.#hasStarted = true
    this.#state = 'free'
    this.#child.unref()
    this.#child.channel?.unref()
    this.#setTimer(KEEP_MILLISECONDS, this.#events.onIdle)
    this.#timer?.unref()
    this.#events.onFree()
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

function timeout(milliseconds: number): DocumentError {
  const seconds = Math.round(milliseconds / 100) / 10
  return new DocumentError('timeout', `Reading the file took longer than ${seconds} seconds. Split the document and upload its pieces.`)
}

/** Ended from outside is: by its own watch over its memory. Aborted is: by the heap's limit. */
function endOf(code: number | null, signal: NodeJS.Signals | null, memoryMegabytes: number): DocumentError {
  if (signal === 'SIGKILL' || signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134) {
    return new DocumentError(
      'memory',
      `Reading the file took more than ${memoryMegabytes} MB of memory. Split the document and upload its pieces.`,
    )
  }
  return brokenDocument('its parser gave up on it')
}

/** This package, the one it builds on, and the parsers. */
function readableFolders(): string[] {
  const contracts = fileURLToPath(import.meta.resolve('@weft/contracts'))
  const modules = fileURLToPath(import.meta.resolve('saxes'))
  const root = modules.slice(0, modules.lastIndexOf('node_modules'))
  return [join(import.meta.dirname, '..'), join(contracts, '../..'), join(root, 'node_modules'), join(root, 'package.json')]
}
