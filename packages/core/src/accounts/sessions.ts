import { createHash, randomBytes } from 'node:crypto'
import type { Cache } from '@weft/ports'
import { and, asc, desc, eq, gt, lt } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { grantTenantScope, type TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import type { Role } from '../workspaces/roles.ts'
import { tenantMembers } from '../workspaces/tenant-members-table.ts'
import { type Tenant, tenants } from '../workspaces/tenants-table.ts'
import type { AccessTokens } from './access-tokens.ts'
import { type Account, accounts } from './accounts-table.ts'
import { isPasswordOf } from './passwords.ts'
import { refreshTokens } from './refresh-tokens-table.ts'

export interface TokenPair {
  accessToken: string
  refreshToken: string
}

/** Who is calling, and in which workspace. */
export interface Caller {
  account: Account
  tenant: Tenant
  role: Role
  scope: TenantScope
}

/** Being logged in. */
export interface Sessions {
  /** @throws DomainError `authentication_failed`, `email_code_login_limit`, `account_banned`, `workspace_not_found` */
  logIn(login: { email: string; password: string; ip: string }): Promise<TokenPair>
  /** Trades a refresh token for a new pair. @throws DomainError `unauthorized` */
  refresh(refreshToken: string): Promise<TokenPair>
  /** Ends the account's newest session. Access tokens live until they expire. */
  logOut(accountId: string): Promise<void>
  /** Ends all the account's sessions. */
  logOutEverywhere(accountId: string): Promise<void>
  /** The caller behind an access token. @throws DomainError `unauthorized` */
  authenticate(accessToken: string): Promise<Caller>
  /** The owner of a workspace, for the admin key. @throws DomainError `unauthorized` */
  callerAsOwner(tenantId: string): Promise<Caller>
}

const LAST_ACTIVE_MILLISECONDS = 10 * 60 * 1000

/** Failed tries a login survives. */
const TRIES = 5

export interface SessionsOptions {
  database: Database
  cache: Cache
  accessTokens: AccessTokens
  refreshTokenSeconds: number
  lockoutSeconds: number
}

export function createSessions({ database, cache, accessTokens, refreshTokenSeconds, lockoutSeconds }: SessionsOptions): Sessions {
  const { global } = database

  async function issuePair(accountId: string): Promise<TokenPair> {
    const refreshToken = randomBytes(64).toString('hex')
    await global.delete(refreshTokens).where(and(eq(refreshTokens.accountId, accountId), lt(refreshTokens.expiresAt, new Date())))
    const expiresAt = new Date(Date.now() + refreshTokenSeconds * 1000)
    await global.insert(refreshTokens).values({ tokenHash: hashOf(refreshToken), accountId, expiresAt })
    return { accessToken: await accessTokens.issue(accountId), refreshToken }
  }

  async function callerWhere(condition: ReturnType<typeof and>): Promise<Caller | undefined> {
    const [row] = await global
      .select({ account: accounts, tenant: tenants, member: tenantMembers })
      .from(accounts)
      .innerJoin(tenantMembers, eq(tenantMembers.accountId, accounts.id))
      .innerJoin(tenants, eq(tenants.id, tenantMembers.tenantId))
      .where(condition)
      .orderBy(desc(tenantMembers.isCurrent), asc(tenantMembers.createdAt))
      .limit(1)
    if (!row) return undefined
    return { account: row.account, tenant: row.tenant, role: row.member.role, scope: grantTenantScope(row.tenant.id) }
  }

  async function noteActivity(account: Account) {
    const now = new Date()
    if (now.getTime() - account.lastActiveAt.getTime() < LAST_ACTIVE_MILLISECONDS) return
    await global.update(accounts).set({ lastActiveAt: now, updatedAt: account.updatedAt }).where(eq(accounts.id, account.id))
  }

  return {
    async logIn({ email, password, ip }) {
      const lockKey = `login_error_rate_limit:${email}`
      // Open where the cache fails: its loss must not lock everybody out.
      const failures = await cache.get(lockKey).catch(() => undefined)
      if (Number(failures ?? 0) > TRIES) throw new DomainError('email_code_login_limit')
      const [account] = await global.select().from(accounts).where(eq(accounts.email, email))
      if (!(await isPasswordOf(account?.passwordHash, password)) || !account) {
        await cache.increment(lockKey, lockoutSeconds).catch(() => 0)
        throw new DomainError('authentication_failed')
      }
      if (account.status === 'banned') throw new DomainError('account_banned')
      if (!(await callerWhere(eq(accounts.id, account.id)))) throw new DomainError('workspace_not_found')
      await cache.delete(lockKey).catch(() => undefined)
      const status = account.status === 'pending' ? 'active' : account.status
      await global.update(accounts).set({ lastLoginAt: new Date(), lastLoginIp: ip, status }).where(eq(accounts.id, account.id))
      return issuePair(account.id)
    },
    async refresh(refreshToken) {
      const [token] = await global
        .delete(refreshTokens)
        .where(and(eq(refreshTokens.tokenHash, hashOf(refreshToken)), gt(refreshTokens.expiresAt, new Date())))
        .returning()
      if (!token) throw new DomainError('unauthorized', 'Invalid refresh token')
      const [account] = await global.select().from(accounts).where(eq(accounts.id, token.accountId))
      if (!account) throw new DomainError('unauthorized', 'Invalid account')
      if (account.status === 'banned') throw new DomainError('unauthorized', 'Account is banned.')
      return issuePair(account.id)
    },
    async logOut(accountId) {
      const [newest] = await global
        .select()
        .from(refreshTokens)
        .where(eq(refreshTokens.accountId, accountId))
        .orderBy(desc(refreshTokens.createdAt))
        .limit(1)
      if (newest) await global.delete(refreshTokens).where(eq(refreshTokens.tokenHash, newest.tokenHash))
    },
    async logOutEverywhere(accountId) {
      await global.delete(refreshTokens).where(eq(refreshTokens.accountId, accountId))
    },
    async authenticate(accessToken) {
      const accountId = await accessTokens.verify(accessToken)
      const caller = await callerWhere(and(eq(accounts.id, accountId), eq(tenants.status, 'normal')))
      if (!caller) throw new DomainError('unauthorized')
      if (caller.account.status === 'banned') throw new DomainError('unauthorized', 'Account is banned.')
      await noteActivity(caller.account)
      return caller
    },
    async callerAsOwner(tenantId) {
      const caller = await callerWhere(and(eq(tenants.id, tenantId), eq(tenantMembers.role, 'owner')))
      if (!caller) throw new DomainError('unauthorized')
      return caller
    },
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
