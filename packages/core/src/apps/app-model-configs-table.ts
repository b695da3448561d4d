import type { ValueMap } from '@weft/contracts'
import { uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, json, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** What a chat, agent or completion app does: each save is a new row, and a conversation keeps the one it began with. */
export const appModelConfigs = tenantTable('app_model_configs', {
  id: id(),
  appId: uuid().notNull(),
  config: json<ValueMap>().notNull(),
  createdBy: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})
