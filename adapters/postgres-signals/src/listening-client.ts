import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'
import { SignalError } from './signal-error.ts'

export interface ListeningClientOptions {
  connection: ClientConfig
  /** How long a statement may wait for the connection and its answer. Milliseconds, default 5000. */
  statementTimeout?: number
  /** Hears of lost connections and failed attempts to reconnect. */
  onError?: (error: Error) => void
}

export interface ListeningClientEvents {
  onNotification: (channel: string, payload: string) => void
  /** The channels to listen to again on a new connection. */
  channels: () => Iterable<string>
}

const HEARTBEAT_MILLISECONDS = 15_000

/** One connection that is made on first use and made again whenever it breaks, until it is disposed. */
export class ListeningClient implements AsyncDisposable {
  readonly #options: ListeningClientOptions
  readonly #events: ListeningClientEvents
  readonly #stopping = new AbortController()
  #connected: Promise<Client> | undefined
  #lastTurn: Promise<void> = Promise.resolve()
  #heartbeat: NodeJS.Timeout | undefined

  constructor(options: ListeningClientOptions, events: ListeningClientEvents) {
    this.#options = options
    this.#events = events
  }

  async listen(channel: string): Promise<void> {
    await this.query(`listen "${channel}"`)
  }

  /** Needs no connection: without one nothing is listened to. */
  async unlisten(channel: string): Promise<void> {
    if (this.#connected) await this.query(`unlisten "${channel}"`)
  }

  /** Statements are carried out in the order of the calls. @throws SignalError where there is no answer in time */
  async query(text: string, values?: unknown[]): Promise<void> {
    if (this.#stopping.signal.aborted) throw new SignalError('closed', 'the event bus is closed')
    const limit = this.#options.statementTimeout ?? 5000
    const timeout = Promise.withResolvers<never>()
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      timeout.reject(new SignalError('unavailable', `PostgreSQL did not answer within ${limit} ms`))
    }, limit)
    try {
      await Promise.race([this.#inTurn(() => isLate, text, values), timeout.promise])
    } catch (error) {
      if (error instanceof SignalError) throw error
      throw new SignalError('unavailable', `PostgreSQL failed: ${error instanceof Error ? error.message : error}`, { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#heartbeat)
    const client = await this.#connected?.catch(() => undefined)
    await client?.end().catch(() => {})
  }

  /** One statement at a time; one whose caller has given up by its turn is left out. */
  #inTurn(isAbandoned: () => boolean, text: string, values?: unknown[]): Promise<void> {
    const turn = this.#lastTurn.then(async () => {
      this.#connected ??= this.#connect()
      const client = await this.#connected
      if (!isAbandoned()) await client.query(text, values)
    })
    this.#lastTurn = turn.catch(() => {})
    return turn
  }

  /** Tries until it succeeds or the client is disposed. */
  async #connect(): Promise<Client> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#tryToConnect()
      } catch (error) {
        if (this.#stopping.signal.aborted) throw new SignalError('closed', 'the event bus is closed', { cause: error })
        this.#options.onError?.(error as Error)
        await sleep(Math.min(50 * 2 ** attempt, 2000), undefined, { signal: this.#stopping.signal }).catch(() => {})
      }
    }
  }

  async #tryToConnect(): Promise<Client> {
    const client = new Client({
      connectionTimeoutMillis: 3000,
      keepAlive: true,
      application_name: 'weft events',
      ...this.#options.connection,
    })
    client.on('error', error => this.#options.onError?.(error))
    client.on('notification', ({ channel, payload = '' }) => this.#events.onNotification(channel, payload))
    try {
      await client.connect()
      // A NOTIFY writes nothing that must survive, so its commit need not wait for the disk.
      await client.query('set synchronous_commit to off')
      for (const channel of this.#events.channels()) await client.query(`listen "${channel}"`)
      this.#stopping.signal.throwIfAborted()
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    client.once('end', () => this.#reconnect())
    clearInterval(this.#heartbeat)
    this.#heartbeat = setInterval(() => void this.#beat(client), HEARTBEAT_MILLISECONDS).unref()
    return client
  }

  #reconnect() {
    clearInterval(this.#heartbeat)
    if (this.#stopping.signal.aborted) return
    this.#connected = this.#connect()
    this.#connected.catch(() => {})
  }

  /** A connection that died without a word is noticed by the answer that does not come. */
  async #beat(client: Client) {
    // Ending a client that waits for an answer cuts its connection.
    const late = setTimeout(() => void client.end().catch(() => {}), HEARTBEAT_MILLISECONDS - 1000)
    await this.#inTurn(() => false, 'select 1').catch(() => {})
    clearTimeout(late)
  }
}
