import type { ModelError } from '@weft/ports'
import { OutboundError } from '@weft/ports'
import type { VendorEnvironment } from './environment.ts'
import { toModelError } from './model-errors.ts'

const TRIES = 3
const FIRST_DELAY = 250
/** A vendor that asks for a longer pause is left to the caller, who may have a better use for the time. */
const MAX_DELAY = 10_000

interface RetryOptions {
  sleep: VendorEnvironment['sleep']
  signal?: AbortSignal
  /** 3 unless given. */
  tries?: number
}

/** Runs the attempt again, after a growing pause, where it fails before its first event and may do better next time. */
export async function* streamWithRetries<Event>(attempt: () => AsyncIterable<Event>, options: RetryOptions): AsyncGenerator<Event> {
  for (let retry = 0; ; retry++) {
    let hasBegun = false
    try {
      for await (const event of attempt()) {
        hasBegun = true
        yield event
      }
      return
    } catch (error) {
      const failure = toModelError(error, options.signal)
      if (hasBegun) throw failure
      await pauseBeforeRetry(failure, retry, options)
    }
  }
}

/** The same for a call with one answer. */
export async function withRetries<Answer>(attempt: () => Promise<Answer>, options: RetryOptions): Promise<Answer> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt()
    } catch (error) {
      await pauseBeforeRetry(toModelError(error, options.signal), retry, options)
    }
  }
}

/** @throws the failure, where it is final */
async function pauseBeforeRetry(failure: ModelError, retry: number, { sleep, signal, tries = TRIES }: RetryOptions): Promise<void> {
  const delay = failure.retryAfter ?? FIRST_DELAY * 2 ** retry * (1 + Math.random() / 2)
  if (retry + 1 >= tries || delay > MAX_DELAY || !isTransient(failure)) throw failure
  await sleep(delay, signal).catch(() => {
    throw toModelError(failure.cause, signal)
  })
}

function isTransient(failure: ModelError): boolean {
  if (failure.code === 'connection-failed') return !isRefusal(failure.cause)
  return failure.code === 'rate-limited' || failure.code === 'server-unavailable' || failure.code === 'stream-broken'
}

/** The outbound gate says the same every time. */
function isRefusal(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof OutboundError) return at.code === 'address-refused' || at.code === 'invalid-url'
  }
  return false
}
