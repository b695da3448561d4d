import { stringifyJson, type Value } from '@weft/contracts'
import type { Execution, Graph, NodeContext, NodeResult, RunContext, RunEvent, RunLimits, Selector, TextEmission } from '@weft/engine'
import { RunState } from '@weft/engine'
import type { Clock } from '@weft/ports'
import type { Batch, JournalEntry, JournalWriter, RunJournal, RunRow, Statement } from './journal.ts'
import { storableInteger, storableText } from './storable.ts'
import { StreamedText } from './streamed-text.ts'
import type { RunMemo } from './tables.ts'

/** What the features of an app write along with a run: its message, its conversation's variables. */
export interface RunProjection {
  /**
   * Statements for the commit that this event is in. Hears every event once and in order, those of another process's time
   * too, whose statements are dropped.
   */
  project(event: RunEvent, text: readonly TextEmission[], state: RunState): Statement[]
  /** Set once the run has to end for what it said. */
  readonly stopReason?: string | undefined
}

export interface RunPlan {
  context: RunContext
  memo: RunMemo
  graph: Graph
  limits: RunLimits
  /** The run's row; undefined where it exists already. */
  row: RunRow | undefined
  /** What is in the journal already, for a run that is taken over. */
  journal: RunEvent[]
  /** The ciphertexts of secret environment variables by name: what the journal holds in place of their values. */
  sealedSecrets: Record<string, string>
  projection: RunProjection | undefined
}

export interface RunTools {
  journal: RunJournal
  clock: Clock
  newId(): string
  /** A fault of ours in a node or the engine. */
  onError(error: unknown, run: RunContext): void
}

export type EntryListener = (entries: JournalEntry[], isOver: boolean) => void

/**
 * A run that this process executes. The engine decides, nodes are executed, every event goes through the journal; listeners
 * hear of an event once it is durable.
 */
export class ActiveRun implements JournalWriter {
  readonly runId: string
  readonly plan: RunPlan
  readonly state: RunState
  readonly #tools: RunTools
  readonly #listeners = new Set<EntryListener>()
  /** Durable entries, for listeners that come late. */
  readonly #entries: JournalEntry[] = []
  readonly #executing = new Map<string, AbortController>()
  #pending: JournalEntry[] = []
  #statements: Statement[] = []
  #row: RunRow | undefined
  #finishedRow: RunRow | undefined
  #nextSeq = 1
  #timer: NodeJS.Timeout | undefined
  #waiting: { seq: number; resolve: () => void }[] = []
  #durableSeq = 0
  #isOver = false
  #isAdvancing = false
  #isRefused = false
  readonly #begun = Promise.withResolvers<void>()
  readonly #done = Promise.withResolvers<'finished' | 'lost' | 'handed-back'>()

  constructor(plan: RunPlan, tools: RunTools) {
    this.runId = plan.context.runId
    this.plan = plan
    this.#tools = tools
    this.#row = plan.row
    this.state = new RunState(plan.graph, plan.limits)
    for (const event of plan.journal) {
      const text = this.state.apply(event)
      plan.projection?.project(event, text, this.state)
      this.#entries.push({ seq: this.#nextSeq++, event, text: mergeText(text) })
    }
    this.#durableSeq = this.#nextSeq - 1
  }

  /** Resolves when this process is through with the run. */
  get done(): Promise<'finished' | 'lost' | 'handed-back'> {
    return this.#done.promise
  }

  /** Resolves when the run is on record: its row is there, and its projections' rows. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  /** Begins, or goes on where the journal ends. */
  start(first?: RunEvent): void {
    if (first) this.#append(first)
    const startedAt = this.state.started?.at ?? this.#tools.clock.now()
    const left = startedAt + this.plan.limits.maxTime * 1000 - this.#tools.clock.now()
    this.#timer = setTimeout(() => this.#timeOut(), Math.max(0, Math.min(left, 2 ** 31 - 1)))
    for (const execution of this.state.running.values()) this.#execute(execution)
    this.#advance()
  }

