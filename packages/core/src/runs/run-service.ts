import { setTimeout as sleep } from 'node:timers/promises'
import { isValueMap, stringifyJson, type Value, type ValueMap } from '@weft/contracts'
import {
  buildGraph,
  type Graph,
  type NodeTypes,
  type RunContext,
  type RunEvent,
  type RunLimits,
  type RunStarted,
  RunState,
} from '@weft/engine'
import type { Clock, EventBus } from '@weft/ports'
import type { Database } from '../database/database.ts'
import { grantTenantScope, type TenantScope } from '../database/tenant-scope.ts'
import { ActiveRun, type RunPlan, type RunProjection } from './active-run.ts'
import { ExecutorLease } from './executor-lease.ts'
import { type JournalEntry, RunJournal } from './journal.ts'
import { hashGraph, type RunRecord, RunStore } from './run-store.ts'
import type { RunMemo, TriggeredFrom } from './tables.ts'

export interface StartRun {
  scope: TenantScope
  /** Made by the caller, who may already have told it to a client. */
  runId: string
  appId: string
  mode: 'workflow' | 'advanced-chat'
  workflow: { id: string; version: string; graph: Value }
  triggeredFrom: TriggeredFrom
  invokeFrom: RunContext['invokeFrom']
  user: { kind: RunContext['userKind']; id: string; shown: ValueMap }
  inputs: ValueMap
  system: ValueMap
  environment: ValueMap
  sealedSecrets: Record<string, string>
  conversation?: ValueMap
  conversationId?: string
  messageId?: string
  parentMessageId?: string | null
  callDepth?: number
  origin: string
  features?: ValueMap
  /** Variables of nodes that count as done. */
  variables?: { [nodeId: string]: ValueMap }
}

/** A run as somebody watches it. */
export interface RunObservation {
  runId: string
  /** The run by now, at least as far as the entries that have come. Another one once the run goes on in another process: ask anew. */
  readonly state: RunState
  memo: RunMemo
  /** Batches of durable entries, in order; ends when the run is over. Leaving early stops the watching, not the run. */
  entries: AsyncIterable<JournalEntry[]>
}

export interface RunServiceOptions {
  database: Database
  bus: EventBus
  clock: Clock
  newId(): string
  nodeTypes: NodeTypes
  limits: RunLimits
  /** What an app's features write along with its runs. */
  projectionFor(context: RunContext, memo: RunMemo): RunProjection | undefined
  /** Opens a secret environment variable that the journal holds sealed. */
  openSecret(scope: TenantScope, ciphertext: string): Promise<string>
  onError(error: unknown, facts: { runId?: string }): void
}

const CONTROL = 'runs'
/** Milliseconds between looks at the database for what messages may have failed to tell. */
const POLL = 1000
/** Runs taken over at a time. */
const CLAIM = 50

/** Starts runs, executes them in this process, stops them, takes over those of dead processes, and lets anyone watch. */
export class RunService {
  readonly store: RunStore
  readonly #options: RunServiceOptions
  readonly #journal: RunJournal
  readonly #lease: ExecutorLease
  readonly #active = new Map<string, ActiveRun>()
  readonly #graphs = new Map<string, Graph>()
  /** Runs that other processes watch, with the time until which they do. */
  readonly #watched = new Map<string, number>()
  #tending: NodeJS.Timeout | undefined
  #isRecovering = false
  /** Whether the record may say that this process executes runs that it does not. */
  #hasStrays = false
  /** Runs that could not be taken up here, with the time until which others may try. */
  readonly #failedAdoptions = new Map<string, { until: number; times: number }>()
  #unsubscribe: (() => Promise<void>) | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isClosing = false

