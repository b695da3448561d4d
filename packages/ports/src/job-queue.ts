import type { ValueMap } from '@weft/contracts'

/** Durable background jobs, at least once. */
export interface JobQueue extends AsyncDisposable {
  /** Done when the job is durable. A `singletonKey` that is already queued is not queued again. */
  send(name: string, payload: ValueMap, options?: { delaySeconds?: number; singletonKey?: string; retryLimit?: number }): Promise<void>
  /** Starts consuming jobs of the name. A handler that throws has its job repeated with growing delay, up to its limit. */
  work(name: string, handler: (payload: ValueMap, signal: AbortSignal) => Promise<void>, options?: { concurrency?: number }): Promise<void>
  /** Runs `name` by cron expression (UTC); one firing each time, however many processes schedule it. */
  schedule(name: string, cron: string, payload?: ValueMap): Promise<void>
  check(): Promise<void>
}
