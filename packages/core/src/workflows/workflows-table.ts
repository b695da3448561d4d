import type { Value, ValueMap } from '@weft/contracts'
import { text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, json, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

export const DRAFT = 'draft'

export interface EnvironmentVariable {
  id: string
  name: string
  description: string
  selector: string[]
  value_type: 'string' | 'integer' | 'float' | 'number' | 'secret'
  /** A secret's is encrypted for the tenant. */
  value: Value
}

export interface ConversationVariable {
  id: string
  name: string
  description: string
  selector: string[]
  value_type: string
  value: Value
}

/** Definitions of graphs: an app's draft and its published versions, whose `version` is the time of publishing. */
export const workflows = tenantTable('workflows', {
  id: id(),
  appId: uuid().notNull(),
  type: text().$type<'workflow' | 'chat'>().notNull(),
  version: text().notNull(),
  markedName: text().notNull().default(''),
  markedComment: text().notNull().default(''),
  graph: json<ValueMap>().notNull(),
  /** Of the graph alone, by `hashGraph`: runs of the same graph share it. */
  graphHash: text().notNull(),
  features: json<ValueMap>().notNull(),
  environmentVariables: json<EnvironmentVariable[]>().notNull(),
  conversationVariables: json<ConversationVariable[]>().notNull(),
  createdBy: uuid(),
  updatedBy: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type Workflow = (typeof workflows)['$inferSelect']
