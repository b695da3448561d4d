import type { EventBus } from '@weft/ports'
import { Cluster, type Redis } from 'ioredis'
import { closeClient, type RedisConnection } from './redis-connection.ts'

export interface RedisEventBusOptions {
  /** Default `weft:channel:`. */
  prefix?: string
  /** Hears what a listener throws. By default it becomes a process warning. */
  onListenerError?: (error: unknown) => void
}

interface Channel {
  listeners: Set<(message: string) => void>
  /** Settles when the server has confirmed the subscription. */
  subscribed: Promise<unknown>
}

/**
 * In a cluster every message of a channel goes out by the node that owns a key of its name: a plain PUBLISH goes out by any node,
 * and one message overtakes another.
 */
const PUBLISH = "return redis.call('PUBLISH', KEYS[1], ARGV[1])"
const HEARTBEAT_MILLISECONDS = 15_000

/**
 * A bus over a borrowed connection for publishing, and one connection of its own for all subscriptions. After a break it
 * subscribes again by itself; messages sent meanwhile are lost.
 */
export class RedisEventBus implements EventBus {
  readonly #connection: RedisConnection
  readonly #prefix: string
  readonly #onListenerError: (error: unknown) => void
  readonly #channels = new Map<string, Channel>()
  #subscriber: Redis | Cluster | undefined
  #heartbeat: NodeJS.Timeout | undefined

  constructor(connection: RedisConnection, options: RedisEventBusOptions = {}) {
    this.#connection = connection
    this.#prefix = options.prefix ?? 'weft:channel:'
    this.#onListenerError = options.onListenerError ?? (error => process.emitWarning(error instanceof Error ? error : String(error)))
  }

  async publish(channel: string, message: string): Promise<void> {
    const name = this.#prefix + channel
    await this.#connection.run(client =>
      client instanceof Cluster ? client.eval(PUBLISH, 1, name, message) : client.publish(name, message),
    )
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    const name = this.#prefix + channel
    const entry = this.#channels.get(name) ?? this.#open(name)
    const own = (message: string) => listener(message)
    entry.listeners.add(own)
    const stop = async () => {
      if (!entry.listeners.delete(own) || entry.listeners.size > 0) return
      if (this.#channels.get(name) !== entry) return
      this.#channels.delete(name)
      if (this.#subscriber) await this.#connection.bound(this.#subscriber.unsubscribe(name))
    }
    try {
      await this.#connection.bound(entry.subscribed)
    } catch (error) {
      void stop().catch(() => {})
      throw error
    }
    return stop
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat)
    this.#channels.clear()
    const subscriber = this.#subscriber
    this.#subscriber = undefined
    if (subscriber) await closeClient(subscriber)
  }

  #open(name: string): Channel {
    this.#subscriber ??= this.#createSubscriber()
    const channel: Channel = { listeners: new Set(), subscribed: this.#subscriber.subscribe(name) }
    this.#channels.set(name, channel)
    return channel
  }

  #createSubscriber(): Redis | Cluster {
    const subscriber = this.#connection.createSubscriber()
    subscriber.on('message', (name: string, message: string) => {
      for (const listener of this.#channels.get(name)?.listeners ?? []) {
        try {
          listener(message)
        } catch (error) {
          this.#onListenerError(error)
        }
      }
    })
    // A connection that died without a word is noticed by the answer that does not come.
    this.#heartbeat = setInterval(() => void subscriber.ping().catch(() => {}), HEARTBEAT_MILLISECONDS).unref()
    return subscriber
  }
}
