import { sql } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { DomainError } from '../errors.ts'
import { tenants } from '../workspaces/tenants-table.ts'
import { addWorkspace } from '../workspaces/workspaces.ts'
import { addAccount } from './accounts.ts'
import { installations } from './installations-table.ts'
import { checkPasswordRule, hashPassword } from './passwords.ts'

/** The first run: one account that owns one workspace. */
export interface Installation {
  /** When it was set up; undefined before. */
  setUpAt(): Promise<Date | undefined>
  /** @throws DomainError `already_setup`, `invalid_param` */
  setUp(owner: { email: string; name: string; password: string; ip: string }): Promise<void>
  /** Whether the caller may set up, given the password the operator laid down. */
  isInitPassword(password: string): boolean
  readonly hasInitPassword: boolean
}

const VERSION = '1.9.1'

export function createInstallation({ database, initPassword }: { database: Database; initPassword: string }): Installation {
  let known: Date | undefined
  return {
    hasInitPassword: initPassword !== '',
    isInitPassword: password => password === initPassword,
    async setUpAt() {
      if (known) return known
      const [row] = await database.global.select().from(installations)
      known = row?.setUpAt
      return known
    },
    async setUp({ email, name, password, ip }) {
      checkPasswordRule(password)
      const passwordHash = await hashPassword(password)
      await database.transaction(async tx => {
        const [row] = await tx.global.insert(installations).values({ version: VERSION }).onConflictDoNothing().returning()
        if (!row) throw new DomainError('already_setup')
        const [{ count } = { count: 0 }] = await tx.global.select({ count: sql<number>`count(*)::int` }).from(tenants)
        if (count) throw new DomainError('already_setup')
        const account = await addAccount(tx, { email, name, passwordHash, lastLoginIp: ip, initializedAt: new Date() })
        await addWorkspace(tx, account, `${name}'s Workspace`)
      })
    },
  }
}
