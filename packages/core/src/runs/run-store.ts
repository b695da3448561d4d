import { createHash } from 'node:crypto'
import { parseJson, stringifyJson, type Value } from '@weft/contracts'
import type { RunEvent } from '@weft/engine'
import { and, eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { grantTenantScope, type TenantScope } from '../database/tenant-scope.ts'
import { runGraphs, workflowRuns } from './tables.ts'

export type RunRecord = (typeof workflowRuns)['$inferSelect']

/** Which graph: the same document has the same hash. */
export function hashGraph(document: Value): string {
  return createHash('sha256').update(stringifyJson(document)).digest('hex')
}

/** Reads runs and their journals. Writing them is the journal's. */
export class RunStore {
  readonly #database: Database
  /** Graphs known to be stored. */
  readonly #stored = new Set<string>()

  constructor(database: Database) {
    this.#database = database
  }

  async find(scope: TenantScope, runId: string): Promise<RunRecord | undefined> {
    return this.#database.tenant(scope).first(workflowRuns, { where: eq(workflowRuns.id, runId) })
  }

  /** Makes sure that the graph is there for whoever reads the run later. */
  async keepGraph(scope: TenantScope, hash: string, document: Value): Promise<void> {
    const key = scope.tenantId + hash
    if (this.#stored.has(key)) return
    await this.#database.query({
      text: 'insert into run_graphs (tenant_id, hash, graph) values ($1, $2, $3) on conflict do nothing',
      values: [scope.tenantId, hash, stringifyJson(document)],
    })
    if (this.#stored.size > 10_000) this.#stored.clear()
    this.#stored.add(key)
  }

  async graph(scope: TenantScope, hash: string): Promise<Value> {
    const row = await this.#database.tenant(scope).first(runGraphs, { where: eq(runGraphs.hash, hash) })
    if (!row) throw new Error(`the graph ${hash} of a run is gone`)
    return parseJson(row.graph)
  }

  /** A run's events from `after` on, which is the number of the last one known. The run must be the scope's. */
  async events(scope: TenantScope, runId: string, after = 0): Promise<RunEvent[]> {
    const { rows } = await this.#database.query<{ seq: number; events: string }>({
      name: 'run-events',
      text: `select e.seq, e.events from run_events e join workflow_runs r on r.id = e.run_id
        where e.run_id = $1 and r.tenant_id = $2 and e.seq + e.count > $3 + 1 order by e.seq`,
      values: [runId, scope.tenantId, after],
    })
    return rows.flatMap(row => (parseJson(row.events) as unknown as RunEvent[]).slice(Math.max(0, after + 1 - row.seq)))
  }

  async requestStop(scope: TenantScope, runId: string, reason: string): Promise<boolean> {
    const changed = await this.#database.tenant(scope).update(workflowRuns, {
      set: { stopReason: reason },
      where: and(eq(workflowRuns.id, runId), eq(workflowRuns.status, 'running')),
    })
    return changed.length > 0
  }

  /** Runs that the executor has by the record and that somebody wants stopped, with the reason. */
  async stopRequests(executorId: string): Promise<{ id: string; reason: string }[]> {
    const { rows } = await this.#database.query<{ id: string; reason: string }>({
      name: 'run-stops',
      text: `select id, stop_reason as reason from workflow_runs where executor_id = $1 and status = 'running' and stop_reason is not null`,
      values: [executorId],
    })
    return rows
  }

  /** Gives back all that the executor has by the record but does not execute. */
  async releaseStrays(executorId: string, executes: (runId: string) => boolean): Promise<void> {
    const { rows } = await this.#database.query<{ id: string }>({
      text: `select id from workflow_runs where executor_id = $1 and status = 'running'`,
      values: [executorId],
    })
    const strays = rows.map(row => row.id).filter(id => !executes(id))
    if (!strays.length) return
    await this.#database.query({
      text: `update workflow_runs set executor_id = null where id = any($1::uuid[]) and executor_id = $2 and status = 'running'`,
      values: [strays, executorId],
    })
  }

  /** Takes over runs that no living process executes, other than those of `except`. The caller's executor has them from then on. */
  async claimOrphans(executorId: string, limit: number, except: string[]): Promise<{ scope: TenantScope; run: RunRecord }[]> {
    const { rows } = await this.#database.query<{ id: string; tenant_id: string }>({
      text: `update workflow_runs set executor_id = $1 where id in (
          select id from workflow_runs r where status = 'running' and (executor_id is null
            or not exists (select 1 from run_executors x where x.id = r.executor_id and not x.is_fenced))
          and id <> all($3::uuid[]) order by created_at limit $2 for update skip locked)
        returning id, tenant_id`,
      values: [executorId, limit, except],
    })
    const claimed: { scope: TenantScope; run: RunRecord }[] = []
    for (const row of rows) {
      const scope = grantTenantScope(row.tenant_id)
      const run = await this.find(scope, row.id)
      if (run) claimed.push({ scope, run })
    }
    return claimed
  }

  /** Gives back what the executor has, for others to take at once. */
  async release(executorId: string): Promise<void> {
    await this.#database.query({
      text: `update workflow_runs set executor_id = null where executor_id = $1 and status = 'running'`,
      values: [executorId],
    })
    await this.#database.query({ text: 'delete from run_executors where id = $1', values: [executorId] })
  }
}
