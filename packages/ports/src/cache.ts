/** Short-lived values shared by all processes. What is in it may vanish at any time. */
export interface Cache extends AsyncDisposable {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlSeconds: number): Promise<void>
  /** Gets and removes in one step. */
  take(key: string): Promise<string | undefined>
  delete(key: string): Promise<void>
  /** Adds one and gives the new count; the first call of a window starts its time to live. */
  increment(key: string, ttlSeconds: number): Promise<number>
  check(): Promise<void>
}
