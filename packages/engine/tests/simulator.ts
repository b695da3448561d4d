import { parseJson, stringifyJson, type ValueMap } from '@weft/contracts'
import {
  buildGraph,
  type Execution,
  type Frame,
  type Graph,
  type RunEvent,
  RunState,
  type Selector,
  type TextEmission,
} from '../src/index.ts'
import { checkJournal, checkOutcome, checkText, type SimulatedRun } from './simulator-checks.ts'
import { behave, randomGraph, type Script, type SimulatedGraph, type SimulatedNode, simulatedTypes } from './simulator-graph.ts'
import { expectationOf } from './simulator-oracle.ts'
import { Random } from './simulator-random.ts'

export const SYSTEM: ValueMap = { list: ['x', 'y', 'z'] }

/**
 * One run of a random graph under a random schedule, all of it following from the seed: what is decided when, which node
 * gets on, when events become durable, when the process dies.
 * @throws Error where a promise of the engine is broken
 */
export function simulate(seed: number): SimulatedRun {
  const random = new Random(seed)
  const graph = randomGraph(random)
  const world = new World(graph, random)
  world.play()
  const expectation = expectationOf(graph, SYSTEM)
  const run: SimulatedRun = {
    graph,
    journal: world.durable,
    text: world.heard,
    state: world.state,
    maxSteps: world.maxSteps,
    kills: world.kills,
    isRaced: expectation.isRaced,
  }
  checkJournal(graph, run.journal)
  checkText(graph, run.journal, run.text)
  checkOutcome(run, expectation)
  return run
}

/** What a process knows of an execution that it works on: lost when it dies. */
interface Work {
  script: Script
  position: number
  /** Text of the attempt, and what the journal held of an earlier attempt's. */
  said: string
  before: string
  wasEnded: boolean
  /** Side effects wait until the journal is durable up to here. */
  waitsFor: number
}

const MAX_ACTIONS = 60_000

class World {
  readonly graph: Graph
  readonly durable: RunEvent[] = []
  /** Emissions of durable events, neighbours of one source joined. */
  readonly heard: TextEmission[] = []
  readonly maxSteps: number
  kills = 0
  state: RunState
  readonly #random: Random
  readonly #nodes: Map<string, SimulatedNode>
  /** Events that have happened but are not durable. */
  #pending: { event: RunEvent; text: TextEmission[] }[] = []
  readonly #work = new Map<string, Work>()
  readonly #durablyDone = new Set<string>()
  /** Which executions of a node reached the outside world, by where they are. */
  readonly #effects = new Map<string, string>()
  /** How many events became durable, joined ones counted apart. */
  #durableCount = 0
  #clock = 1_000
  #ids = 0
  #attempts = 0
  readonly #rates: { decide: number; commit: number; kill: number; join: boolean; stopAt: number; timeOutAt: number }

