import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Log } from './log.ts'
import type { RunSockets, Streams } from './run-sockets.ts'
import { SandboxError } from './sandbox-error.ts'
import { createFilter, EXEC_ADDRESS_MARK } from './seccomp.ts'

export type Language = 'python3' | 'nodejs'

/** A process that waits for its one program, or runs it. */
export interface Inmate {
  readonly streams: Streams
  /** The wait status, once it has ended. */
  readonly ended: Promise<number>
  kill(): void
}

export interface ZygoteOptions {
  command: string
  arguments: string[]
  /** The user it becomes, where this process may choose. */
  user: number | undefined
  hasUserNamespaces: boolean
  sockets: RunSockets
  hasProxy: boolean
  memoryBytes: number
  temporaryBytes: number
  runTimeout: number
  pythonPackages: string | undefined
  hasNodePackages: boolean
  log: Log
}

/** The port that programs are told their proxy has, in their own network namespace. */
const PROXY_PORT = 3128
const MAX_THREADS = 256
/** The standard library's heavier modules, and the packages that are always there: imported once, for all runs. */
const PRELOADS = [
  ...['json', 'base64', 're', 'datetime', 'collections', 'math', 'random', 'uuid', 'hashlib', 'hmac', 'urllib.parse', 'urllib.request'],
  ...['itertools', 'functools', 'statistics', 'string', 'decimal', 'fractions', 'typing', 'dataclasses', 'enum', 'csv', 'html', 'io'],
  ...['xml.etree.ElementTree', 'time', 'copy', 'operator', 'textwrap', 'secrets', 'zoneinfo', 'asyncio', 'logging', 'http.client', 'ssl'],
  ...['jinja2', 'requests', 'httpx'],
]
const NODE_MAIN = readFileSync(new URL('./node-main.cjs', import.meta.url), 'utf8')

interface Waiting {
  resolve(inmate: Inmate): void
  reject(error: Error): void
  onEnd(status: number): void
}

/** The process under bubblewrap that all runs are forked from. */
export class Zygote {
  readonly #child: ChildProcess
  readonly #options: ZygoteOptions
  readonly #runs = new Map<string, Waiting>()
  #lastRun = 0
  #isOver = false
  #errors = ''
  /** Resolves when it has ended, by whatever cause. */
  readonly ended: Promise<void>

  private constructor(options: ZygoteOptions) {
    this.#options = options
    const { user } = options
    this.#child = spawn(options.command, options.arguments, {
      env: {},
      cwd: '/',
      stdio: 'pipe',
      ...(user === undefined ? {} : { uid: user, gid: user }),
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#child.on('error', error => (this.#errors ||= error.message))
    this.#child.on('close', () => {
      this.#isOver = true
      for (const run of this.#runs.keys()) this.#forget(run, 9, 'the parent of the processes has ended')
      resolve()
    })
    this.#child.stdin?.on('error', () => {})
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk).slice(-4000)
      options.log.warn({ text: String(chunk).trimEnd() }, 'the sandbox wrote to its log')
    })
  }

  /** @throws SandboxError with what bubblewrap or the interpreter said */
  static async start(options: ZygoteOptions): Promise<Zygote> {
    const zygote = new Zygote(options)
    const { promise: ready, resolve } = Promise.withResolvers<boolean>()
    void zygote.ended.then(() => resolve(false))
    const lines = createInterface({ input: zygote.#child.stdout as NodeJS.ReadableStream })
    lines.on('line', line => (line === 'ready' ? resolve(true) : zygote.#take(line)))
    zygote.#write(JSON.stringify(zygote.#configuration()))
    if (await ready) return zygote
    throw new SandboxError('sandbox-unavailable', zygote.#errors.trim() || 'bubblewrap ended without a word')
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** A process that is ready for a program: `hasNetwork` must be known ahead for Node, Python learns it with its program. */
  async fork(language: Language, hasNetwork: boolean): Promise<Inmate> {
    const run = String(++this.#lastRun)
    const streams = this.#options.sockets.expect(run)
    const ended = Promise.withResolvers<number>()
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => {})
    this.#runs.set(run, { resolve() {}, reject: failed.reject, onEnd: ended.resolve })
    this.#write(`fork ${run} ${language} ${filterName(language, hasNetwork)}`)
    const endedEarly = ended.promise.then(status => {
      throw new SandboxError('sandbox-unavailable', `the process ended before it was ready (${status}). ${this.#errors.slice(-500)}`)
    })
    endedEarly.catch(() => {})
    try {
      return {
        streams: await Promise.race([streams, failed.promise, endedEarly]),
        ended: ended.promise,
        kill: () => this.#write(`kill ${run}`),
      }
    } catch (error) {
      this.#options.sockets.forget(run)
      throw error
    }
  }

  /** Ends it and all that was forked from it. */
  async stop(): Promise<void> {
    this.#child.stdin?.end()
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 2000)
    await this.ended
    clearTimeout(force)
  }

  #write(line: string): void {
    if (!this.#isOver) this.#child.stdin?.write(`${line}\n`)
  }

  #take(line: string): void {
    const [verb, run = '', ...rest] = line.split(' ')
    if (verb === 'exit') this.#forget(run, Number(rest[0]), undefined)
    else if (verb === 'failed') this.#forget(run, undefined, rest.join(' '))
  }

  #forget(run: string, status: number | undefined, failure: string | undefined): void {
    const waiting = this.#runs.get(run)
    this.#runs.delete(run)
    if (failure !== undefined) waiting?.reject(new SandboxError('sandbox-unavailable', failure))
    if (status !== undefined) waiting?.onEnd(status)
  }

  #configuration() {
    const { hasProxy, memoryBytes, temporaryBytes, pythonPackages, hasNodePackages, runTimeout, hasUserNamespaces } = this.#options
    return {
      hasUserNamespaces,
      memoryBytes,
      temporaryBytes,
      cpuSeconds: Math.ceil(runTimeout / 1000) * 2 + 1,
      threads: MAX_THREADS,
      proxyPort: hasProxy ? PROXY_PORT : 0,
      packages: pythonPackages ?? '',
      preloads: PRELOADS,
      execMark: EXEC_ADDRESS_MARK,
      filters: this.#filters(temporaryBytes > 0, hasNodePackages),
      nodeArguments: [
        ...['node', `--max-old-space-size=${Math.floor(memoryBytes / 2 / 1024 / 1024)}`, '--no-warnings', '--no-experimental-sqlite'],
        ...['-e', NODE_MAIN],
      ],
      nodeEnvironment: hasProxy ? [`PROXY=http://127.0.0.1:${PROXY_PORT}`] : [],
    }
  }

  #filters(hasTemporaryFolder: boolean, hasPackages: boolean): Record<string, string> {
    const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
    const filters: Record<string, string> = {}
    for (const language of ['python3', 'nodejs'] as const) {
      for (const hasNetwork of [true, false]) {
        const filter = createFilter({ architecture, language, hasNetwork, hasTemporaryFolder, hasPackages })
        filters[filterName(language, hasNetwork)] = filter.toString('base64')
      }
    }
    return filters
  }
}

function filterName(language: Language, hasNetwork: boolean): string {
  return `${language}-${hasNetwork ? 'on' : 'off'}`
}
