import { cloneValue, type ValueMap } from '@weft/contracts'
import { type ContainerStep, createContainerState, finishRound, nextContainerStep } from './container.ts'
import { addOutputs, type Execution, Frame } from './frame.ts'
import type { Graph, GraphNode } from './graph.ts'
import type { NodeResult } from './node-type.ts'
import type { TextEmission } from './response-stream.ts'
import type { ContainerFinished, NodeFailed, NodeRetried, NodeSucceeded, RunEvent, RunFinished, RunStarted } from './run-event.ts'
import { VariablePool } from './variable-pool.ts'

export interface RunLimits {
  /** Node starts, retries and the nodes of containers included. */
  maxSteps: number
  /** Seconds. */
  maxTime: number
}

/** What deciding needs from outside. */
export interface DecisionTools {
  /** Milliseconds since the epoch. */
  now: number
  newId(): string
}

interface ReadyNode {
  frame: Frame
  node: GraphNode
  predecessor: string | null
}

/**
 * Where a run stands. `apply` folds one journal event into it; `decide` says which event comes next by the graph's rules;
 * the executions in `running` wait for their executors, whose results `resolve` turns into events. Pure: the same events
 * give the same state, and the clock and ids are handed in.
 *
 * - Every node whose inputs are decided is started at once; how many work at a time is the executor's affair.
 * - `apply` checks that an event fits, not that it was decided: append what `decide`, `resolve` and `timeOut` give, and text
 *   and logs of executions in `running`. A result for one that has left `running` is void; do not resolve it.
 * - An execution leaves `running` when it ends, and when its frame does: then its work is to be aborted.
 * - Where several endings apply, a stop comes first, then a failure, then the step limit, then success.
 */
export class RunState {
  readonly graph: Graph
  readonly #limits: RunLimits
  readonly executions = new Map<string, Execution>()
  /** Executions of nodes that work, not of containers. */
  readonly running = new Map<string, Execution>()
  #ready: ReadyNode[] = []
  /** Executions of containers that are not over. */
  readonly #containers = new Set<Execution>()
  /** Those of them that may have something to decide. */
  readonly #watched = new Set<Execution>()
  readonly #frames = new Map<number, Frame>()
  #nextFrame = 1
  #steps = 0
  /** Rounds in which there was no node to start: they count against the limit, though not as steps. */
  #emptyRounds = 0
  #totalTokens = 0
  #isOverLimit = false
  #stop: string | undefined
  started: RunStarted | undefined
  finished: RunFinished | undefined

  constructor(graph: Graph, limits: RunLimits) {
    this.graph = graph
    this.#limits = limits
  }

  get root(): Frame | undefined {
    return this.#frames.get(0)
  }

  /** The run's variables at the top level. */
  get pool(): VariablePool {
    return this.root?.pool ?? new VariablePool()
  }

  get steps(): number {
    return this.#steps
  }

  get totalTokens(): number {
    return this.#totalTokens
  }

  /**
   * Takes in one event.
   * @returns the answer text that goes out because of it
   * @throws Error where the event does not fit what came before: the journal is not one run's
   */
  apply(event: RunEvent): TextEmission[] {
    switch (event.type) {
      case 'run-started':
        return this.#begin(event)
      case 'node-started':
        this.#startNode(event)
        return []
      case 'text-delta':
        return this.#addText(event.execution, event.selector.join('.'), event.selector, event.text)
      case 'text-ended':
        return this.#endText(event.execution, event.selector)
      case 'text-replaced':
        return this.#replaceText(event.execution, event.selector, event.text)
      case 'node-logged':
        this.#execution(event.execution).logs.set(event.log.id, event.log)
        return []
      case 'node-retried':
        return this.#retryNode(event)
      case 'node-succeeded':
        return this.#succeed(event)
      case 'node-failed':
        return this.#fail(event)
      case 'container-started': {
        const execution = this.#execution(event.execution)
        execution.container = createContainerState(execution, event)
        this.#watched.add(execution)
        for (const [label, value] of Object.entries(event.variables ?? {})) execution.frame.pool.set(execution.node.id, label, value)
        return []
      }
      case 'round-started':
        return this.#startRound(event)
      case 'container-finished':
        this.#finishContainer(event)
        return []
      case 'stop-requested':
        this.#stop ??= event.reason
        return []
      case 'run-finished':
        this.finished = event
        this.#abandonAll(() => true, event.at)
        return []
    }
  }

