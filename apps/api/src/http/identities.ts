import type { App, Caller, TenantScope } from '@weft/core'

/** Who calls a route, by its `auth`. */
export interface Identities {
  /** Anyone, also before the first set-up. */
  anyone: NoIdentity
  /** Anyone, once Weft is set up. */
  visitor: NoIdentity
  /** Someone logged in whose account may still lack its settings. */
  newcomer: Caller
  /** Someone logged in, in a workspace. The usual one on the console. */
  account: Caller
  /** A program with an app's API key. */
  app: AppCaller
  /** A program with a workspace's dataset API key. */
  dataset: DatasetCaller
  /** A visitor of a published web app, by its passport. */
  endUser: EndUserCaller
}

export type NoIdentity = Record<never, never>

export interface AppCaller {
  scope: TenantScope
  appId: string
  /** Shared with other calls: not to be changed. */
  app: App
}

export interface DatasetCaller {
  scope: TenantScope
}

export interface EndUserCaller {
  scope: TenantScope
  appId: string
  endUserId: string
}
