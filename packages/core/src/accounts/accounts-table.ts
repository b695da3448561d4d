import { pgTable, text } from 'drizzle-orm/pg-core'
import { createdAt, id, instant, updatedAt } from '../database/columns.ts'

export type AccountStatus = 'pending' | 'uninitialized' | 'active' | 'banned' | 'closed'

/** People who may log in. They belong to tenants by `tenant_members`. */
export const accounts = pgTable('accounts', {
  id: id(),
  name: text().notNull(),
  email: text().notNull(),
  /** Argon2id in PHC form; null where no password was ever set. */
  passwordHash: text(),
  /** A file's id. */
  avatar: text(),
  interfaceLanguage: text().notNull().default('en-US'),
  interfaceTheme: text().$type<'light' | 'dark'>().notNull().default('light'),
  timezone: text().notNull().default('America/New_York'),
  status: text().$type<AccountStatus>().notNull().default('active'),
  lastLoginAt: instant(),
  lastLoginIp: text(),
  lastActiveAt: createdAt(),
  initializedAt: instant(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type Account = typeof accounts.$inferSelect
