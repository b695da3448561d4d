import { eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { DomainError } from '../errors.ts'
import { type Account, accounts } from './accounts-table.ts'
import { checkPasswordRule, hashPassword, isPasswordOf } from './passwords.ts'

export type AccountChange = Partial<Pick<Account, 'name' | 'avatar' | 'interfaceLanguage' | 'interfaceTheme' | 'timezone'>>

/** A person's own account. */
export interface Accounts {
  create(account: { email: string; name: string; password: string }): Promise<Account>
  change(accountId: string, change: AccountChange): Promise<Account>
  /** Makes an invited or uninitialized account active. @throws DomainError `account_already_inited` */
  initialize(account: Account, settings: { interfaceLanguage: string; timezone: string }): Promise<void>
  /** @throws DomainError `current_password_incorrect`, `invalid_param` */
  changePassword(account: Account, change: { current: string | undefined; next: string }): Promise<void>
}

export function createAccounts({ database }: { database: Database }): Accounts {
  async function update(accountId: string, set: Partial<Account>): Promise<Account> {
    const [account] = await database.global.update(accounts).set(set).where(eq(accounts.id, accountId)).returning()
    if (!account) throw new DomainError('unauthorized')
    return account
  }
  return {
    async create({ email, name, password }) {
      checkPasswordRule(password)
      return addAccount(database, { email, name, passwordHash: await hashPassword(password), initializedAt: new Date() })
    },
    change: update,
    async initialize(account, settings) {
      if (account.status === 'active') throw new DomainError('account_already_inited')
      await update(account.id, { ...settings, status: 'active', initializedAt: new Date() })
    },
    async changePassword(account, { current, next }) {
      if (account.passwordHash && !(await isPasswordOf(account.passwordHash, current ?? '')))
        throw new DomainError('current_password_incorrect')
      checkPasswordRule(next)
      await update(account.id, { passwordHash: await hashPassword(next) })
    },
  }
}

export async function addAccount(database: Database, row: typeof accounts.$inferInsert): Promise<Account> {
  const [account] = await database.global.insert(accounts).values(row).returning()
  if (!account) throw new Error('an insert returned no row')
  return account
}
