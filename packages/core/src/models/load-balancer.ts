import { type Cache, type ModelCredentials, ModelError } from '@weft/ports'

/** Credentials that a model's calls take turns with. */
export interface Turn {
  id: string
  credentials: ModelCredentials
}

/** Takes turns among credentials, and lets those rest that a vendor has just refused. Processes share turns and rests by the cache. */
export interface LoadBalancer {
  /**
   * Credentials to try, one after the other; resting ones are left out.
   * @param key of the model
   */
  turns(key: string, list: readonly Turn[]): AsyncIterable<Turn>
  /** After a failure: lets the credentials rest. Gives whether others may do better. */
  rest(turn: Turn, failure: unknown): Promise<boolean>
  /** Seconds that the credentials still rest; 0 where they do not. */
  secondsLeft(id: string): Promise<number>
}

const INDEX_SECONDS = 3600
const REST_AFTER_RATE_LIMIT = 60
const REST_AFTER_REFUSAL = 10
const LONGEST_REST = 3600

export function createLoadBalancer({ cache = createMap(), now = Date.now }: { cache?: Shared; now?: () => number } = {}): LoadBalancer {
  const restKey = (id: string) => `model_lb_cooldown:${id}`
  const secondsLeft = async (id: string) => {
    const until = Number((await cache.get(restKey(id))) ?? 0)
    return Math.max(0, Math.ceil((until - now()) / 1000))
  }
  return {
    async *turns(key, list) {
      const start = await cache.increment(`model_lb_index:${key}`, INDEX_SECONDS)
      for (let step = 0; step < list.length; step++) {
        const turn = list[(start - 1 + step) % list.length]
        if (turn && !(await secondsLeft(turn.id))) yield turn
      }
    },
    async rest({ id }, failure) {
      const seconds = restOf(failure)
      if (seconds) await cache.set(restKey(id), String(now() + seconds * 1000), seconds)
      return seconds > 0
    },
    secondsLeft,
  }
}

/** Seconds; 0 where the failure is the request's own. */
function restOf(failure: unknown): number {
  if (!(failure instanceof ModelError)) return 0
  switch (failure.code) {
    case 'rate-limited':
    case 'quota-exceeded':
      return Math.min(LONGEST_REST, Math.max(REST_AFTER_RATE_LIMIT, Math.ceil((failure.retryAfter ?? 0) / 1000)))
    case 'credentials-invalid':
    case 'connection-failed':
    case 'server-unavailable':
      return REST_AFTER_REFUSAL
    default:
      return 0
  }
}

type Shared = Pick<Cache, 'get' | 'set' | 'increment'>

/** For one process. */
function createMap(): Shared {
  const values = new Map<string, string>()
  return {
    get: async key => values.get(key),
    set: async (key, value) => void values.set(key, value),
    async increment(key) {
      const count = Number(values.get(key) ?? 0) + 1
      values.set(key, String(count))
      return count
    },
  }
}
