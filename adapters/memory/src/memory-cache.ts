import { type Cache, type Clock, systemClock } from '@weft/ports'

export interface MemoryCacheOptions {
  /** Default 100,000. */
  maxEntries?: number
  /** Characters of keys and values together. Default 64 Mi. */
  maxCharacters?: number
  clock?: Clock
}

interface Entry {
  value: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/**
 * A cache for one process. When it is full, the entries used longest ago make room; an entry larger than the whole cache is not
 * kept.
 */
export class MemoryCache implements Cache {
  /** From the one used longest ago to the one used last. */
  readonly #entries = new Map<string, Entry>()
  readonly #maxEntries: number
  readonly #maxCharacters: number
  readonly #clock: Clock
  #characters = 0

  constructor(options: MemoryCacheOptions = {}) {
    this.#maxEntries = options.maxEntries ?? 100_000
    this.#maxCharacters = options.maxCharacters ?? 64 * 1024 * 1024
    this.#clock = options.clock ?? systemClock
  }

  async get(key: string): Promise<string | undefined> {
    const entry = this.#live(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    this.#put(key, { value, expiresAt: this.#clock.now() + ttlSeconds * 1000 })
  }

  async take(key: string): Promise<string | undefined> {
    const entry = this.#live(key)
    this.#remove(key)
    return entry?.value
  }

  async delete(key: string): Promise<void> {
    this.#remove(key)
  }

  async increment(key: string, ttlSeconds: number): Promise<number> {
    const entry = this.#live(key)
    const count = entry ? Number(entry.value) + 1 : 1
    this.#put(key, { value: String(count), expiresAt: entry?.expiresAt ?? this.#clock.now() + ttlSeconds * 1000 })
    return count
  }

  async check(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#entries.clear()
    this.#characters = 0
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (!entry || entry.expiresAt > this.#clock.now()) return entry
    this.#remove(key)
    return undefined
  }

  #put(key: string, entry: Entry) {
    this.#remove(key)
    this.#entries.set(key, entry)
    this.#characters += key.length + entry.value.length
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#characters <= this.#maxCharacters) break
      this.#remove(oldest)
    }
  }

  #remove(key: string) {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#characters -= key.length + entry.value.length
  }
}
