import { boolean, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import type { Role } from './roles.ts'

/** Who belongs to which workspace, as what. It decides scopes, hence needs none itself. */
export const tenantMembers = pgTable('tenant_members', {
  id: id(),
  tenantId: uuid().notNull(),
  accountId: uuid().notNull(),
  role: text().$type<Role>().notNull().default('normal'),
  /** The workspace this account works in at present; one at most. */
  isCurrent: boolean().notNull().default(false),
  invitedBy: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
