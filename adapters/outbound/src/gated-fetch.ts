import { Dispatcher, Dispatcher1Wrapper } from 'undici'
import { parseTargetUrl } from './target-url.ts'

/** Gives what carries a request to the URL, once that is admitted. */
export type Route = (url: URL) => Promise<Dispatcher>

/**
 * The platform's own fetch, with every hop, redirects included, carried by `route`. Failures are `TypeError`s whose cause is
 * an `OutboundError`, aborts reject with the signal's reason: as fetch does it.
 */
export function createGatedFetch(route: Route, readTimeout: number): typeof globalThis.fetch {
  // Node's built-in fetch speaks an older dispatcher protocol than the undici installed here.
  const dispatcher = new Dispatcher1Wrapper(new RoutedDispatcher(route, readTimeout))
  return async (input, init) => {
    if (typeof input === 'string') {
      try {
        parseTargetUrl(input)
      } catch (error) {
        throw new TypeError('fetch failed', { cause: error })
      }
    }
    return globalThis.fetch(input, { ...init, dispatcher } as unknown as RequestInit)
  }
}

class RoutedDispatcher extends Dispatcher {
  readonly #route: Route
  readonly #readTimeout: number

  constructor(route: Route, readTimeout: number) {
    super()
    this.#route = route
    this.#readTimeout = readTimeout
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const url = new URL(String(options.origin))
    this.#route(url)
      .then(carrier => carrier.dispatch({ ...options, headersTimeout: this.#readTimeout, bodyTimeout: this.#readTimeout }, handler))
      .catch((error: Error) => handler.onResponseError?.(NOTHING_TO_CONTROL, error))
    return true
  }
}

/** Handlers of a request that never started. */
const NOTHING_TO_CONTROL: Dispatcher.DispatchController = {
  aborted: true,
  paused: false,
  reason: null,
  abort() {},
  pause() {},
  resume() {},
}
