import { eq } from 'drizzle-orm'
import type { Account } from '../accounts/accounts-table.ts'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import type { AppChanges } from './app-changes.ts'
import type { App } from './apps-table.ts'
import { randomCode } from './codes.ts'
import { type Site, sites } from './sites-table.ts'

const CODE_LENGTH = 16

export type SiteChange = Partial<
  Omit<Site, 'id' | 'tenantId' | 'appId' | 'code' | 'status' | 'createdBy' | 'updatedBy' | 'createdAt' | 'updatedAt'>
>

/** How apps show themselves as web pages. */
export interface Sites {
  find(scope: TenantScope, appId: string): Promise<Site | undefined>
  /** @throws DomainError `not_found` */
  change(scope: TenantScope, accountId: string, appId: string, change: SiteChange): Promise<Site>
  /** Gives the page another address; the old one is dead at once. @throws DomainError `not_found` */
  resetCode(scope: TenantScope, accountId: string, appId: string): Promise<Site>
}

export function createSites({ database, changes }: { database: Database; changes: AppChanges }): Sites {
  async function update(scope: TenantScope, appId: string, set: SiteChange & { updatedBy: string; code?: string }): Promise<Site> {
    const [site] = await database.tenant(scope).update(sites, { set, where: eq(sites.appId, appId) })
    if (!site) throw new DomainError('not_found')
    changes.announce(appId)
    return site
  }
  return {
    find: (scope, appId) => database.tenant(scope).first(sites, { where: eq(sites.appId, appId) }),
    change: (scope, accountId, appId, change) => update(scope, appId, { ...change, updatedBy: accountId }),
    resetCode: (scope, accountId, appId) => update(scope, appId, { updatedBy: accountId, code: randomCode(CODE_LENGTH) }),
  }
}

/** Every app has a page from its first moment. */
export function addSite(database: Database, scope: TenantScope, account: Account, app: App): Promise<Site> {
  return database.tenant(scope).insert(sites, {
    appId: app.id,
    title: app.name,
    iconType: app.iconType,
    icon: app.icon,
    iconBackground: app.iconBackground,
    defaultLanguage: account.interfaceLanguage,
    code: randomCode(CODE_LENGTH),
    createdBy: account.id,
    updatedBy: account.id,
  })
}
