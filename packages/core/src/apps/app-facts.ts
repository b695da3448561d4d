import { eq } from 'drizzle-orm'
import { accounts } from '../accounts/accounts-table.ts'
import type { DatabaseReader } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { type App, apps } from './apps-table.ts'
import { type Site, sites } from './sites-table.ts'

/** The app's web page. Undefined only where it has been removed. */
export async function siteOf(database: DatabaseReader, scope: TenantScope, appId: string): Promise<Site | undefined> {
  return database.tenant(scope).first(sites, { where: eq(sites.appId, appId) })
}

/** Who made the app. */
export async function authorNameOf(database: DatabaseReader, app: Pick<App, 'createdBy'>): Promise<string | null> {
  if (!app.createdBy) return null
  const [author] = await database.global.select({ name: accounts.name }).from(accounts).where(eq(accounts.id, app.createdBy))
  return author?.name ?? null
}

/** An app of one of the kinds. @throws DomainError `app_not_found` also where it is of another kind */
export async function appOf(database: DatabaseReader, scope: TenantScope, appId: string, modes: readonly App['mode'][]): Promise<App> {
  const app = await database.tenant(scope).first(apps, { where: eq(apps.id, appId) })
  if (!app || !modes.includes(app.mode)) throw new DomainError('app_not_found')
  return app
}
