export interface HealthReport {
  status: 'ok' | 'error'
  /** Each part by name; what failed says no more than that, since anyone may ask. */
  checks: Record<string, { status: 'ok' | 'error' }>
}

export interface Health {
  /** @param onError hears why a part failed */
  check(onError?: (part: string, error: unknown) => void): Promise<HealthReport>
}

const TIMEOUT_MILLISECONDS = 3000

/** Readiness from one check per part of the outside. A check that does not answer in time has failed. */
export function createHealth(parts: Record<string, () => Promise<unknown>>): Health {
  return {
    async check(onError) {
      const entries = await Promise.all(
        Object.entries(parts).map(async ([name, check]) => {
          try {
            await within(TIMEOUT_MILLISECONDS, check())
            return [name, { status: 'ok' }] as const
          } catch (error) {
            onError?.(name, error)
            return [name, { status: 'error' }] as const
          }
        }),
      )
      const isOk = entries.every(([, { status }]) => status === 'ok')
      return { status: isOk ? 'ok' : 'error', checks: Object.fromEntries(entries) }
    },
  }
}

function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
  work.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
