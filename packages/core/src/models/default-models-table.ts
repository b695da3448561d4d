import type { ModelType } from '@weft/ports'
import { text } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** The model that is taken where none is named; one per type. */
export const defaultModels = tenantTable('default_models', {
  id: id(),
  modelType: text().$type<ModelType>().notNull(),
  provider: text().notNull(),
  model: text().notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
