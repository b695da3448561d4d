import type { ValueMap } from '@weft/contracts'
import { RunState } from '@weft/engine'
import type { Database } from '../database/database.ts'
import { grantTenantScope } from '../database/tenant-scope.ts'
import type { JournalEntry } from './journal.ts'
import type { RunService } from './run-service.ts'

export interface Replay {
  entries: JournalEntry[]
  /** What the run's row says. */
  recorded: ValueMap
  /** What the engine makes of the journal: for a finished run, its end derived anew from all that came before it. */
  derived: ValueMap
}

/** Folds a run's journal again. For operators: it looks into any tenant's run. */
export async function replayRun(database: Database, runs: RunService, runId: string): Promise<Replay | undefined> {
  const { rows } = await database.query<{ tenant_id: string }>({
    text: 'select tenant_id from workflow_runs where id = $1',
    values: [runId],
  })
  if (!rows[0]) return undefined
  const scope = grantTenantScope(rows[0].tenant_id)
  const run = await runs.store.find(scope, runId)
  if (!run) return undefined
  const state = new RunState(runs.graphOf(await runs.store.graph(scope, run.graphHash), run.graphHash), runs.limits)
  const entries: JournalEntry[] = []
  let derived: ValueMap = { status: 'running' }
  for (const event of await runs.store.events(scope, runId)) {
    if (event.type === 'run-finished') {
      const end = state.decide({ now: event.at, newId: () => '' })
      if (end?.type === 'run-finished') derived = { status: end.status, outputs: run.outputs === null ? null : end.outputs }
      else derived = { status: event.status, outputs: run.outputs === null ? null : event.outputs }
    }
    entries.push({ seq: entries.length + 1, event, text: state.apply(event) })
  }
  return { entries, recorded: { status: run.status, ...(run.status === 'running' ? {} : { outputs: run.outputs }) }, derived }
}
