/** What a vendor's folder is handed. Its `provider.ts` exports `createProvider(environment)`, and nothing else knows the folder. */
export interface VendorEnvironment {
  /** The gated fetch: the only way out. */
  fetch: typeof globalThis.fetch
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Resolves after the time, in milliseconds; rejects when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}
