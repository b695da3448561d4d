import { stringifyJson } from '@weft/contracts'
import type { RunEvent, TextEmission } from '@weft/engine'
import type { Database } from '../database/database.ts'

/** An event of a run with its number, and the answer text that went out because of it. */
export interface JournalEntry {
  /** From 1, without gaps. */
  seq: number
  event: RunEvent
  text: TextEmission[]
}

/** SQL that goes into the commit of the entries it belongs to: projections of the journal. */
export interface Statement {
  text: string
  values: unknown[]
}

/** The columns of a run's row as the hot path writes them, in SQL's names. */
export type RunRow = Record<string, unknown> & { id: string }

/** What a run has ready for the next commit. */
export interface Batch {
  entries: JournalEntry[]
  /** How the journal text of an event reads: secrets sealed. */
  encode(event: RunEvent): string
  /** The run's row, with its first batch only. */
  created: RunRow | undefined
  /** What the run's end changes in its row. */
  finished: RunRow | undefined
  statements: Statement[]
}

/** A run as the journal knows it. */
export interface JournalWriter {
  runId: string
  /** Takes what is ready; undefined where nothing is. */
  take(): Batch | undefined
  /** The batch is durable. */
  committed(batch: Batch): void
  /** Another process has the run now: nothing of the batch was written. */
  lost(): void
  /** The database will never take the batch: nothing of it was written. */
  refused(batch: Batch): void
}

const COLUMNS = `id uuid, tenant_id uuid, app_id uuid, workflow_id uuid, type text, triggered_from text, invoke_from text, version text,
  graph_hash text, status text, inputs text, outputs text, error text, elapsed_time double precision, total_tokens bigint, total_steps integer,
  exceptions_count integer, created_by_role text, created_by uuid, conversation_id uuid, message_id uuid, context text, executor_id uuid,
  created_at timestamptz, finished_at timestamptz`
const NAMES = COLUMNS.split(',')
  .map(column => column.trim().split(' ')[0])
  .join(', ')

const CREATE = `insert into workflow_runs (${NAMES}) select ${NAMES} from json_to_recordset($1::json) as r(${COLUMNS}) on conflict (id) do nothing`

// A row of the same content was written by a commit whose answer got lost: it counts as written, but not as new.
const APPEND = `insert into run_events (run_id, seq, count, events)
  select e.run_id, e.seq, e.count, e.events from unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::bool[]) as e (run_id, seq, count, events, is_new)
  where e.is_new or exists (select 1 from workflow_runs r where r.id = e.run_id and r.executor_id = $6)
  on conflict (run_id, seq) do update set count = excluded.count where run_events.events = excluded.events
  returning run_id, xmax = 0 as is_new`

const FINISH = `update workflow_runs r set status = f.status, outputs = f.outputs, error = f.error, elapsed_time = f.elapsed_time,
  total_tokens = f.total_tokens, total_steps = f.total_steps, exceptions_count = f.exceptions_count, finished_at = f.finished_at, executor_id = null
  from json_to_recordset($1::json) as f(id uuid, status text, outputs text, error text, elapsed_time double precision, total_tokens bigint,
    total_steps integer, exceptions_count integer, finished_at timestamptz) where r.id = f.id`

/**
 * Writes the journals of all runs of a process. What gathers while one commit is under way goes into the next, so under load
 * many runs share a commit, and alone a run waits for nobody. A commit that fails is tried again until it succeeds: runs
 * outlive the database's restarts.
 */
export class RunJournal {
  readonly #database: Database
  readonly #executorId: () => string
  readonly #onError: (error: unknown) => void
  readonly #dirty = new Set<JournalWriter>()
  #isWriting = false
  #idle: (() => void)[] = []

  constructor(database: Database, executorId: () => string, onError: (error: unknown) => void) {
    this.#database = database
    this.#executorId = executorId
    this.#onError = onError
  }

