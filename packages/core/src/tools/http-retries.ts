import { setTimeout as sleep } from 'node:timers/promises'
import { type HttpClient, OutboundError, type OutboundRequest, type OutboundResponse, ToolError } from '@weft/ports'

/** Answers that may be another the next time. */
const PASSING = new Set([429, 500, 502, 503, 504])
/** Refusals that no repetition changes. */
const FINAL = new Set(['address-refused', 'invalid-url', 'aborted', 'too-many-redirects'])
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 10_000

/**
 * Sends a request, and again up to `retries` times where the answer or its lack may pass, with growing pauses or those that the
 * server asks for. @throws OutboundError, ToolError `unavailable` when the tries are used up
 */
export async function requestWithRetries(http: HttpClient, request: OutboundRequest, retries: number): Promise<OutboundResponse> {
  for (let tries = 0; ; tries++) {
    let last: { reason: string; retryAfter?: number; cause?: unknown }
    try {
      const response = await http.request(request)
      if (!PASSING.has(response.status)) return response
      await response.body[Symbol.asyncIterator]().return?.()
      last = { reason: adviceFor(response.status), retryAfter: retryAfterOf(response) }
    } catch (error) {
      request.signal?.throwIfAborted()
      if (!(error instanceof OutboundError) || FINAL.has(error.code)) throw error
      last = { reason: error.message, cause: error }
    }
    if (tries >= retries) {
      const message = `Reached maximum retries (${retries}) for URL ${request.url}: ${last.reason}`
      throw new ToolError('unavailable', message, { cause: last.cause, retryAfter: last.retryAfter })
    }
    const pause = Math.min(last.retryAfter ?? FIRST_PAUSE * 2 ** tries, LONGEST_PAUSE)
    await sleep(pause, undefined, request.signal ? { signal: request.signal } : {})
  }
}

function adviceFor(status: number): string {
  if (status === 429) return 'it answered 429, too many requests. Call it less often, or raise its limit'
  return `it answered ${status}. The fault is on its side: try again later`
}

function retryAfterOf(response: OutboundResponse): number | undefined {
  const text = response.headers.find(([name]) => name === 'retry-after')?.[1].trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const milliseconds = Date.parse(text) - Date.now()
  return milliseconds > 0 ? milliseconds : undefined
}
