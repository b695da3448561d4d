import type { EventBus } from '@weft/ports'

export interface MemoryEventBusOptions {
  /** Hears what a listener throws. By default it becomes a process warning. */
  onError?: (error: unknown) => void
}

/** A bus within one process. Messages arrive after `publish` has returned, in order. */
export class MemoryEventBus implements EventBus {
  readonly #listeners = new Map<string, Set<(message: string) => void>>()
  readonly #onError: (error: unknown) => void

  constructor(options: MemoryEventBusOptions = {}) {
    this.#onError = options.onError ?? (error => process.emitWarning(error instanceof Error ? error : String(error)))
  }

  async publish(channel: string, message: string): Promise<void> {
    const listeners = this.#listeners.get(channel)
    if (!listeners) return
    queueMicrotask(() => {
      for (const listener of listeners) {
        try {
          listener(message)
        } catch (error) {
          this.#onError(error)
        }
      }
    })
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    // A wrapper of its own, so that one function subscribed twice hears each message twice and stops once at a time.
    const own = (message: string) => listener(message)
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(own))
    return async () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) this.#listeners.delete(channel)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listeners of this.#listeners.values()) listeners.clear()
    this.#listeners.clear()
  }
}
