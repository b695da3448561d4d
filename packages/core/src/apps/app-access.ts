import { and, eq, isNull, lt, or } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { grantTenantScope, type TenantScope } from '../database/tenant-scope.ts'
import { acrossTenants } from '../database/tenant-table.ts'
import { DomainError } from '../errors.ts'
import { tenants } from '../workspaces/tenants-table.ts'
import { apiTokens } from './api-tokens-table.ts'
import type { AppChanges } from './app-changes.ts'
import { type App, apps } from './apps-table.ts'
import { createRemembered } from './remembered.ts'
import { type Site, sites } from './sites-table.ts'

export interface AppGrant {
  scope: TenantScope
  /** Shared with other callers: not to be changed. */
  app: App
}

/** Turns what callers of published apps bring into the right to use them. Remembers what it found for a few seconds. */
export interface AppAccess {
  /** By an app's API key. @throws DomainError `unauthorized`, or `forbidden` where the app or its workspace is closed */
  byToken(token: string): Promise<AppGrant>
  /** By a workspace's key for its knowledge. @throws DomainError `unauthorized` */
  byDatasetToken(token: string): Promise<{ scope: TenantScope }>
  /** By a web page's code. @throws DomainError `not_found` where there is no such page or it is closed */
  bySiteCode(code: string): Promise<AppGrant & { site: Site }>
}

interface KnownToken {
  tokenId: string
  type: 'app' | 'dataset'
  tenantId: string
  tenantStatus: string | null
  appId: string | null
  app: App | null
  lastUsedAt: number
}

const REMEMBERED = { milliseconds: 5000, limit: 10_000 }
const USE_RECORDED_EVERY = 60_000

export function createAppAccess({ database, changes }: { database: Database; changes: AppChanges }): AppAccess {
  const tokens = createRemembered<KnownToken>(REMEMBERED)
  const pages = createRemembered<{ app: App; site: Site; tenantStatus: string }>(REMEMBERED)
  changes.listen(id => {
    tokens.forget(known => known.appId === id || known.tenantId === id)
    pages.forget(({ app }) => app.id === id)
  })

  async function tokenOf(token: string, type: 'app' | 'dataset'): Promise<KnownToken> {
    const known = await tokens.get(token, () => findToken(database, token))
    if (known.type !== type) throw new DomainError('unauthorized', 'Access token is invalid')
    recordUse(known)
    return known
  }

  function recordUse(known: KnownToken) {
    const now = Date.now()
    if (now - known.lastUsedAt < USE_RECORDED_EVERY) return
    known.lastUsedAt = now
    const unused = or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, new Date(now - USE_RECORDED_EVERY)))
    const update = database.tenant(grantTenantScope(known.tenantId)).update(apiTokens, {
      set: { lastUsedAt: new Date(now) },
      where: and(eq(apiTokens.id, known.tokenId), unused),
    })
    // Nobody waits for it, and a request does not fail for the want of it.
    update.catch(() => undefined)
  }

  return {
    async byToken(token) {
      const { app, tenantId, tenantStatus } = await tokenOf(token, 'app')
      if (!app) throw new DomainError('forbidden', 'The app no longer exists.')
      if (app.status !== 'normal') throw new DomainError('forbidden', "The app's status is abnormal.")
      if (!app.enableApi) throw new DomainError('forbidden', "The app's API service has been disabled.")
      if (tenantStatus === 'archive') throw new DomainError('forbidden', "The workspace's status is archived.")
      return { app, scope: grantTenantScope(tenantId) }
    },
    async byDatasetToken(token) {
      const { tenantId, tenantStatus } = await tokenOf(token, 'dataset')
      if (tenantStatus !== 'normal') throw new DomainError('unauthorized', 'Tenant does not exist.')
      return { scope: grantTenantScope(tenantId) }
    },
    async bySiteCode(code) {
      const { app, site, tenantStatus } = await pages.get(code, () => findPage(database, code))
      const isOpen = app.status === 'normal' && app.enableSite && site.status === 'normal' && tenantStatus === 'normal'
      if (!isOpen) throw new DomainError('not_found')
      return { app, site, scope: grantTenantScope(app.tenantId) }
    },
  }
}

async function findToken(database: Database, token: string): Promise<KnownToken> {
  const [keys, owners] = [acrossTenants(apiTokens), acrossTenants(apps)]
  const [row] = await database.global
    .select({ key: keys, app: owners, tenantStatus: tenants.status })
    .from(keys)
    .leftJoin(owners, eq(owners.id, keys.appId))
    .leftJoin(tenants, eq(tenants.id, keys.tenantId))
    .where(eq(keys.token, token))
  if (!row) throw new DomainError('unauthorized', 'Access token is invalid')
  const { key, app, tenantStatus } = row
  return {
    tokenId: key.id,
    type: key.type,
    tenantId: key.tenantId,
    tenantStatus,
    appId: key.appId,
    app,
    lastUsedAt: key.lastUsedAt?.getTime() ?? 0,
  }
}

async function findPage(database: Database, code: string): Promise<{ app: App; site: Site; tenantStatus: string }> {
  const [pages, owners] = [acrossTenants(sites), acrossTenants(apps)]
  const [row] = await database.global
    .select({ site: pages, app: owners, tenantStatus: tenants.status })
    .from(pages)
    .innerJoin(owners, eq(owners.id, pages.appId))
    .innerJoin(tenants, eq(tenants.id, pages.tenantId))
    .where(eq(pages.code, code))
  if (!row) throw new DomainError('not_found')
  return row
}