  /** Ends the run as stopped. Nothing happens where it is over. */
  stop(reason: string): void {
    if (this.#isOver || this.state.finished) return
    this.#append({ type: 'stop-requested', at: this.#tools.clock.now(), reason })
    this.#advance()
  }

  /** Gives the run up so that another process takes it: what has been decided stays, what runs is aborted. */
  async handBack(): Promise<void> {
    this.#leave('handed-back')
    await this.#tools.journal.drained()
  }

  /** Hears all durable entries after `seq`, past ones at once. Gives the way to stop. */
  listen(after: number, listener: EntryListener): () => void {
    const past = this.#entries.filter(entry => entry.seq > after)
    if (past.length || this.#isOver) listener(past, this.#isOver)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #append(event: RunEvent): void {
    const last = this.#pending.at(-1)
    const text = this.state.apply(event)
    if (last && event.type === 'text-delta' && last.event.type === 'text-delta' && isSameText(last.event, event)) {
      // Pieces of one text that wait for the same commit are one piece.
      last.event = { ...last.event, text: last.event.text + event.text }
      last.text = mergeText([...last.text, ...text])
    } else this.#pending.push({ seq: this.#nextSeq++, event, text: mergeText(text) })
    if (this.plan.projection) this.#statements.push(...this.plan.projection.project(event, text, this.state))
    if (event.type === 'run-finished') this.#finishedRow = this.#rowOfEnd(event)
    const reason = this.plan.projection?.stopReason
    // Not from within the decision that is being taken.
    if (reason !== undefined && !this.state.finished && event.type !== 'stop-requested') queueMicrotask(() => this.stop(reason))
    this.#tools.journal.schedule(this)
  }

  #rowOfEnd(event: Extract<RunEvent, { type: 'run-finished' }>): RunRow {
    return {
      id: this.runId,
      status: event.status,
      outputs: event.status === 'succeeded' || event.status === 'partial-succeeded' ? stringifyJson(event.outputs) : null,
      error: storableText(event.error),
      elapsed_time: (event.at - (this.state.started?.at ?? event.at)) / 1000,
      total_tokens: storableInteger(event.totalTokens),
      total_steps: event.totalSteps,
      exceptions_count: event.exceptionsCount,
      finished_at: new Date(event.at).toISOString(),
    }
  }

  /** Takes every decision that the state allows, starting nodes as they come. Nodes that answer at once are taken in at once. */
  #advance(): void {
    if (this.#isAdvancing || this.#isOver || this.#isRefused) return
    this.#isAdvancing = true
    try {
      for (let event = this.#decide(); event; event = this.#decide()) {
        this.#append(event)
        if (event.type === 'node-started') {
          const execution = this.state.running.get(event.execution)
          if (execution) this.#execute(execution)
        }
        this.#abortAbandoned()
      }
      if (this.state.finished) this.#finish()
    } catch (error) {
      this.#tools.onError(error, this.plan.context)
      this.#fail(error)
    } finally {
      this.#isAdvancing = false
    }
  }

  #decide(): RunEvent | undefined {
    return this.state.decide({ now: this.#tools.clock.now(), newId: this.#tools.newId })
  }

  #abortAbandoned(): void {
    for (const [id, controller] of this.#executing) {
      if (this.state.running.has(id)) continue
      this.#executing.delete(id)
      controller.abort()
    }
  }

  #execute(execution: Execution): void {
    const controller = new AbortController()
    this.#executing.set(execution.id, controller)
    const delay = execution.status === 'retrying' ? execution.dueAt - this.#tools.clock.now() : 0
    const { nodeType } = execution.node
    if (delay <= 0 && !nodeType.hasSideEffects) {
      const result = this.#call(execution, controller.signal)
      if (result instanceof Promise) void result.then(value => this.#resolve(execution, controller, value))
      else this.#resolve(execution, controller, result)
      return
    }
    void this.#prepare(delay, nodeType.hasSideEffects === true, controller.signal)
      .then(() => (controller.signal.aborted ? undefined : this.#call(execution, controller.signal)))
      .then(result => result && this.#resolve(execution, controller, result))
  }

  /** Waits for a retry's time, and for what led to a side effect to be durable. */
  async #prepare(delay: number, isEffect: boolean, signal: AbortSignal): Promise<void> {
    if (delay > 0) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, delay)
        const cut = () => {
          clearTimeout(timer)
          resolve()
        }
        signal.addEventListener('abort', cut, { once: true })
      })
    }
    if (isEffect && !signal.aborted) await this.#durable()
  }

  #durable(): Promise<void> {
    const seq = this.#nextSeq - 1
    if (this.#durableSeq >= seq) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ seq, resolve }))
  }

  #call(execution: Execution, signal: AbortSignal): NodeResult | Promise<NodeResult> {
    try {
      const result = execution.node.nodeType.execute(this.#contextOf(execution, signal))
      return result instanceof Promise ? result.catch(error => this.#failureOf(error, signal)) : result
    } catch (error) {
      return this.#failureOf(error, signal)
    }
  }

  #failureOf(error: unknown, signal: AbortSignal): NodeResult {
    if (!signal.aborted) this.#tools.onError(error, this.plan.context)
    return { status: 'failed', error: error instanceof Error ? error.message : String(error), errorType: 'WorkflowNodeError' }
  }

  #resolve(execution: Execution, controller: AbortController, result: NodeResult): void {
    if (this.#executing.get(execution.id) !== controller || this.#isOver) return
    this.#executing.delete(execution.id)
    if (!this.state.running.has(execution.id)) return
    try {
      const event = this.state.resolve(execution.id, result, this.#tools.clock.now())
      this.#append(event)
      this.#abortAbandoned()
      if (event.type === 'node-retried') this.#execute(execution)
    } catch (error) {
      this.#tools.onError(error, this.plan.context)
      this.#fail(error)
      return
    }
    this.#advance()
  }

  #contextOf(execution: Execution, signal: AbortSignal): NodeContext {
    const { node, frame } = execution
    const text = new StreamedText(execution, (type, selector, piece) => {
      if (this.#isOver || !this.state.running.has(execution.id) || signal.aborted) return
      const at = this.#tools.clock.now()
      this.#append(
        type === 'text-ended'
          ? { type, at, execution: execution.id, selector }
          : { type, at, execution: execution.id, selector, text: piece },
      )
    })
    return {
      nodeId: node.id,
      title: node.title,
      data: node.data,
      variables: frame.pool,
      run: this.plan.context,
      executionId: execution.id,
      idempotencyKey: execution.retryIndex ? `${execution.id}-${execution.retryIndex}` : execution.id,
      retryIndex: execution.retryIndex,
      signal,
      emitText: (selector, piece) => text.add(selector, piece),
      endText: selector => text.end(selector),
      emitLog: log => {
        if (this.#isOver || !this.state.running.has(execution.id)) return
        this.#append({ type: 'node-logged', at: this.#tools.clock.now(), execution: execution.id, log })
      },
    }
  }

  #timeOut(): void {
    if (this.#isOver || this.state.finished) return
    this.#append(this.state.timeOut(this.#tools.clock.now()))
    this.#finish()
  }

  /** A fault of the engine's: the run ends as failed, for it would meet the same fault wherever it went on. */
  #fail(error: unknown): void {
    if (this.#isOver || this.state.finished) return
    const now = this.#tools.clock.now()
    this.#append({ ...this.state.timeOut(now), error: `Internal error: ${error instanceof Error ? error.message : String(error)}` })
    this.#finish()
  }

  #finish(): void {
    clearTimeout(this.#timer)
    for (const controller of this.#executing.values()) controller.abort()
    this.#executing.clear()
  }

  #leave(how: 'lost' | 'handed-back'): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#finish()
    for (const waiting of this.#waiting.splice(0)) waiting.resolve()
    for (const listener of this.#listeners) listener([], true)
    this.#begun.resolve()
    this.#done.resolve(how)
  }

  take(): Batch | undefined {
    if (!this.#pending.length) return undefined
    const batch: Batch = {
      entries: this.#pending,
      encode: event => stringifyJson(this.#seal(event)),
      created: this.#row,
      finished: this.#finishedRow,
      statements: this.#statements,
    }
    this.#pending = []
    this.#statements = []
    this.#row = undefined
    this.#finishedRow = undefined
    return batch
  }

  /** Secret values stay out of the journal: their ciphertext stands in for them. */
  #seal(event: RunEvent): RunEvent {
    const { sealedSecrets } = this.plan
    if (event.type !== 'run-started' || !Object.keys(sealedSecrets).length) return event
    const sealed = Object.entries(sealedSecrets).map(([name, ciphertext]) => [name, { $sealed: ciphertext } satisfies Value])
    return { ...event, environment: { ...event.environment, ...Object.fromEntries(sealed) } }
  }

  committed(batch: Batch): void {
    this.#entries.push(...batch.entries)
    this.#durableSeq = batch.entries.at(-1)?.seq ?? this.#durableSeq
    this.#waiting = this.#waiting.filter(waiting => {
      if (waiting.seq > this.#durableSeq) return true
      waiting.resolve()
      return false
    })
    this.#begun.resolve()
    const isFinished = batch.finished !== undefined
    if (isFinished) this.#isOver = true
    for (const listener of this.#listeners) listener(batch.entries, this.#isOver)
    if (isFinished) this.#done.resolve('finished')
  }

  lost(): void {
    this.#leave('lost')
  }

  /** What cannot be recorded did not happen: in its place the run ends as failed. */
  refused(batch: Batch): void {
    const first = batch.entries[0]?.seq ?? this.#nextSeq
    const event: RunEvent = {
      ...this.state.timeOut(this.#tools.clock.now()),
      error: 'Internal error: what the run did could not be recorded.',
    }
    if (this.#isRefused) {
      this.#leave('lost')
      return
    }
    this.#isRefused = true
    this.#finish()
    this.#pending = [{ seq: first, event, text: [] }]
    this.#nextSeq = first + 1
    this.#row = batch.created
    this.#finishedRow = this.#rowOfEnd(event)
    this.#statements = this.plan.projection?.project(event, [], this.state) ?? []
    this.#tools.journal.schedule(this)
  }
}

const isSameText = (left: { execution: string; selector: Selector }, right: { execution: string; selector: Selector }) =>
  left.execution === right.execution && left.selector.join('.') === right.selector.join('.')

function mergeText(pieces: JournalEntry['text']): JournalEntry['text'] {
  const merged: JournalEntry['text'] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    if (last && !piece.isReplacement && last.frame === piece.frame && last.selector.join('.') === piece.selector.join('.'))
      merged[merged.length - 1] = { ...last, text: last.text + piece.text }
    else merged.push(piece)
  }
  return merged
}
