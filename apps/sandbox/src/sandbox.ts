import { access, chmod, chown, constants, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { constants as system, tmpdir } from 'node:os'
import { join } from 'node:path'
import { bubblewrapArguments, PYTHON_PACKAGES } from './bubblewrap.ts'
import { findAll, findPython, isPublic, type Python } from './interpreters.ts'
import type { Log } from './log.ts'
import { createPackages, type Packages } from './packages.ts'
import { openProxySocket } from './proxy-socket.ts'
import { remedyFor } from './remedy.ts'
import { RunSockets } from './run-sockets.ts'
import { SandboxError } from './sandbox-error.ts'
import type { SandboxSettings } from './settings.ts'
import { type Kind, WarmPool } from './warm-pool.ts'
import { type Inmate, type Language, Zygote } from './zygote.ts'

/** Who runs programs, inside and, where this process is root, outside: dify-sandbox's number, which nobody else has. */
const USER = 65537

export interface Program {
  language: Language
  code: string
  preload: string
  hasNetwork: boolean
  /** Ends the run. */
  signal?: AbortSignal
}

export interface Outcome {
  stdout: string
  /** What the program wrote to standard error, and a line about how it ended if that was not well. */
  error: string
}

/** Runs programs, each in a process that was made ready for it alone. */
export class Sandbox implements AsyncDisposable {
  readonly #settings: SandboxSettings
  readonly #log: Log
  readonly #disposables = new AsyncDisposableStack()
  readonly packages: Packages
  #folder = ''
  #python: Python | undefined
  #node = ''
  #bubblewrap = ''
  #sockets: RunSockets | undefined
  #pool: WarmPool | undefined
  #opening: Promise<WarmPool> | undefined
  #isClosed = false

  private constructor(settings: SandboxSettings, log: Log) {
    this.#settings = settings
    this.#log = log
    this.packages = createPackages(settings.packages, { user: this.#outerUser, log })
  }

  /** @throws SandboxError where programs would not be locked in: it never runs one unprotected */
  static async start(settings: SandboxSettings, log: Log): Promise<Sandbox> {
    const sandbox = new Sandbox(settings, log)
    try {
      await sandbox.#prepare()
      await (await sandbox.#open()).settle()
    } catch (error) {
      await sandbox[Symbol.asyncDispose]()
      throw error
    }
    return sandbox
  }

  /** @throws SandboxError */
  async run(program: Program): Promise<Outcome> {
    const kind: Kind = `${program.language}-${program.hasNetwork ? 'on' : 'off'}`
    // A Python process learns only with its program whether there is a network.
    const pool = await this.#open()
    const inmate = await pool.take(program.language === 'python3' ? 'python3-on' : kind)
    return this.#watch(inmate, program)
  }

  /** Looks at the lists of packages, installs where they have changed, or anyway, and lets later runs see the result. */
  async updatePackages(options: { isForced: boolean }): Promise<void> {
    if (!this.#python) return
    const hasChanged = await this.packages.install(this.#python, options)
    if (!hasChanged || this.#isClosed) return
    const former = this.#pool
    this.#pool = undefined
    await this.#open()
    // Its last runs end before it does.
    if (former) setTimeout(() => void former.zygote.stop(), this.#settings.runTimeout + 1000).unref()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#pool?.zygote.stop()
    await this.#disposables.disposeAsync()
  }

  get #outerUser(): number | undefined {
    return process.getuid?.() === 0 ? USER : undefined
  }

  async #prepare(): Promise<void> {
    if (process.platform !== 'linux')
      throw new SandboxError(
        'sandbox-unavailable',
        'The sandbox needs Linux. Leave CODE_EXECUTION_ENDPOINT unset to run code in the embedded runner',
      )
    const [bubblewrap] = [...(await findAll('bwrap')), '/usr/bin/bwrap']
    await access(bubblewrap ?? '', constants.X_OK).catch(() => {
      throw new SandboxError('sandbox-unavailable', 'The sandbox needs bubblewrap. On Debian: apt-get install bubblewrap')
    })
    this.#bubblewrap = bubblewrap ?? ''
    this.#python = await findPython(this.#settings.pythonPath)
    this.#folder = await mkdtemp(join(tmpdir(), 'weft-sandbox-'))
    this.#disposables.defer(() => rm(this.#folder, { recursive: true, force: true }))
    await chmod(this.#folder, 0o711)
    const inside = join(this.#folder, 'inside')
    await mkdir(inside, { mode: 0o755 })
    await writeFile(join(inside, 'hosts'), '127.0.0.1 localhost\n::1 localhost\n')
    await writeFile(join(inside, 'zygote.py'), await readFile(new URL('./zygote.py', import.meta.url)))
    const node = this.#settings.nodePath ?? process.execPath
    this.#node = node
    if (this.#outerUser !== undefined && !(await isPublic(node))) {
      this.#node = join(this.#folder, 'node')
      await copyFile(node, this.#node, constants.COPYFILE_FICLONE)
      await chmod(this.#node, 0o755)
    }
    this.#sockets = await RunSockets.listen(join(inside, 'io'))
    this.#disposables.use(this.#sockets)
    const { proxyUrl } = this.#settings
    if (proxyUrl) this.#disposables.use(await openProxySocket(join(inside, 'proxy'), proxyUrl))
    await this.packages.load(this.#python)
  }

  /** The pool in use. One whose first process has ended is replaced. */
  #open(): Promise<WarmPool> {
    if (this.#isClosed) throw new SandboxError('sandbox-unavailable', 'the sandbox is being stopped')
    if (this.#pool && !this.#pool.zygote.isOver) return Promise.resolve(this.#pool)
    this.#opening ??= this.#startZygote()
      .then(zygote => {
        const ready = Math.min(this.#settings.maxWorkers, 8)
        this.#pool = new WarmPool(zygote, { 'python3-on': ready, 'python3-off': 0, 'nodejs-on': Math.min(ready, 4), 'nodejs-off': 0 })
        return this.#pool
      })
      .finally(() => {
        this.#opening = undefined
      })
    return this.#opening
  }

  async #startZygote(): Promise<Zygote> {
    const attempts = this.#settings.userNamespaces
      // Root may make namespaces where others may not, but only with the right to, which a run must not have.
      .filter(kind => kind === 'own' || this.#outerUser !== undefined)
      .map(kind => ({ user: kind === 'own' ? this.#outerUser : undefined, hasUserNamespaces: kind === 'own' }))
    const problems: string[] = []
    for (const attempt of attempts) {
      try {
        return await this.#attempt(attempt)
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error))
        this.#log.warn({ ...attempt, problem: problems.at(-1) }, 'the sandbox could not be built this way')
      }
    }
    throw new SandboxError('sandbox-unavailable', await remedyFor(problems))
  }

  async #attempt({ user, hasUserNamespaces }: { user: number | undefined; hasUserNamespaces: boolean }): Promise<Zygote> {
    if (!this.#python || !this.#sockets) throw new Error('not prepared')
    const { temporaryBytes, memoryBytes, runTimeout, pythonLibraryPaths, proxyUrl } = this.#settings
    const { python, node } = this.packages.folders
    const inside = join(this.#folder, 'inside')
    if (this.#outerUser !== undefined) {
      // Nobody else may connect to these.
      for (const name of ['io', ...(proxyUrl ? ['proxy'] : [])]) await chown(join(inside, name), user ?? 0, user ?? 0)
    }
    const zygote = await Zygote.start({
      command: this.#bubblewrap,
      arguments: await bubblewrapArguments({
        python: this.#python,
        node: this.#node,
        runFolder: inside,
        pythonPackages: python,
        nodePackages: node,
        pythonLibraryPaths,
        hasTemporaryFolder: temporaryBytes > 0,
        user: USER,
        hasUserNamespaces,
      }),
      user,
      hasUserNamespaces,
      sockets: this.#sockets,
      hasProxy: proxyUrl !== undefined,
      memoryBytes,
      temporaryBytes,
      runTimeout,
      pythonPackages: python && PYTHON_PACKAGES,
      hasNodePackages: node !== undefined,
      log: this.#log,
    })
    try {
      // One run of each language, or the sandbox is not a sandbox.
      for (const language of ['python3', 'nodejs'] as const) {
        const code = language === 'python3' ? 'print("works")' : 'console.log("works")'
        const outcome = await this.#watch(await zygote.fork(language, true), { language, code, preload: '', hasNetwork: true })
        if (outcome.stdout !== 'works\n') throw new Error(`A first program in ${language} failed: ${outcome.error}`)
      }
      return zygote
    } catch (error) {
      await zygote.stop()
      throw error
    }
  }

  async #watch(inmate: Inmate, { code, preload, hasNetwork, signal }: Program): Promise<Outcome> {
    const { input, output, error } = inmate.streams
    const { runTimeout, outputBytes } = this.#settings
    let fate: 'timeout' | 'output too large' | undefined
    let size = 0
    const end = (cause: typeof fate) => {
      fate ??= cause
      inmate.kill()
    }
    const count = (bytes: number) => {
      size += bytes
      if (size > outputBytes && !fate) end('output too large')
      return size <= outputBytes
    }
    const timer = setTimeout(() => end('timeout'), runTimeout)
    const abort = () => inmate.kill()
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const texts = Promise.all([textOf(output, count), textOf(error, count)])
      const program = Buffer.from(JSON.stringify({ code, preload, hasNetwork }))
      const head = Buffer.alloc(4)
      head.writeUInt32LE(program.length)
      input.end(Buffer.concat([head, program]))
      const status = await inmate.ended
      const [stdout, stderr] = await texts
      return { stdout, error: stderr + epitaph(status, fate) }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      for (const stream of [input, output, error]) stream.destroy()
    }
  }
}

async function textOf(stream: NodeJS.ReadableStream, count: (bytes: number) => boolean): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) if (count(chunk.length)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** How the process ended, in dify-sandbox's words. Nothing where it ended well. */
function epitaph(status: number, fate: string | undefined): string {
  if (fate) return `error: ${fate}\nerror: signal: killed\n`
  const signal = status & 127
  if (!signal) return status === 0 ? '' : `error: exit status ${status >> 8}\n`
  if (signal === system.signals.SIGSYS) return 'error: operation not permitted\n'
  return `error: signal: ${SIGNALS[signal] ?? signal}\n`
}

const SIGNALS: Record<number, string> = {
  [system.signals.SIGKILL]: 'killed',
  [system.signals.SIGSEGV]: 'segmentation fault',
  [system.signals.SIGABRT]: 'aborted',
  [system.signals.SIGILL]: 'illegal instruction',
  [system.signals.SIGTRAP]: 'trace/breakpoint trap',
  [system.signals.SIGBUS]: 'bus error',
  [system.signals.SIGFPE]: 'floating point exception',
  [system.signals.SIGXCPU]: 'CPU time limit exceeded',
  [system.signals.SIGXFSZ]: 'file size limit exceeded',
}
