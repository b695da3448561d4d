import type { Value } from '@weft/contracts'
import { boolean, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, json, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'
import type { NodeExecutionRecord } from '../runs/node-executions.ts'

/** A variable of a draft as its last run left it: a node's output, a system or a conversation variable. */
export const draftVariables = tenantTable('draft_variables', {
  id: id(),
  appId: uuid().notNull(),
  nodeId: text().notNull(),
  name: text().notNull(),
  description: text().notNull().default(''),
  valueType: text().notNull(),
  /** Null is a stored none. */
  value: json<Value>(),
  originalValue: json<Value>(),
  isEdited: boolean().notNull().default(false),
  isEditable: boolean().notNull().default(true),
  isVisible: boolean().notNull().default(true),
  nodeExecutionId: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type DraftVariable = (typeof draftVariables)['$inferSelect']

export const draftNodeRuns = tenantTable('draft_node_runs', {
  appId: uuid().notNull(),
  nodeId: text().notNull(),
  record: json<NodeExecutionRecord>().notNull(),
  createdBy: uuid().notNull(),
  updatedAt: updatedAt(),
})
