import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinary } from './binaries.ts'

export interface ChildOptions {
  command: string
  arguments: string[]
  /** The user to run as; only root can choose another. */
  user?: string
  stopSignal: NodeJS.Signals
  /** Throws until the service answers. */
  probe: () => Promise<void>
}

/** A service as a child process: ends with this process, and can be stopped and started again at the same address. */
export class Child {
  readonly #options: ChildOptions
  #process: ChildProcess | undefined
  #output = ''

  constructor(options: ChildOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  async start(): Promise<void> {
    const { command, arguments: commandArguments } = this.#options
    // setpriv lets the service die with us even when we are killed.
    const setpriv = await findBinary('setpriv')
    const privileges = [
      '--pdeathsig',
      'TERM',
      ...(this.#options.user ? ['--reuid', this.#options.user, '--regid', this.#options.user, '--init-groups'] : []),
    ]
    const child = setpriv ? spawn(setpriv, [...privileges, command, ...commandArguments]) : spawn(command, commandArguments)
    this.#process = child
    this.#output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        this.#output = (this.#output + chunk).slice(-4000)
      })
    }
    process.once('exit', this.#killNow)
    await this.#waitUntilReady(child)
  }

  /** Asks the service to end, and after ten seconds makes it. */
  async stop(signal: NodeJS.Signals = this.#options.stopSignal): Promise<void> {
    const child = this.#process
    if (!child) return
    this.#process = undefined
    process.removeListener('exit', this.#killNow)
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await exit
    clearTimeout(force)
  }

  readonly #killNow = () => this.#process?.kill('SIGKILL')

  async #waitUntilReady(child: ChildProcess) {
    const deadline = Date.now() + 30_000
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${this.#options.command} ended with ${child.exitCode}:\n${this.#output}`)
      try {
        return await this.#options.probe()
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`${this.#options.command} does not answer:\n${this.#output}`, { cause: error })
      }
      await sleep(50)
    }
  }
}

/** A loopback port that nobody listens on now, at most `highest`. */
export async function freePort(highest = 65535): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port <= highest ? port : freePort(highest)
}

/** Sends the bytes to a loopback port and throws unless the first answer is the expected one. */
export async function expectAnswer(port: number, request: Buffer | string, isExpected: (answer: Buffer) => boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    const signal = AbortSignal.timeout(2000)
    await once(socket, 'connect', { signal })
    socket.write(request)
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer]
    if (!isExpected(answer)) throw new Error(`port ${port} answers ${JSON.stringify(answer.toString('latin1').slice(0, 200))}`)
  } finally {
    socket.destroy()
  }
}