  constructor(document: SimulatedGraph, random: Random) {
    this.graph = buildGraph({ nodes: document.nodes, edges: document.edges } as never, simulatedTypes)
    this.#random = random
    this.#nodes = new Map(document.nodes.map(node => [node.id, node]))
    this.maxSteps = random.chance(0.1) ? 1 + random.below(40) : 100_000
    this.#rates = {
      decide: random.pick([1, 0.9, 0.5, 0.1]),
      commit: random.pick([0.9, 0.3, 0.05]),
      kill: random.pick([0, 0, 0.002, 0.02, 0.1]),
      join: random.chance(0.5),
      stopAt: random.chance(0.08) ? random.below(150) : -1,
      timeOutAt: random.chance(0.03) ? random.below(150) : -1,
    }
    this.state = this.#newState()
    const { conversation } = document
    this.#append({ type: 'run-started', at: this.#clock, inputs: { form: 'filled' }, system: SYSTEM, environment: {}, conversation })
    // A run is accepted once its first event is durable.
    this.#commit(this.#pending.length)
  }

  #newState(): RunState {
    return new RunState(this.graph, { maxSteps: this.maxSteps, maxTime: 1_200 })
  }

  play(): void {
    for (let action = 0; !this.state.finished || this.#pending.length; action++) {
      if (action > MAX_ACTIONS) throw new Error('the run does not come to an end')
      this.#clock += this.#random.below(5)
      this.#act(action)
    }
    this.#checkReplay()
  }

  #act(action: number): void {
    const { decide, commit, kill, stopAt, timeOutAt } = this.#rates
    const decision = this.state.decide({ now: this.#clock, newId: () => `e${this.#ids + 1}` })
    // Kills get rarer: a process that dies faster than it can commit never gets anywhere.
    if (this.#random.chance(kill / (1 + this.kills / 10))) this.#kill()
    else if (this.#pending.length && this.#random.chance(this.state.finished ? 0.5 : commit)) this.#commit(this.#pending.length)
    else if (this.state.finished) return
    else if (action === stopAt) this.#append({ type: 'stop-requested', at: this.#clock, reason: 'Stopped by user.' })
    else if (action === timeOutAt) this.#append(this.state.timeOut(this.#clock))
    else if (decision && this.#random.chance(decide)) this.#take(decision)
    else this.#workOrWait(decision)
  }

  #workOrWait(decision: RunEvent | undefined): void {
    const running = [...this.state.running.values()]
    const execution = this.#random.pick(running.filter(one => this.#canWork(one)))
    if (execution) this.#goOn(execution)
    else if (decision) this.#take(decision)
    else if (!running.length) throw new Error('the run waits for nothing')
    else if (this.#pending.length) this.#commit(this.#pending.length)
    else this.#clock = Math.max(this.#clock, Math.min(...running.map(({ dueAt }) => dueAt)))
  }

  #take(event: RunEvent): void {
    if (event.type === 'node-started') this.#ids++
    this.#append(event)
  }

  #append(event: RunEvent): void {
    const text = this.state.apply(event)
    this.#pending.push({ event, text })
    for (const id of this.#work.keys()) if (!this.state.running.has(id)) this.#work.delete(id)
    if (event.type === 'round-started' && event.frame !== undefined) this.#checkRounds(event.execution)
  }

  #checkRounds(id: string): void {
    const execution = this.state.executions.get(id)
    const data = execution?.node.container?.kind === 'iteration' ? execution.node.container.data : undefined
    const limit = data?.isParallel ? data.parallelLimit : 1
    const open = (execution?.container?.nextRound ?? 0) - (execution?.container?.finishedRounds ?? 0)
    if (open > limit) throw new Error(`${open} rounds of ${execution?.node.id} run at once, ${limit} may`)
  }

  #canWork(execution: Execution): boolean {
    if (execution.status === 'retrying' && execution.dueAt > this.#clock) return false
    const work = this.#work.get(execution.id)
    return !work || work.waitsFor <= this.#durableCount
  }

  #goOn(execution: Execution): void {
    const node = this.#nodes.get(execution.node.id)
    if (!node) throw new Error(`no node ${execution.node.id}`)
    const work = this.#work.get(execution.id)
    if (!work) {
      this.#begin(execution, node)
      return
    }
    if (!work.position) this.#enter(execution, node)
    const selector = [node.id, 'text']
    const { chunks, result } = work.script
    const step = work.position++
    const isShorter = work.said.length < work.before.length
    if (step < chunks.length) this.#say(execution, work, selector, chunks[step] ?? '')
    else if (step === chunks.length && isShorter) this.#appendText('text-replaced', execution, selector, work.said)
    else if (step === chunks.length && chunks.length && node.data.endsText) {
      if (!work.wasEnded) this.#append({ type: 'text-ended', at: this.#clock, execution: execution.id, selector })
    } else {
      this.#work.delete(execution.id)
      this.#append(this.state.resolve(execution.id, result, this.#clock))
    }
  }

  #begin(execution: Execution, node: SimulatedNode): void {
    const inputs = ((node.data.reads as string[][] | undefined) ?? []).map(selector => execution.frame.pool.get(selector))
    const streamed = execution.streamed.get(`${node.id}.text`)
    this.#work.set(execution.id, {
      script: behave(node, inputs, execution.retryIndex, this.#attempts++),
      position: 0,
      said: '',
      before: streamed?.text ?? '',
      wasEnded: streamed?.isEnded ?? false,
      waitsFor: node.data.type === 'http-request' ? this.#durableCount + this.#pending.length : 0,
    })
  }

  /** The node gets to work for the first time in this process. */
  #enter(execution: Execution, node: SimulatedNode): void {
    const place = placeOf(execution)
    if (this.#durablyDone.has(place)) throw new Error(`${place} had durably succeeded and is executed again`)
    if (node.data.type !== 'http-request') return
    const before = this.#effects.get(place) ?? execution.id
    if (before !== execution.id) throw new Error(`${place} acts on the world as ${before} and as ${execution.id}`)
    this.#effects.set(place, execution.id)
  }

  /** As an executor does it: what the journal has already is left out while it is the same, and called back where it differs. */
  #say(execution: Execution, work: Work, selector: Selector, text: string): void {
    const said = work.said + text
    work.said = said
    if (work.before.startsWith(said)) return
    if (said.startsWith(work.before)) this.#appendText('text-delta', execution, selector, said.slice(work.before.length))
    else this.#appendText('text-replaced', execution, selector, said)
    work.before = said
  }

  #appendText(type: 'text-delta' | 'text-replaced', execution: Execution, selector: Selector, text: string): void {
    // Deltas after an end that a dead process journalled would be lost: the whole text is said anew.
    const isReopened = type === 'text-delta' && execution.streamed.get(selector.join('.'))?.isEnded
    const whole = isReopened ? (execution.streamed.get(selector.join('.'))?.text ?? '') + text : text
    const work = this.#work.get(execution.id)
    if (work) work.wasEnded = false
    this.#append({ type: isReopened ? 'text-replaced' : type, at: this.#clock, execution: execution.id, selector, text: whole })
  }

  #commit(count: number): void {
    const batch = this.#pending.splice(0, count)
    this.#durableCount += batch.length
    const events: RunEvent[] = []
    for (const { event, text } of batch) {
      hear(this.heard, text)
      const last = events.at(-1)
      const isMore = this.#rates.join && event.type === 'text-delta' && last?.type === 'text-delta' && last.execution === event.execution
      if (isMore) events[events.length - 1] = { ...last, text: last.text + event.text }
      else events.push(event)
    }
    for (const event of events) this.durable.push(parseJson(stringifyJson(event)) as unknown as RunEvent)
    for (const { event } of batch) {
      if (event.type !== 'node-succeeded') continue
      const execution = this.state.executions.get(event.execution)
      if (execution) this.#durablyDone.add(placeOf(execution))
    }
    if (!this.#pending.length && this.#random.chance(0.05)) this.#checkReplay()
  }

  /** The process dies, perhaps after part of what it was writing came through, and another takes the run over. */
  #kill(): void {
    this.kills++
    if (this.#random.chance(0.3)) this.#commit(this.#random.below(this.#pending.length + 1))
    this.#pending = []
    this.#work.clear()
    this.state = this.#fold()
    // Ids of the dead process are never used again.
    this.#ids += 100
  }

  /** The state that the journal leads to; what it says to clients must be what they have heard. */
  #fold(): RunState {
    const state = this.#newState()
    const text: TextEmission[] = []
    for (const event of this.durable) hear(text, state.apply(event))
    const [said, heard] = [JSON.stringify(text), JSON.stringify(this.heard)]
    if (said !== heard) throw new Error(`replay says ${said}, but clients heard ${heard}`)
    return state
  }

  #checkReplay(): void {
    const [live, replayed] = [digestOf(this.state), digestOf(this.#fold())]
    if (live !== replayed) throw new Error(`replay differs:\n${live}\n${replayed}`)
  }
}

