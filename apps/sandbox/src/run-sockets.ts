import { chmod } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'

export interface Streams {
  /** Takes the program. */
  input: Socket
  output: Socket
  error: Socket
}

const NAMES = { in: 'input', out: 'output', error: 'error' } as const

interface Expected {
  streams: Partial<Streams>
  isReady: boolean
  resolve(streams: Streams): void
}

/** Where processes in the sandbox report: each opens three connections that begin with a line `<run> <stream>`. */
export class RunSockets implements AsyncDisposable {
  readonly #server: Server
  readonly #expected = new Map<string, Expected>()

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, socket => this.#greet(socket))
  }

  static async listen(path: string): Promise<RunSockets> {
    const sockets = new RunSockets()
    await listenPrivately(sockets.#server, path)
    return sockets
  }

  /** Resolves once the process has opened all three and says that it waits for its program. */
  expect(run: string): Promise<Streams> {
    const { promise, resolve } = Promise.withResolvers<Streams>()
    this.#expected.set(run, { streams: {}, isReady: false, resolve })
    return promise
  }

  forget(run: string): void {
    const expected = this.#expected.get(run)
    this.#expected.delete(run)
    for (const socket of Object.values(expected?.streams ?? {})) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of [...this.#expected.keys()]) this.forget(run)
    this.#server.close()
  }

  #greet(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    let line = Buffer.alloc(0)
    const read = (chunk: Buffer) => {
      line = Buffer.concat([line, chunk])
      const end = line.indexOf(10)
      if (end < 0) return void (line.length > 64 && socket.destroy())
      socket.off('data', read)
      socket.pause()
      const rest = line.subarray(end + 1)
      if (rest.length) socket.unshift(rest)
      const [run = '', name = ''] = line.subarray(0, end).toString().split(' ')
      const expected = this.#expected.get(run)
      const stream = NAMES[name as keyof typeof NAMES]
      if (!expected || !stream || expected.streams[stream]) return void socket.destroy()
      expected.streams[stream] = socket
      if (stream === 'input') {
        socket.once('data', () => {
          expected.isReady = true
          this.#complete(run, expected)
        })
        socket.resume()
      }
      this.#complete(run, expected)
    }
    socket.on('data', read)
  }

  #complete(run: string, { streams: { input, output, error }, isReady, resolve }: Expected): void {
    if (!isReady || !input || !output || !error) return
    this.#expected.delete(run)
    resolve({ input, output, error })
  }
}

/** Only the owner of the socket may connect. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
  await chmod(path, 0o600)
}
