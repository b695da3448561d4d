import { and, asc, eq } from 'drizzle-orm'
import type { Account } from '../accounts/accounts-table.ts'
import type { Database } from '../database/database.ts'
import { DomainError } from '../errors.ts'
import type { Role } from './roles.ts'
import { tenantMembers } from './tenant-members-table.ts'
import { type Tenant, tenants } from './tenants-table.ts'

export interface Membership {
  tenant: Tenant
  role: Role
  isCurrent: boolean
}

/** The workspaces of an account. */
export interface Workspaces {
  /** Makes a workspace that the account owns and works in from now on. */
  create(account: Account, name: string): Promise<Tenant>
  listOf(accountId: string): Promise<Membership[]>
  /** @throws DomainError `account_not_link_tenant` */
  switchTo(accountId: string, tenantId: string): Promise<Membership>
  rename(tenantId: string, name: string): Promise<Tenant>
}

export function createWorkspaces({ database }: { database: Database }): Workspaces {
  async function memberships(accountId: string): Promise<Membership[]> {
    const rows = await database.global
      .select({ tenant: tenants, role: tenantMembers.role, isCurrent: tenantMembers.isCurrent })
      .from(tenantMembers)
      .innerJoin(tenants, eq(tenants.id, tenantMembers.tenantId))
      .where(and(eq(tenantMembers.accountId, accountId), eq(tenants.status, 'normal')))
      .orderBy(asc(tenantMembers.createdAt))
    return rows
  }
  return {
    create: (account, name) => database.transaction(tx => addWorkspace(tx, account, name)),
    listOf: memberships,
    async switchTo(accountId, tenantId) {
      const membership = (await memberships(accountId)).find(({ tenant }) => tenant.id === tenantId)
      if (!membership) throw new DomainError('account_not_link_tenant')
      await database.transaction(async tx => {
        await leaveCurrent(tx, accountId)
        await tx.global
          .update(tenantMembers)
          .set({ isCurrent: true })
          .where(and(eq(tenantMembers.accountId, accountId), eq(tenantMembers.tenantId, tenantId)))
      })
      return { ...membership, isCurrent: true }
    },
    async rename(tenantId, name) {
      const [tenant] = await database.global.update(tenants).set({ name }).where(eq(tenants.id, tenantId)).returning()
      if (!tenant) throw new DomainError('not_found')
      return tenant
    },
  }
}

export async function addWorkspace(database: Database, account: Account, name: string): Promise<Tenant> {
  const [tenant] = await database.global.insert(tenants).values({ name }).returning()
  if (!tenant) throw new Error('an insert returned no row')
  await leaveCurrent(database, account.id)
  await database.global.insert(tenantMembers).values({ tenantId: tenant.id, accountId: account.id, role: 'owner', isCurrent: true })
  return tenant
}

async function leaveCurrent(database: Database, accountId: string) {
  await database.global.update(tenantMembers).set({ isCurrent: false }).where(eq(tenantMembers.accountId, accountId))
}
