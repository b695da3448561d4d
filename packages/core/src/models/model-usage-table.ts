import type { ModelType } from '@weft/ports'
import { bigint, date, numeric, text } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** What models were asked for, by day of UTC. */
export const modelUsage = tenantTable('model_usage', {
  id: id(),
  day: date({ mode: 'string' }).notNull(),
  provider: text().notNull(),
  model: text().notNull(),
  modelType: text().$type<ModelType>().notNull(),
  currency: text().notNull(),
  calls: bigint({ mode: 'number' }).notNull().default(0),
  promptTokens: bigint({ mode: 'number' }).notNull().default(0),
  completionTokens: bigint({ mode: 'number' }).notNull().default(0),
  /** A decimal text. */
  totalPrice: numeric().notNull().default('0'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
