import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, instant } from '../database/columns.ts'

/** Only their hashes are kept, so that a copy of the table opens no session. */
export const refreshTokens = pgTable('refresh_tokens', {
  tokenHash: text().primaryKey(),
  accountId: uuid().notNull(),
  expiresAt: instant().notNull(),
  createdAt: createdAt(),
})
