import { and, asc, eq } from 'drizzle-orm'
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
    listOf: memberships,
    async switchTo(accountId, tenantId) {
      const membership = (await memberships(accountId)).find(({ tenant }) => tenant.id === tenantId)
      if (!membership) throw new DomainError('account_not_link_tenant')
      await database.transaction(async tx => {
        await tx.global.update(tenantMembers).set({ isCurrent: false }).where(eq(tenantMembers.accountId, accountId))
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