  /**
   * The next event that follows from the state alone; undefined while the run waits for an executor or is over. Asking
   * changes nothing: the same event comes until one is applied, after a replay too.
   */
  decide(tools: DecisionTools): RunEvent | undefined {
    const root = this.root
    if (!root || this.finished) return undefined
    if (this.#stop !== undefined) return this.#finish('stopped', this.#stop, tools.now)
    if (root.outcome === 'failed') return this.#finish('failed', root.error, tools.now)
    if (this.#isOverLimit) return this.#finish('failed', this.#limitError(), tools.now)
    const step = this.#decideContainer(tools)
    if (step) return step
    const [ready] = this.#ready
    if (ready) {
      const { frame, node, predecessor } = ready
      return {
        type: 'node-started',
        at: tools.now,
        execution: tools.newId(),
        node: node.id,
        frame: frame.id,
        index: this.#steps + 1,
        predecessor,
      }
    }
    if (root.outcome === 'succeeded') return this.#finish(root.exceptionsCount ? 'partial-succeeded' : 'succeeded', '', tools.now)
    return undefined
  }

  /** The event that ends the run because its time is up. */
  timeOut(now: number): RunFinished {
    const seconds = ((now - (this.started?.at ?? now)) / 1000).toFixed(2)
    return this.#finish('failed', `Aborted: Maximum execution time exceeded: ${seconds}s > ${this.#limits.maxTime}s`, now)
  }

  /** The event that a finished try of an execution makes: success, another try, or a failure and what the graph does about it. */
  resolve(executionId: string, result: NodeResult, now: number): NodeSucceeded | NodeFailed | NodeRetried {
    const { node, retryIndex } = this.#execution(executionId)
    if (result.status === 'succeeded') {
      const { status: _, ...record } = result
      return { type: 'node-succeeded', at: now, execution: executionId, result: record }
    }
    const { status: _, retryAfter = 0, ...record } = result
    if (retryIndex < node.retry.limit) {
      const dueAt = now + Math.max(node.retry.interval, retryAfter)
      return { type: 'node-retried', at: now, execution: executionId, retryIndex: retryIndex + 1, dueAt, result: record }
    }
    return { type: 'node-failed', at: now, execution: executionId, result: record, handling: node.errorStrategy ?? 'none' }
  }

  #begin(event: RunStarted): TextEmission[] {
    const pool = new VariablePool()
    pool.setAll('sys', event.system)
    pool.setAll('env', event.environment)
    pool.setAll('conversation', event.conversation)
    for (const [nodeId, values] of Object.entries(event.variables ?? {})) pool.setAll(nodeId, values)
    pool.setAll(this.graph.root.id, event.inputs)
    this.started = event
    const frame = new Frame(this.graph, { id: 0, root: this.graph.root, pool, startedAt: event.at })
    this.#frames.set(0, frame)
    this.#enqueue(frame, this.graph.root, null)
    return []
  }

  #enqueue(frame: Frame, node: GraphNode, predecessor: string | null): void {
    frame.enter(node)
    frame.openCount++
    this.#ready.push({ frame, node, predecessor })
  }