  /** The writer has something ready. */
  schedule(writer: JournalWriter): void {
    this.#dirty.add(writer)
    if (this.#isWriting) return
    this.#isWriting = true
    setImmediate(() => void this.#write())
  }

  /** Resolves when nothing is left to write. */
  async drained(): Promise<void> {
    if (!this.#isWriting && !this.#dirty.size) return
    await new Promise<void>(resolve => this.#idle.push(resolve))
  }

  async #write(): Promise<void> {
    while (this.#dirty.size) {
      const batches = new Map<JournalWriter, Batch>()
      for (const writer of this.#dirty) {
        const batch = writer.take()
        if (batch) batches.set(writer, batch)
      }
      this.#dirty.clear()
      if (!batches.size) continue
      const refused = new Set<string>()
      const written = await this.#commitAtLast([...batches], refused)
      for (const [writer, batch] of batches) {
        if (written.has(writer.runId)) writer.committed(batch)
        else if (refused.has(writer.runId)) writer.refused(batch)
        else writer.lost()
      }
    }
    this.#isWriting = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** The runs whose batches are durable. Those whose batches never will be go to `refused`. */
  async #commitAtLast(batches: [JournalWriter, Batch][], refused: Set<string>): Promise<Set<string>> {
    for (let delay = 50; ; delay = Math.min(delay * 2, 1000)) {
      try {
        return await this.#commit(batches)
      } catch (error) {
        this.#onError(error)
        if (isAboutContent(error)) return await this.#commitApart(batches, refused)
        await new Promise(resolve => setTimeout(resolve, delay))
      }
    }
  }

  /** What one run writes and the database will never take must not keep the others from writing. */
  async #commitApart(batches: [JournalWriter, Batch][], refused: Set<string>): Promise<Set<string>> {
    const [first] = batches
    if (batches.length > 1) {
      const written = new Set<string>()
      for (const batch of batches) for (const id of await this.#commitAtLast([batch], refused)) written.add(id)
      return written
    }
    // Better a run whose message is missing something than a run that is lost.
    if (first?.[1].statements.length) return this.#commitAtLast([[first[0], { ...first[1], statements: [] }]], refused)
    if (first) refused.add(first[0].runId)
    return new Set()
  }

  async #commit(batches: [JournalWriter, Batch][]): Promise<Set<string>> {
    const created: RunRow[] = []
    const finished: RunRow[] = []
    const events: [string[], number[], number[], string[], boolean[]] = [[], [], [], [], []]
    for (const [{ runId }, batch] of batches) {
      if (batch.created) created.push(batch.finished ? { ...batch.created, ...batch.finished, executor_id: null } : batch.created)
      else if (batch.finished) finished.push(batch.finished)
      const [first] = batch.entries
      if (!first) continue
      events[0].push(runId)
      events[1].push(first.seq)
      events[2].push(batch.entries.length)
      events[3].push(`[${batch.entries.map(entry => batch.encode(entry.event)).join(',')}]`)
      events[4].push(batch.created !== undefined)
    }
    const append = { name: 'run-append', text: APPEND, values: [...events, this.#executorId()] }
    const hasStatements = batches.some(([, batch]) => batch.statements.length)
    if (!created.length && !finished.length && !hasStatements) return idsOf((await this.#database.query<Appended>(append)).rows)
    if (created.length && !finished.length && !hasStatements) {
      const values = [...append.values, stringifyJson(created)]
      return idsOf((await this.#database.query<Appended>({ name: 'run-create', text: CREATE_AND_APPEND, values })).rows)
    }
    return this.#database.transaction(async transaction => {
      if (created.length) await transaction.query({ name: 'run-rows', text: CREATE, values: [stringifyJson(created)] })
      const { rows } = await transaction.query<Appended>(append)
      const written = idsOf(rows)
      if (finished.length)
        await transaction.query({ name: 'run-finish', text: FINISH, values: [stringifyJson(finished.filter(row => written.has(row.id)))] })
      // Not again for rows that stood there: a counter would count twice, and a later turn's value would be overwritten.
      const fresh = idsOf(rows.filter(row => row.is_new))
      for (const [{ runId }, batch] of batches) {
        if (fresh.has(runId)) for (const statement of batch.statements) await transaction.query(statement)
      }
      return written
    })
  }
}

/** Whether the same values will fail again: too large, of the wrong form, against a constraint. Anything else may pass. */
function isAboutContent(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  if (error instanceof RangeError || error instanceof TypeError) return true
  if (typeof code === 'string' && /^(22|23|54)...$/.test(code)) return true
  return cause !== undefined && cause !== null && isAboutContent(cause)
}

/** Runs that begin and perhaps end within one commit: one statement, one trip. */
const CREATE_AND_APPEND = `with created as (${CREATE.replace('$1', '$7')}) ${APPEND}`

interface Appended {
  run_id: string
  is_new: boolean
}

const idsOf = (rows: Appended[]): Set<string> => new Set(rows.map(row => row.run_id))