  constructor(options: RunServiceOptions) {
    this.#options = options
    this.store = new RunStore(options.database)
    this.#lease = new ExecutorLease(options.database, options.newId, () => this.#loseAll())
    this.#journal = new RunJournal(
      options.database,
      () => this.#lease.id,
      error => options.onError(error, {}),
    )
  }

  get limits(): RunLimits {
    return this.#options.limits
  }

  /** Runs that this process executes now. */
  get activeCount(): number {
    return this.#active.size
  }

  /** Begins to take part. Every role that executes runs calls it; the first call counts. */
  open(): Promise<void> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  async #open(): Promise<void> {
    await this.#lease.start()
    this.#unsubscribe = await this.#options.bus.subscribe(CONTROL, message => this.#onControl(message))
    void this.#tend()
  }

  /** Looks for runs whose process died from now on, and goes on with them here. */
  recoverOrphans(): void {
    if (this.#isRecovering) return
    this.#isRecovering = true
    if (this.#tending === undefined) return
    clearTimeout(this.#tending)
    void this.#tend()
  }

  /**
   * The graph of a document, built once.
   * @throws GraphError
   */
  graphOf(document: Value, hash = hashGraph(document)): Graph {
    const known = this.#graphs.get(hash)
    if (known) return known
    const graph = buildGraph(document, this.#options.nodeTypes)
    if (this.#graphs.size >= 200) this.#graphs.delete(this.#graphs.keys().next().value ?? '')
    this.#graphs.set(hash, graph)
    return graph
  }

  /**
   * Starts a run in this process. It is durable with its first event; what a watcher hears of is.
   * @throws GraphError where the graph cannot run
   */
  async start(request: StartRun, graphHash = hashGraph(request.workflow.graph)): Promise<ActiveRun> {
    if (this.#isClosing) throw new Error('this process is shutting down')
    const { scope, runId, workflow, user } = request
    const graph = this.graphOf(workflow.graph, graphHash)
    await this.store.keepGraph(scope, graphHash, workflow.graph)
    const context: RunContext = {
      runId,
      tenantId: scope.tenantId,
      appId: request.appId,
      workflowId: workflow.id,
      mode: request.mode,
      userId: user.id,
      userKind: user.kind,
      invokeFrom: request.invokeFrom,
      conversationId: request.conversationId ?? null,
      messageId: request.messageId ?? null,
      parentMessageId: request.parentMessageId ?? null,
      callDepth: request.callDepth ?? 0,
      origin: request.origin,
    }
    const memo: RunMemo = { run: context, createdBy: user.shown, ...(request.features ? { features: request.features } : {}) }
    const at = this.#options.clock.now()
    const started: RunStarted = {
      type: 'run-started',
      at,
      inputs: request.inputs,
      system: request.system,
      environment: request.environment,
      conversation: request.conversation ?? {},
      ...(request.variables ? { variables: request.variables } : {}),
    }
    const row = {
      id: runId,
      tenant_id: scope.tenantId,
      app_id: request.appId,
      workflow_id: workflow.id,
      type: request.mode === 'workflow' ? 'workflow' : 'chat',
      triggered_from: request.triggeredFrom,
      invoke_from: request.invokeFrom,
      version: workflow.version,
      graph_hash: graphHash,
      status: 'running',
      inputs: stringifyJson(shownInputs(started)),
      elapsed_time: 0,
      total_tokens: 0,
      total_steps: 0,
      exceptions_count: 0,
      created_by_role: user.kind === 'account' ? 'account' : 'end_user',
      created_by: user.id,
      conversation_id: context.conversationId,
      message_id: context.messageId,
      context: stringifyJson(memo),
      executor_id: this.#lease.id,
      created_at: new Date(at).toISOString(),
    }
    const run = this.#activate({ context, memo, graph, row, journal: [], sealedSecrets: request.sealedSecrets })
    run.start(started)
    return run
  }

  #activate(parts: Pick<RunPlan, 'context' | 'memo' | 'graph' | 'row' | 'journal' | 'sealedSecrets'>): ActiveRun {
    const run = new ActiveRun(
      { ...parts, limits: this.#options.limits, projection: this.#options.projectionFor(parts.context, parts.memo) },
      {
        journal: this.#journal,
        clock: this.#options.clock,
        newId: this.#options.newId,
        onError: (error, { runId }) => this.#options.onError(error, { runId }),
      },
    )
    this.#active.set(run.runId, run)
    run.listen(Number.MAX_SAFE_INTEGER, (_entries, isOver) => this.#tellWatchers(run.runId, isOver))
    void run.done.then(how => {
      if (this.#active.get(run.runId) === run) this.#active.delete(run.runId)
      if (how === 'lost') this.#hasStrays = true
    })
    return run
  }

  /** Whose run it is; undefined where the scope has no such run. */
  async describe(scope: TenantScope, runId: string): Promise<{ appId: string; userId: string } | undefined> {
    const context = this.#active.get(runId)?.plan.context
    if (context?.tenantId === scope.tenantId) return context
    const run = await this.store.find(scope, runId)
    return run && { appId: run.appId, userId: run.createdBy }
  }

  /** Ends a run as stopped, wherever it runs. Does nothing where it is over. */
  async stop(scope: TenantScope, runId: string, reason = 'Stopped by user.'): Promise<void> {
    const active = this.#active.get(runId)
    if (active && active.plan.context.tenantId === scope.tenantId) return active.stop(reason)
    if (await this.store.requestStop(scope, runId, reason)) this.#tell(CONTROL, `stop ${runId} ${reason}`)
  }

  /** Watches a run from the event after `after`; past, present, here or in another process. Undefined where the scope has no such run. */
  async observe(scope: TenantScope, runId: string, after = 0): Promise<RunObservation | undefined> {
    const active = this.#active.get(runId)
    if (active && active.plan.context.tenantId === scope.tenantId) return this.observeActive(active, after)
    const run = await this.store.find(scope, runId)
    if (!run) return undefined
    const state = new RunState(this.graphOf(await this.store.graph(scope, run.graphHash), run.graphHash), this.#options.limits)
    return { runId, state, memo: run.context, entries: this.#follow(scope, run, state, after) }
  }

  /** A run's state by now, folded from its journal. */
  async stateOf(scope: TenantScope, run: RunRecord): Promise<RunState> {
    const state = new RunState(this.graphOf(await this.store.graph(scope, run.graphHash), run.graphHash), this.#options.limits)
    for (const event of await this.store.events(scope, run.id)) state.apply(event)
    return state
  }

  /** Watches a run of this process. */
  observeActive(active: ActiveRun, after = 0): RunObservation {
    // A run that this process loses goes on elsewhere, and so does its stream. What this process made of it last may never have happened.
    let elsewhere: RunObservation | undefined
    const observe = (scope: TenantScope, seq: number) => this.observe(scope, active.runId, seq)
    async function* follow(seq: number): AsyncIterable<JournalEntry[]> {
      elsewhere = await observe(grantTenantScope(active.plan.context.tenantId), seq)
      if (elsewhere) yield* elsewhere.entries
    }
    return {
      runId: active.runId,
      get state() {
        return elsewhere?.state ?? active.state
      },
      memo: active.plan.memo,
      entries: listenTo(active, after, follow),
    }
  }

  async *#follow(scope: TenantScope, run: RunRecord, state: RunState, after: number): AsyncIterable<JournalEntry[]> {
    let seq = 0
    let wake = () => {}
    let isNews = true
    let heardAt = Date.now()
    const onNews = () => {
      isNews = true
      wake()
    }
    const subscription = run.status === 'running' ? this.#options.bus.subscribe(`run:${run.id}`, onNews) : undefined
    // News only spare waiting: without them the journal is read every second.
    const subscribed = subscription?.catch(error => this.#options.onError(error, { runId: run.id }))
    await Promise.race([subscribed, sleep(POLL)])
    try {
      for (let watchedAt = 0; ; ) {
        isNews = false
        const events = await this.store.events(scope, run.id, seq).catch(error => {
          this.#options.onError(error, { runId: run.id })
          return []
        })
        const entries = events.map(event => ({ seq: ++seq, event, text: state.apply(event) }))
        const unseen = entries.filter(entry => entry.seq > after)
        if (unseen.length) yield unseen
        if (state.finished) return
        if (entries.length) heardAt = Date.now()
        if (this.#isClosing && Date.now() - heardAt > 2 * POLL)
          throw new Error(`this process is stopping, and run ${run.id} goes on elsewhere`)
        if (Date.now() - watchedAt > 20_000) {
          watchedAt = Date.now()
          this.#tell(CONTROL, `watch ${run.id}`)
        }
        if (isNews) continue
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, POLL)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    } finally {
      void subscribed?.then(unsubscribe => unsubscribe?.()).catch(error => this.#options.onError(error, { runId: run.id }))
    }
  }

  /** A message that may get lost: whoever it is for finds out by the database, a little later. */
  #tell(channel: string, message: string): void {
    void this.#options.bus.publish(channel, message).catch(error => this.#options.onError(error, {}))
  }

  #onControl(message: string): void {
    const [verb, runId = '', ...rest] = message.split(' ')
    if (verb === 'stop') this.#active.get(runId)?.stop(rest.join(' '))
    if (verb === 'watch' && this.#active.has(runId)) this.#watched.set(runId, Date.now() + 60_000)
  }

  #tellWatchers(runId: string, isOver: boolean): void {
    const until = this.#watched.get(runId)
    if (until === undefined) return
    if (isOver || until < Date.now()) this.#watched.delete(runId)
    this.#tell(`run:${runId}`, 'news')
  }

  /** Sees, again and again, to what no message may have told: stops, runs that nobody executes. */
  async #tend(): Promise<void> {
    this.#tending = undefined
    try {
      for (const { id, reason } of await this.store.stopRequests(this.#lease.id)) this.#active.get(id)?.stop(reason)
      if (this.#hasStrays) {
        this.#hasStrays = false
        await this.store.releaseStrays(this.#lease.id, runId => this.#active.has(runId))
      }
      if (this.#isRecovering && !this.#isClosing) await this.#recover()
    } catch (error) {
      this.#hasStrays = true
      this.#options.onError(error, {})
    }
    if (this.#isClosing) return
    this.#tending = setTimeout(() => void this.#tend(), POLL)
    this.#tending.unref()
  }

  async #recover(): Promise<void> {
    await this.#lease.fenceDead()
    const now = Date.now()
    const given = [...this.#failedAdoptions].filter(([, { until }]) => until > now).map(([runId]) => runId)
    for (let claimed = CLAIM; claimed === CLAIM && !this.#isClosing; ) {
      const orphans = await this.store.claimOrphans(this.#lease.id, CLAIM, given)
      claimed = orphans.length
      await Promise.all(
        orphans.map(({ scope, run }) =>
          this.#adopt(scope, run).then(
            () => this.#failedAdoptions.delete(run.id),
            error => {
              this.#options.onError(error, { runId: run.id })
              const times = (this.#failedAdoptions.get(run.id)?.times ?? 0) + 1
              this.#failedAdoptions.set(run.id, { times, until: Date.now() + Math.min(500 * 2 ** times, 60_000) })
              given.push(run.id)
              this.#hasStrays = true
            },
          ),
        ),
      )
    }
  }

  async #adopt(scope: TenantScope, run: RunRecord): Promise<void> {
    if (this.#active.has(run.id)) return
    const document = await this.store.graph(scope, run.graphHash)
    const events = await this.store.events(scope, run.id)
    const sealedSecrets = await this.#openSecrets(scope, events)
    const graph = this.graphOf(document, run.graphHash)
    const row = undefined
    const active = this.#activate({ context: run.context.run, memo: run.context, graph, row, journal: events, sealedSecrets })
    active.start()
    if (run.stopReason !== null) active.stop(run.stopReason)
  }

  /** Puts the values of sealed secrets back in place. */
  async #openSecrets(scope: TenantScope, events: RunEvent[]): Promise<Record<string, string>> {
    const sealed: Record<string, string> = {}
    const [started] = events
    if (started?.type !== 'run-started') return sealed
    for (const [name, value] of Object.entries(started.environment)) {
      if (!isValueMap(value) || typeof value.$sealed !== 'string') continue
      sealed[name] = value.$sealed
      started.environment[name] = await this.#options.openSecret(scope, value.$sealed)
    }
    return sealed
  }

  #loseAll(): void {
    for (const run of this.#active.values()) run.lost()
  }

  /** Stops taking work and hands all runs to whoever lives on. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#isClosing = true
    if (!this.#opening) return
    clearTimeout(this.#tending)
    await Promise.all([...this.#active.values()].map(run => run.handBack()))
    await this.#journal.drained()
    this.#lease.stop()
    await this.store.release(this.#lease.id).catch(error => this.#options.onError(error, {}))
    await this.#unsubscribe?.()
  }
}

/** A run's inputs as its record and `workflow_started` show them: the form's values and the system's, without the conversation. */
export function shownInputs(started: RunStarted): ValueMap {
  const system = Object.entries(started.system).filter(([name]) => name !== 'conversation_id')
  return { ...started.inputs, ...Object.fromEntries(system.map(([name, value]) => [`sys.${name}`, value])) }
}

async function* listenTo(
  active: ActiveRun,
  after: number,
  fallBack: (seq: number) => AsyncIterable<JournalEntry[]>,
): AsyncIterable<JournalEntry[]> {
  const queue: JournalEntry[][] = []
  let isOver = false
  let wake = () => {}
  let seq = after
  const stop = active.listen(after, (entries, over) => {
    if (entries.length) queue.push(entries)
    isOver ||= over
    wake()
  })
  try {
    for (;;) {
      for (let batch = queue.shift(); batch; batch = queue.shift()) {
        const unseen = batch.filter(entry => entry.seq > seq)
        seq = unseen.at(-1)?.seq ?? seq
        if (unseen.length) yield unseen
        if (unseen.at(-1)?.event.type === 'run-finished') return
      }
      if (isOver) break
      await new Promise<void>(resolve => {
        wake = resolve
        if (queue.length || isOver) resolve()
      })
    }
  } finally {
    stop()
  }
  yield* fallBack(seq)
}
