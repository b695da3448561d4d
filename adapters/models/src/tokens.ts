/** Access tokens that a vendor lends for a while, by what they were asked for. Kept in memory until shortly before they end. */
export function createTokens(): (key: string, load: () => Promise<{ token: string; seconds: number }>) => Promise<string> {
  const kept = new Map<string, { token: Promise<string>; until: number }>()
  return async (key, load) => {
    const known = kept.get(key)
    if (known && known.until > Date.now()) return known.token
    const loading = load()
    const entry = { token: loading.then(({ token }) => token), until: Date.now() + 60_000 }
    kept.set(key, entry)
    loading.then(
      ({ seconds }) => {
        entry.until = Date.now() + Math.max(0, seconds - 60) * 1000
      },
      () => kept.delete(key),
    )
    const [oldest] = kept.keys()
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest)
    return entry.token
  }
}

const MOST_KEPT = 1000
