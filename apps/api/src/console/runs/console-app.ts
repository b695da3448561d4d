import { type Account, type App, appOf, type Runner, type TenantScope } from '@weft/core'
import type { Platform } from '@weft/platform'
import { z } from 'zod'
import { id } from '../../http/fields.ts'

export const appParams = z.object({ appId: id() })

/** A builder's app of a kind that has a graph. @throws DomainError `app_not_found` */
export function graphApp(
  platform: Platform,
  scope: TenantScope,
  appId: string,
  modes: readonly App['mode'][] = ['workflow', 'advanced-chat'],
): Promise<App> {
  return appOf(platform.database, scope, appId, modes)
}

/** An account as the one who starts a run. */
export function runnerOf(account: Account): Runner {
  return { kind: 'account', id: account.id, name: account.id, shown: showCreator(account) }
}

export function showCreator(account: Pick<Account, 'id' | 'name' | 'email'>) {
  return { id: account.id, name: account.name, email: account.email }
}
