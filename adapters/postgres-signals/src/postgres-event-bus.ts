import { createHash } from 'node:crypto'
import type { EventBus } from '@weft/ports'
import { ListeningClient, type ListeningClientOptions } from './listening-client.ts'
import { SignalError } from './signal-error.ts'

export interface PostgresEventBusOptions extends ListeningClientOptions {
  /** Hears what a listener throws. By default it becomes a process warning. */
  onListenerError?: (error: unknown) => void
}

interface Channel {
  listeners: Set<(message: string) => void>
  /** Settles when the server has confirmed the subscription. */
  subscribed: Promise<unknown>
}

interface Outgoing {
  channel: string
  payload: string
  sent: PromiseWithResolvers<void>
}

/** NOTIFY carries less than 8000 bytes; some of them are ours. */
const MAX_MESSAGE_BYTES = 7900
const MAX_BATCH = 500

/**
 * A bus over LISTEN and NOTIFY on one connection of its own, which must not go through a pooler in transaction mode. After a
 * break it subscribes again by itself; messages sent meanwhile are lost.
 */
export class PostgresEventBus implements EventBus {
  readonly #client: ListeningClient
  readonly #onListenerError: (error: unknown) => void
  readonly #channels = new Map<string, Channel>()
  readonly #outgoing: Outgoing[] = []
  #isSending = false
  #number = 0

  constructor(options: PostgresEventBusOptions) {
    this.#onListenerError = options.onListenerError ?? (error => process.emitWarning(error instanceof Error ? error : String(error)))
    this.#client = new ListeningClient(options, {
      onNotification: (channel, payload) => this.#deliver(channel, payload),
      channels: () => this.#channels.keys(),
    })
  }

  /** @throws SignalError where the message is over 7900 bytes or the database cannot be reached */
  async publish(channel: string, message: string): Promise<void> {
    const size = Buffer.byteLength(message)
    if (size > MAX_MESSAGE_BYTES)
      throw new SignalError('message-too-large', `a message of ${size} bytes is over the ${MAX_MESSAGE_BYTES} that PostgreSQL carries`)
    // The server folds equal payloads of one transaction into one; a number in front keeps them apart.
    const payload = `${(this.#number++ % 36 ** 4).toString(36)} ${message}`
    const outgoing = { channel: channelName(channel), payload, sent: Promise.withResolvers<void>() }
    this.#outgoing.push(outgoing)
    if (!this.#isSending) void this.#sendAll()
    await outgoing.sent.promise
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    const name = channelName(channel)
    const entry = this.#channels.get(name) ?? this.#open(name)
    const own = (message: string) => listener(message)
    entry.listeners.add(own)
    const stop = async () => {
      if (!entry.listeners.delete(own) || entry.listeners.size > 0 || this.#channels.get(name) !== entry) return
      this.#channels.delete(name)
      await this.#client.unlisten(name)
    }
    try {
      await entry.subscribed
    } catch (error) {
      void stop().catch(() => {})
      throw error
    }
    return stop
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channels.clear()
    await this.#client[Symbol.asyncDispose]()
  }

  #open(name: string): Channel {
    const channel: Channel = { listeners: new Set(), subscribed: Promise.resolve() }
    this.#channels.set(name, channel)
    channel.subscribed = this.#client.listen(name)
    return channel
  }

  /** One statement carries whatever has gathered while the one before it ran. */
  async #sendAll() {
    this.#isSending = true
    // Later, so that messages published together go together.
    await Promise.resolve()
    for (let batch = this.#outgoing.splice(0, MAX_BATCH); batch.length > 0; batch = this.#outgoing.splice(0, MAX_BATCH)) {
      try {
        const values = [batch.map(each => each.channel), batch.map(each => each.payload)]
        await this.#client.query(
          'select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as message (channel, payload)',
          values,
        )
        for (const { sent } of batch) sent.resolve()
      } catch (error) {
        for (const { sent } of batch) sent.reject(error)
      }
    }
    this.#isSending = false
  }

  #deliver(channel: string, payload: string) {
    const message = payload.slice(payload.indexOf(' ') + 1)
    for (const listener of this.#channels.get(channel)?.listeners ?? []) {
      try {
        listener(message)
      } catch (error) {
        this.#onListenerError(error)
      }
    }
  }
}

/** PostgreSQL's names end after 63 bytes; a digest tells all names apart and needs no quoting. */
function channelName(channel: string): string {
  return `weft_${createHash('sha256').update(channel).digest('hex').slice(0, 40)}`
}