/** Where an execution is in the run, whatever its id: the rounds it is in and its node. */
function placeOf({ node, frame }: Execution): string {
  const above = frame.container ? `${placeOf(frame.container.execution)}[${frame.index}]/` : ''
  return above + node.id
}

/** Adds emissions to what a client has heard; pieces of one source that follow each other are one piece. */
function hear(heard: TextEmission[], text: readonly TextEmission[]): void {
  for (const piece of text) {
    const last = heard.at(-1)
    if (last?.frame === piece.frame && last.selector.join('.') === piece.selector.join('.')) {
      heard[heard.length - 1] = piece.isReplacement ? piece : { ...last, text: last.text + piece.text }
    } else heard.push(piece)
  }
}

/** All that is to be known of a state from outside, and what it would do next. */
function digestOf(state: RunState): string {
  const frames = new Set<Frame>(state.root ? [state.root] : [])
  const executions = [...state.executions.values()].map(execution => {
    frames.add(execution.frame)
    for (const frame of execution.container?.frames.values() ?? []) frames.add(frame)
    const { container, node, frame, streamed, logs: _, ...rest } = execution
    const { execution: __, frames: rounds, failedRounds, ...inside } = container ?? ({} as NonNullable<typeof container>)
    return {
      ...rest,
      node: node.id,
      frame: frame.id,
      streamed: [...streamed],
      container: container && { ...inside, failedRounds: [...failedRounds], rounds: [...rounds.keys()] },
    }
  })
  const scopes = [...frames].map(frame => {
    const heldText: TextEmission[] = []
    hear(heldText, frame.heldText)
    const { id, index, startedAt, outputs, openCount, exceptionsCount, totalTokens, outcome, error, hasReachedLoopEnd } = frame
    const pool = [...frame.pool.ownNodes].map(([node, values]) => [node, { ...values }])
    return { id, index, startedAt, outputs, openCount, exceptionsCount, totalTokens, outcome, error, hasReachedLoopEnd, heldText, pool }
  })
  const next = state.decide({ now: 0, newId: () => 'next' })
  const running = [...state.running.keys()]
  return stringifyJson({ steps: state.steps, tokens: state.totalTokens, running, finished: state.finished, next, executions, scopes })
}
