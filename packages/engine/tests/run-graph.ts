import type { ValueMap } from '@weft/contracts'
import {
  buildGraph,
  type NodeResult,
  type NodeType,
  type NodeTypes,
  type RunEvent,
  RunState,
  type TextEmission,
  type VariablePool,
} from '../src/index.ts'

/** A node for tests: does what the test says. */
export type Behaviour = (variables: VariablePool, data: ValueMap) => NodeResult

export const succeed = (outputs: ValueMap = {}, handle?: string): NodeResult => ({
  status: 'succeeded',
  outputs,
  ...(handle ? { handle } : {}),
})
export const fail = (error = 'boom', errorType = 'TestError'): NodeResult => ({ status: 'failed', error, errorType })

const plain = (type: string, more: Partial<NodeType<ValueMap>> = {}): [string, NodeType] => [
  type,
  { type, parse: (data: ValueMap) => data, execute: () => succeed(), ...more } as NodeType,
]

export const nodeTypes: NodeTypes = new Map<string, NodeType>([
  plain('start'),
  plain('work'),
  plain('code'),
  plain('choose', { isBranch: true }),
  plain('iteration'),
  plain('loop'),
  plain('iteration-start'),
  plain('loop-start'),
  plain('loop-end'),
  plain('assigner', { assigns: data => [data.assigns as string[]] }),
  plain('answer', { responseTemplate: data => data.parts as (string | string[])[] }),
])

type Edge = string | [string, string, string?]

/** A graph document from short forms: `{a: {type: 'work'}}` and `'a>b'` or `['a', 'b', 'handle']`. */
export function graphOf(nodes: Record<string, ValueMap>, edges: Edge[]) {
  return {
    nodes: Object.entries(nodes).map(([id, data]) => ({ id, type: 'custom', data: { title: id, ...data } })),
    edges: edges.map(edge => {
      const [source = '', target = '', sourceHandle = 'source'] = typeof edge === 'string' ? edge.split('>') : edge
      return { source, target, sourceHandle }
    }),
  }
}

/** Runs a graph to its end in one go; each node's behaviour is looked up by its id. */
export function run(
  document: ReturnType<typeof graphOf>,
  behaviours: Record<string, Behaviour> = {},
  limits = { maxSteps: 500, maxTime: 1200 },
) {
  const state = new RunState(buildGraph(document, nodeTypes), limits)
  const events: RunEvent[] = []
  const text: TextEmission[] = []
  let clock = 1000
  let ids = 0
  const add = (event: RunEvent) => {
    events.push(event)
    text.push(...state.apply(event))
  }
  add({ type: 'run-started', at: clock, inputs: {}, system: {}, environment: {}, conversation: {} })
  while (!state.finished) {
    const decision = state.decide({ now: ++clock, newId: () => `e${++ids}` })
    if (decision) {
      add(decision)
      continue
    }
    const [execution] = state.running.values()
    if (!execution) throw new Error('the run waits for nothing')
    const behave = behaviours[execution.node.id] ?? (() => succeed())
    add(state.resolve(execution.id, behave(execution.frame.pool, execution.node.data as ValueMap), ++clock))
  }
  return {
    state,
    events,
    text: text.map(piece => piece.text).join(''),
    finished: state.finished,
    order: events.flatMap(event => (event.type === 'node-started' ? [event.node] : [])),
  }
}

/** The state that a journal alone leads to. */
export function replay(document: ReturnType<typeof graphOf>, events: readonly RunEvent[]): RunState {
  const state = new RunState(buildGraph(document, nodeTypes), { maxSteps: 500, maxTime: 1200 })
  for (const event of events) state.apply(event)
  return state
}

/** A run that a test takes forward by hand: every decision is made at once, nodes end when the test says so. */
export class ManualRun {
  readonly state: RunState
  readonly events: RunEvent[] = []
  readonly text: TextEmission[] = []
  #clock = 1000
  #ids = 0

  constructor(document: ReturnType<typeof graphOf>, system: ValueMap = {}, conversation: ValueMap = {}, maxSteps = 500) {
    this.state = new RunState(buildGraph(document, nodeTypes), { maxSteps, maxTime: 1200 })
    this.add({ type: 'run-started', at: this.#clock, inputs: {}, system, environment: {}, conversation })
    this.decide()
  }

  get said(): string {
    return this.text.map(piece => piece.text).join('')
  }

  /** Takes in an event; nothing is decided. */
  add(event: RunEvent): void {
    this.events.push(event)
    this.text.push(...this.state.apply(event))
  }

  next(): RunEvent | undefined {
    return this.state.decide({ now: ++this.#clock, newId: () => `e${++this.#ids}` })
  }

  decide(): void {
    for (let event = this.next(); event; event = this.next()) this.add(event)
  }

  /** The running execution of a node, the one in the given round where several are. */
  of(nodeId: string, round?: number) {
    const found = [...this.state.running.values()].find(
      ({ node, frame }) => node.id === nodeId && (round === undefined || frame.index === round),
    )
    if (!found) throw new Error(`${nodeId} does not run`)
    return found
  }

  end(nodeId: string, result: NodeResult = succeed(), round?: number): void {
    this.add(this.state.resolve(this.of(nodeId, round).id, result, ++this.#clock))
    this.decide()
  }

  say(nodeId: string, text: string, round?: number): void {
    this.add({ type: 'text-delta', at: ++this.#clock, execution: this.of(nodeId, round).id, selector: [nodeId, 'text'], text })
  }

  /** The same run in a process that knows nothing but the journal. */
  recover(document: ReturnType<typeof graphOf>): RunState {
    return replay(document, this.events)
  }
}
