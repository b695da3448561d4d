import { boolean, pgTable, text } from 'drizzle-orm/pg-core'
import { createdAt } from '../database/columns.ts'

/** Has one row once the first account is set up. */
export const installations = pgTable('installations', {
  isSetUp: boolean().primaryKey().default(true),
  version: text().notNull(),
  setUpAt: createdAt(),
})
