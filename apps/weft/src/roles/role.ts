import type { Logger, Platform } from '@weft/platform'

/** A part of Weft that a process can play. */
export type Role = PlatformRole | StandaloneRole

export interface PlatformRole {
  name: string
  /** One line for `weft --help`. */
  summary: string
  start(platform: Platform): Promise<RunningRole>
}

/** Has no database and no secrets, and starts only where it is named. */
export interface StandaloneRole {
  name: string
  summary: string
  isStandalone: true
  start(surroundings: { variables: Record<string, string | undefined>; logger: Logger }): Promise<RunningRole>
}

export interface RunningRole {
  /** Takes no new work, hands back or ends what it has, and releases what it holds. */
  stop(): Promise<void>
}

export function isStandalone(role: Role): role is StandaloneRole {
  return 'isStandalone' in role
}