  #startNode(event: Extract<RunEvent, { type: 'node-started' }>): void {
    const frame = this.#frame(event.frame)
    const node = this.graph.nodes.get(event.node)
    if (!node) throw new Error(`the journal starts node ${event.node}, which the graph does not have`)
    const waiting = this.#ready.findIndex(ready => ready.frame === frame && ready.node === node)
    if (waiting >= 0) this.#ready.splice(waiting, 1)
    const execution: Execution = {
      id: event.execution,
      node,
      frame,
      index: event.index,
      predecessor: event.predecessor,
      startedAt: event.at,
      finishedAt: undefined,
      status: 'running',
      retryIndex: 0,
      dueAt: 0,
      streamed: new Map(),
      logs: new Map(),
      result: {},
      container: undefined,
    }
    this.executions.set(execution.id, execution)
    if (node.container) {
      this.#containers.add(execution)
      this.#watched.add(execution)
    } else this.running.set(execution.id, execution)
    this.#steps++
  }

  /** Text of an execution that is over, an abandoned one's among them, goes nowhere. */
  #addText(id: string, key: string, selector: readonly string[], text: string): TextEmission[] {
    const execution = this.#execution(id)
    if (execution.finishedAt !== undefined) return []
    const streamed = execution.streamed.get(key)
    if (streamed) streamed.text += text
    else execution.streamed.set(key, { selector, text, isEnded: false })
    return this.#speak(execution.frame, execution.frame.responses.addText(selector, text))
  }

  #endText(id: string, selector: readonly string[]): TextEmission[] {
    const execution = this.#execution(id)
    if (execution.finishedAt !== undefined) return []
    const streamed = execution.streamed.get(selector.join('.'))
    if (streamed) streamed.isEnded = true
    return this.#speak(execution.frame, execution.frame.responses.endText(selector))
  }

  #replaceText(id: string, selector: readonly string[], text: string): TextEmission[] {
    const execution = this.#execution(id)
    if (execution.finishedAt !== undefined) return []
    execution.streamed.set(selector.join('.'), { selector, text, isEnded: false })
    return this.#speak(execution.frame, execution.frame.responses.replaceText(selector, text))
  }

  /** The next try says its text from the beginning, so what the failed one said is called back. */
  #retryNode(event: NodeRetried): TextEmission[] {
    const execution = this.#execution(event.execution)
    const { frame } = execution
    const spoken = [...execution.streamed.values()].flatMap(({ selector }) => frame.responses.replaceText(selector, ''))
    Object.assign(execution, { status: 'retrying', retryIndex: event.retryIndex, dueAt: event.dueAt, result: event.result })
    for (const streamed of execution.streamed.values()) Object.assign(streamed, { text: '', isEnded: false })
    frame.exceptionsCount++
    this.#steps++
    this.#checkLimit()
    return this.#speak(frame, spoken)
  }

  #succeed(event: NodeSucceeded): TextEmission[] {
    const execution = this.#close(event.execution, 'succeeded', event.at)
    const { frame, node } = execution
    const { result } = event
    execution.result = { ...(execution.result.error !== undefined ? { error: execution.result.error } : {}), ...result }
    for (const { selector, value } of result.assignments ?? []) {
      const [owner, name, ...rest] = selector
      if (owner !== undefined && name !== undefined && !rest.length) frame.pool.set(owner, name, cloneValue(value))
    }
    this.#countTokens(frame, result.metadata)
    if (node.type === 'loop-end') frame.hasReachedLoopEnd = true
    return this.#goOn(execution, result.outputs, result.handle)
  }

  #fail(event: NodeFailed): TextEmission[] {
    const { result, handling } = event
    const execution = this.#close(event.execution, handling === 'none' ? 'failed' : 'exception', event.at)
    const { frame, node } = execution
    frame.exceptionsCount++
    this.#countTokens(frame, result.metadata)
    if (handling === 'none') {
      execution.result = result
      return this.#endFrame(frame, 'failed', event.at, result.error)
    }
    const outputs = {
      ...(handling === 'default-value' ? node.defaultValues : {}),
      error_message: result.error,
      error_type: result.errorType,
    }
    execution.result = { ...result, outputs, metadata: { ...result.metadata, error_strategy: handling } }
    return this.#goOn(execution, outputs, handling === 'fail-branch' ? 'fail-branch' : undefined)
  }

  #close(id: string, status: Execution['status'], at: number): Execution {
    const execution = this.#execution(id)
    if (execution.finishedAt !== undefined) throw new Error(`the journal ends execution ${id} twice`)
    execution.status = status
    execution.finishedAt = at
    this.running.delete(id)
    this.#containers.delete(execution)
    this.#watched.delete(execution)
    this.#checkLimit()
    return execution
  }

  #checkLimit(): void {
    if (this.#steps + this.#emptyRounds > this.#limits.maxSteps) this.#isOverLimit = true
  }

  #limitError(): string {
    return `Aborted: Maximum execution steps exceeded: ${this.#steps + this.#emptyRounds} > ${this.#limits.maxSteps}`
  }

  #countTokens(frame: Frame, metadata: ValueMap | undefined): void {
    const tokens = Number(metadata?.total_tokens ?? 0) || 0
    if (!tokens) return
    // A container's own record repeats what its rounds counted.
    for (let at: Frame | undefined = frame; at; at = at.container?.execution.frame) at.totalTokens += tokens
    this.#totalTokens += tokens
  }

  /** A node is done: its outputs are known, its edges decided, its successors ready. */
  #goOn(execution: Execution, outputs: ValueMap, handle: string | undefined): TextEmission[] {
    const { frame, node } = execution
    if (frame.outcome) return []
    frame.pool.setAll(node.id, outputs)
    frame.complete(node)
    const text = frame.responses.isIdle ? [] : frame.responses.flush()
    for (const { selector } of execution.streamed.values()) text.push(...frame.responses.endText(selector))
    const left = frame.leave(node, handle ?? 'source')
    text.push(...left.text)
    if (node.responseTemplate) addOutputs(frame.outputs, outputs)
    for (const next of left.ready) this.#enqueue(frame, next, node.id)
    frame.openCount--
    const spoken = this.#speak(frame, text)
    if (frame.openCount === 0) spoken.push(...this.#endFrame(frame, 'succeeded', execution.finishedAt ?? 0))
    return spoken
  }

  #endFrame(frame: Frame, outcome: 'succeeded' | 'failed', at: number, error = ''): TextEmission[] {
    if (frame.outcome) return []
    frame.outcome = outcome
    frame.error = error
    if (outcome === 'failed') this.#abandonFrame(frame, at)
    const { container } = frame
    if (!container) return []
    this.#frames.delete(frame.id)
    finishRound(container, frame, at)
    this.#watched.add(container.execution)
    return this.#releaseHeldText(container)
  }

  /** Everything that still runs in a frame, or in rounds below it, is given up. */
  #abandonFrame(frame: Frame, at: number): void {
    const isInside = (other: Frame | undefined): boolean =>
      other !== undefined && (other === frame || isInside(other.container?.execution.frame))
    this.#abandonAll(isInside, at)
    for (const [id, other] of this.#frames) {
      if (other === frame || !isInside(other)) continue
      other.outcome = 'failed'
      this.#frames.delete(id)
    }
  }

  #abandonAll(isInside: (frame: Frame) => boolean, at: number): void {
    for (const execution of [...this.running.values(), ...this.#containers]) {
      if (!isInside(execution.frame)) continue
      this.running.delete(execution.id)
      this.#containers.delete(execution)
      this.#watched.delete(execution)
      execution.status = 'abandoned'
      execution.finishedAt = at
    }
    this.#ready = this.#ready.filter(({ frame }) => !isInside(frame))
  }

  /**
   * What the first container that has something to do does, by the order of their starts. What is forgotten here is only
   * looked at again once an event concerns it: decisions follow from the journal alone.
   */
  #decideContainer(tools: DecisionTools): RunEvent | undefined {
    const watched = this.#watched.size > 1 ? [...this.#watched].sort((left, right) => left.index - right.index) : this.#watched
    for (const execution of watched) {
      const step: ContainerStep | undefined = nextContainerStep(this.graph, execution, tools.now)
      if (!step) {
        this.#watched.delete(execution)
        continue
      }
      if (step.type === 'result') return this.resolve(execution.id, step.result, tools.now)
      return step.type === 'round-started' && step.frame !== undefined ? { ...step, frame: this.#nextFrame } : step
    }
    return undefined
  }

  #startRound(event: Extract<RunEvent, { type: 'round-started' }>): TextEmission[] {
    const execution = this.#execution(event.execution)
    const { container, node } = execution
    if (!container) throw new Error(`the journal starts a round of ${node.id} before the container itself`)
    this.#watched.add(execution)
    if (event.frame === undefined) {
      container.hasAnnouncedEnd = true
      container.ending ??= { reason: 'done' }
      return []
    }
    container.nextRound = event.index + 1
    this.#nextFrame = Math.max(this.#nextFrame, event.frame + 1)
    const root = this.graph.nodes.get(node.container?.data.startNodeId ?? '')
    if (!root) throw new Error(`container ${node.id} has no start node`)
    const isIteration = node.container?.kind === 'iteration'
    const pool = isIteration ? new VariablePool(execution.frame.pool) : execution.frame.pool
    if (isIteration) {
      pool.set(node.id, 'index', event.index)
      pool.set(node.id, 'item', container.items[event.index] ?? null)
    }
    const frame = new Frame(this.graph, { id: event.frame, root, pool, container, index: event.index, startedAt: event.at })
    this.#frames.set(frame.id, frame)
    container.frames.set(event.index, frame)
    if (!isPlainStart(root)) {
      this.#enqueue(frame, root, null)
      return []
    }
    // The marker node at the start of a container does nothing: the round begins behind it.
    frame.enter(root)
    const left = frame.leave(root, 'source')
    for (const next of left.ready) this.#enqueue(frame, next, null)
    const spoken = this.#speak(frame, left.text)
    if (frame.openCount === 0) {
      this.#emptyRounds++
      this.#checkLimit()
      spoken.push(...this.#endFrame(frame, 'succeeded', event.at))
    }
    return spoken
  }

  #finishContainer(event: ContainerFinished): void {
    const execution = this.#execution(event.execution)
    if (!execution.container) throw new Error(`the journal finishes container ${execution.node.id} before it started`)
    execution.container.hasFinished = true
    if (event.error !== null) execution.container.ending ??= { reason: 'error', error: event.error }
    for (const frame of execution.container.frames.values()) {
      if (frame.outcome) continue
      frame.outcome = 'failed'
      this.#frames.delete(frame.id)
      this.#abandonFrame(frame, event.at)
    }
    this.#watched.add(execution)
  }

  /** Text goes out at once, save that of parallel rounds: they speak one after another. */
  #speak(frame: Frame, text: TextEmission[]): TextEmission[] {
    let at = frame
    while (text.length && at.container) {
      const { container } = at
      if (at.index !== container.speakingRound) {
        at.heldText.push(...text)
        return []
      }
      at = container.execution.frame
    }
    return text
  }

  #releaseHeldText(container: NonNullable<Frame['container']>): TextEmission[] {
    const spoken: TextEmission[] = []
    for (let round = container.frames.get(container.speakingRound); round?.outcome; round = container.frames.get(container.speakingRound)) {
      container.frames.delete(container.speakingRound)
      container.speakingRound++
      const next = container.frames.get(container.speakingRound)
      if (next) spoken.push(...this.#speak(next, next.heldText.splice(0)))
    }
    return spoken
  }

  #finish(status: RunFinished['status'], error: string, now: number): RunFinished {
    const root = this.root
    const isDone = status === 'succeeded' || status === 'partial-succeeded'
    return {
      type: 'run-finished',
      at: now,
      status,
      error,
      outputs: isDone ? { ...root?.outputs } : {},
      totalTokens: this.#totalTokens,
      totalSteps: this.#steps,
      exceptionsCount: root?.exceptionsCount ?? 0,
    }
  }

  #execution(id: string): Execution {
    const execution = this.executions.get(id)
    if (!execution) throw new Error(`the journal speaks of execution ${id}, which it never started`)
    return execution
  }

  #frame(id: number): Frame {
    const frame = this.#frames.get(id)
    if (!frame) throw new Error(`the journal speaks of frame ${id}, which is not open`)
    return frame
  }
}

const isPlainStart = (node: GraphNode): boolean => node.type === 'iteration-start' || node.type === 'loop-start'
