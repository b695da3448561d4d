import type { ValueMap } from '@weft/contracts'
import type { RunContext, RunStatus } from '@weft/engine'
import { doublePrecision, integer, text, uuid } from 'drizzle-orm/pg-core'
import { id, instant, json } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

export type WorkflowType = 'workflow' | 'chat'
/** `single-step` runs are one node of a draft; they are in no list. */
export type TriggeredFrom = 'debugging' | 'app-run' | 'single-step'

/** A run's row: a projection of its journal, and what a process needs to take the run over. */
export const workflowRuns = tenantTable('workflow_runs', {
  id: id(),
  appId: uuid().notNull(),
  workflowId: uuid().notNull(),
  type: text().$type<WorkflowType>().notNull(),
  triggeredFrom: text().$type<TriggeredFrom>().notNull(),
  invokeFrom: text().$type<RunContext['invokeFrom']>().notNull(),
  version: text().notNull(),
  graphHash: text().notNull(),
  status: text().$type<RunStatus | 'running'>().notNull(),
  inputs: json<ValueMap>().notNull(),
  outputs: json<ValueMap>(),
  error: text(),
  /** Seconds. */
  elapsedTime: doublePrecision().notNull(),
  totalTokens: integer().notNull(),
  totalSteps: integer().notNull(),
  exceptionsCount: integer().notNull(),
  createdByRole: text().$type<'account' | 'end_user'>().notNull(),
  createdBy: uuid().notNull(),
  conversationId: uuid(),
  messageId: uuid(),
  context: json<RunMemo>().notNull(),
  executorId: uuid(),
  stopReason: text(),
  createdAt: instant().notNull(),
  finishedAt: instant(),
})

/** What stands in a run's row for whoever takes it over. */
export interface RunMemo {
  run: RunContext
  /** As events show it: `{id, name, email}` of an account, `{id, user}` of an end user. */
  createdBy: ValueMap
  /** What the app's features do around the run, such as naming the conversation. */
  features?: ValueMap
}

export const runGraphs = tenantTable('run_graphs', {
  hash: text().notNull(),
  graph: text().notNull(),
})
