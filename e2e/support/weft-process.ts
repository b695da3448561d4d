import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

export interface WeftProcess extends AsyncDisposable {
  readonly url: string
  readonly child: ChildProcess
  /** All that it printed. */
  readonly output: () => string
  /** Ends it by the signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>
}

export interface WeftOptions {
  roles?: string[]
  port?: number
  dataFolder?: string
  environment?: Record<string, string>
}

/** A free port of the loopback interface. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.on('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}

/** Starts `weft` as a process of its own group and waits until it is ready. */
export async function startWeft(options: WeftOptions = {}): Promise<WeftProcess> {
  const port = options.port ?? (await freePort())
  const isOwnFolder = !options.dataFolder
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'weft-e2e-')))
  const roles = options.roles ?? []
  const child = spawn(process.execPath, [join(root, 'apps/weft/src/main.ts'), ...roles], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: String(port),
      DIFY_BIND_ADDRESS: '127.0.0.1',
      WEFT_DATA_DIR: dataFolder,
      SSRF_ALLOWED_TARGETS: '127.0.0.1',
      ...options.environment,
    },
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (printed = (printed + chunk).slice(-200_000)))
  const ended = new Promise<void>(done => child.on('exit', () => done()))
  const url = `http://127.0.0.1:${port}`
  const kill = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null && child.pid) {
      try {
        process.kill(-child.pid, signal)
      } catch {
        child.kill(signal)
      }
    }
    await ended
  }
  const isApi = !roles.length || roles.includes('api')
  const deadline = Date.now() + 60_000
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`weft ended while it started:\n${printed}`)
    if (isApi ? await answers(`${url}/ready`) : printed.includes('weft started')) break
    if (Date.now() > deadline) {
      await kill('SIGKILL')
      throw new Error(`weft was not ready in a minute:\n${printed}`)
    }
    await new Promise(done => setTimeout(done, 50))
  }
  return {
    url,
    child,
    output: () => printed,
    kill,
    async [Symbol.asyncDispose]() {
      await kill('SIGTERM')
      if (isOwnFolder) await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

const answers = (url: string) =>
  fetch(url).then(
    response => response.ok,
    () => false,
  )
