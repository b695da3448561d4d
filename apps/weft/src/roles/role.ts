import type { Platform } from '@weft/platform'

/** A part of Weft that a process can play. */
export interface Role {
  name: string
  /** One line for `weft --help`. */
  summary: string
  start(platform: Platform): Promise<RunningRole>
}

export interface RunningRole {
  /** Takes no new work, hands back or ends what it has, and releases what it holds. */
  stop(): Promise<void>
}
