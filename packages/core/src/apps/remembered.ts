/** What was looked up a moment ago, by key. Failures are not kept, so a stranger's guesses take no room. */
export interface Remembered<T> {
  get(key: string, load: () => Promise<T>): Promise<T>
  /** Drops what the test picks. Loads under way are not kept either. */
  forget(matches: (value: T) => boolean): void
}

interface Entry<T> {
  value: T
  expiresAt: number
}

/** Keeps up to `limit` values, each for `milliseconds`; the oldest makes room. */
export function createRemembered<T>({ milliseconds, limit }: { milliseconds: number; limit: number }): Remembered<T> {
  const entries = new Map<string, Entry<T>>()
  const loading = new Map<string, Promise<T>>()
  let generation = 0
  return {
    async get(key, load) {
      const entry = entries.get(key)
      if (entry && entry.expiresAt > Date.now()) return entry.value
      const underway = loading.get(key)
      if (underway) return underway
      const begun = generation
      const promise = load()
      loading.set(key, promise)
      try {
        const value = await promise
        if (begun === generation) {
          entries.delete(key)
          const [oldest] = entries.keys()
          if (entries.size >= limit && oldest !== undefined) entries.delete(oldest)
          entries.set(key, { value, expiresAt: Date.now() + milliseconds })
        }
        return value
      } finally {
        if (loading.get(key) === promise) loading.delete(key)
      }
    },
    forget(matches) {
      generation++
      loading.clear()
      for (const [key, { value }] of entries) if (matches(value)) entries.delete(key)
    },
  }
}
