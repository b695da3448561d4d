import { markdownOf, stringifyJson, type Value, type ValueMap } from '@weft/contracts'
import type { RunEvent, RunState, TextEmission } from '../src/index.ts'
import type { SimulatedEdge, SimulatedGraph, SimulatedNode } from './simulator-graph.ts'
import type { Expectation } from './simulator-oracle.ts'

export interface SimulatedRun {
  graph: SimulatedGraph
  journal: RunEvent[]
  /** What a client that was there all the time has heard. */
  text: TextEmission[]
  state: RunState
  maxSteps: number
  kills: number
  isRaced: boolean
}

/** One scope as the journal tells it, without the engine. */
class Scope {
  /** Handles by which done nodes were left. */
  readonly left = new Map<string, string>()
  readonly outputs = new Map<string, ValueMap>()
  /** Text that ended up as said by an execution, by node. */
  readonly said = new Map<string, string>()
  /** Nodes whose text is over though they may still work. */
  readonly hasEndedText = new Set<string>()
  /** Nodes whose text began anew after it was over: the answer may have gone on already, or not. */
  readonly hasReopenedText = new Set<string>()
  readonly started = new Set<string>()
  readonly root: string
  /** The scope around this one and the container it is a round of. */
  readonly outer: { scope: Scope; container: string; index: number; item: Value } | undefined
  hasFailed = false
  /** All that edges lead to from the root. */
  readonly reachable: Set<string>
  readonly #edges: SimulatedEdge[]
  readonly #nodes: Map<string, SimulatedNode>

  constructor(graph: SimulatedGraph, root: string, outer?: Scope['outer']) {
    this.root = root
    this.outer = outer
    this.#edges = graph.edges
    this.#nodes = new Map(graph.nodes.map(node => [node.id, node]))
    this.reachable = new Set([root])
    for (const id of this.reachable) for (const edge of graph.edges) if (edge.source === id) this.reachable.add(edge.target)
    if (String(this.node(root).data.type).endsWith('-start')) this.left.set(root, 'source')
  }

  node(id: string): SimulatedNode {
    const node = this.#nodes.get(id)
    if (!node) throw new Error(`no node ${id}`)
    return node
  }

  fateOf(edge: SimulatedEdge, asking: readonly string[] = []): 'taken' | 'skipped' | undefined {
    const handle = this.left.get(edge.source)
    if (handle === undefined) return this.isSkipped(edge.source, asking) ? 'skipped' : undefined
    const { data } = this.node(edge.source)
    const isBranch = data.type === 'choose' || data.error_strategy === 'fail-branch'
    return !isBranch || edge.sourceHandle === handle ? 'taken' : 'skipped'
  }

  isSkipped(id: string, asking: readonly string[] = []): boolean {
    if (id === this.root || asking.includes(id) || this.left.has(id) || this.started.has(id)) return false
    const incoming = this.#edges.filter(edge => edge.target === id)
    return incoming.length > 0 && incoming.every(edge => this.fateOf(edge, [...asking, id]) === 'skipped')
  }

  start(id: string): void {
    if (this.started.has(id)) throw new Error(`${id} starts twice in one scope`)
    if (id !== this.root) {
      const fates = this.#edges.filter(edge => edge.target === id).map(edge => this.fateOf(edge))
      if (fates.includes(undefined)) throw new Error(`${id} starts before everything that leads to it is decided`)
      if (!fates.includes('taken')) throw new Error(`${id} starts though nothing leads to it`)
    }
    this.started.add(id)
  }
}

/** Follows a journal through its scopes, event by event. */
function follow(graph: SimulatedGraph, journal: readonly RunEvent[]): Map<number, Scope> {
  const root = graph.nodes.find(node => node.data.type === 'start')?.id ?? ''
  const scopes = new Map([[0, new Scope(graph, root)]])
  const places = new Map<string, { scope: Scope; node: string; items: Value }>()
  const place = (id: string) => {
    const found = places.get(id)
    if (!found) throw new Error(`execution ${id} never started`)
    return found
  }
  for (const event of journal) {
    switch (event.type) {
      case 'node-started': {
        const scope = scopes.get(event.frame)
        if (!scope) throw new Error(`frame ${event.frame} never started`)
        scope.start(event.node)
        if (places.has(event.execution)) throw new Error(`execution ${event.execution} starts twice`)
        places.set(event.execution, { scope, node: event.node, items: null })
        break
      }
      case 'text-delta': {
        const { scope, node } = place(event.execution)
        scope.said.set(node, (scope.said.get(node) ?? '') + event.text)
        break
      }
      case 'text-replaced': {
        const { scope, node } = place(event.execution)
        scope.said.set(node, event.text)
        if (scope.hasEndedText.delete(node)) scope.hasReopenedText.add(node)
        break
      }
      case 'text-ended': {
        const { scope, node } = place(event.execution)
        scope.hasEndedText.add(node)
        break
      }
      case 'node-retried': {
        const { scope, node } = place(event.execution)
        if (scope.hasEndedText.delete(node)) scope.hasReopenedText.add(node)
        if (scope.said.has(node)) scope.said.set(node, '')
        break
      }
      case 'node-succeeded': {
        const { scope, node } = place(event.execution)
        scope.left.set(node, event.result.handle ?? 'source')
        scope.outputs.set(node, event.result.outputs)
        break
      }
      case 'node-failed': {
        const { scope, node } = place(event.execution)
        if (event.handling === 'none') scope.hasFailed = true
        else {
          scope.left.set(node, event.handling === 'fail-branch' ? 'fail-branch' : 'source')
          scope.outputs.set(node, event.handling === 'default-value' ? { out: 'instead' } : {})
        }
        break
      }
      case 'container-started':
        place(event.execution).items = event.inputs.iterator_selector ?? null
        break
      case 'round-started': {
        if (event.frame === undefined) break
        const { scope, node, items } = place(event.execution)
        const item = Array.isArray(items) ? (items[event.index] ?? null) : null
        const outer = { scope, container: node, index: event.index, item }
        scopes.set(event.frame, new Scope(graph, String(scope.node(node).data.start_node_id), outer))
        break
      }
    }
  }
  return scopes
}

/** No node starts before its inputs, none twice in a scope; the run ends once, at the end. */
export function checkJournal(graph: SimulatedGraph, journal: readonly RunEvent[]): void {
  follow(graph, journal)
  const ends = journal.filter(event => event.type === 'run-finished')
  if (ends.length !== 1 || journal.at(-1)?.type !== 'run-finished') throw new Error('the journal does not end with the one end of the run')
}

/**
 * Every scope says the templates of its response nodes, one whole turn after another, each once; rounds of a container
 * speak in their order.
 */
export function checkText(graph: SimulatedGraph, journal: readonly RunEvent[], text: readonly TextEmission[]): void {
  const scopes = follow(graph, journal)
  const isWhole = ['succeeded', 'partial-succeeded'].includes(String(endOf(journal).status))
  checkRoundOrder(scopes, text)
  for (const [id, scope] of scopes) {
    const pieces = text.filter(piece => piece.frame === id)
    // A scope that failed, or that may have been given up, has said its text up to some point.
    checkScopeText(graph, scope, settle(pieces), isWhole && id === 0)
  }
}

function endOf(journal: readonly RunEvent[]): Extract<RunEvent, { type: 'run-finished' }> {
  const end = journal.at(-1)
  if (end?.type !== 'run-finished') throw new Error('the run has no end')
  return end
}

/** What is left of a scope's text once replacements are made: pieces in the order in which their sources first spoke. */
function settle(pieces: readonly TextEmission[]): TextEmission[] {
  const settled: TextEmission[] = []
  for (const piece of pieces) {
    const [first, ...others] = piece.isReplacement ? settled.filter(other => other.selector.join('.') === piece.selector.join('.')) : []
    if (!first) {
      settled.push({ ...piece })
      continue
    }
    first.text = piece.text
    for (const other of others) other.text = ''
  }
  return settled
}

function checkScopeText(graph: SimulatedGraph, scope: Scope, pieces: readonly TextEmission[], isWhole: boolean): void {
  const turns = pieces
    .map(piece => piece.text)
    .join('')
    .split(/(?=«)/)
    .filter(Boolean)
  const spoken = new Set<string>()
  const read = new Set<string>()
  let isStalled = false
  for (const [index, turn] of turns.entries()) {
    const id = /^«(\w+)»/.exec(turn)?.[1] ?? ''
    const node = graph.nodes.find(one => one.id === id)
    if (!node) throw new Error(`text outside every turn: ${turn}`)
    if (spoken.has(id)) throw new Error(`${id} speaks twice`)
    if (isStalled) throw new Error(`${id} speaks though a turn before it is not over`)
    spoken.add(id)
    if (scope.isSkipped(id)) throw new Error(`${id} speaks though it is skipped`)
    const expected = turnOf(scope, node, read)
    if (!expected) return
    isStalled = !expected.isComplete
    const isLast = index === turns.length - 1
    if (isLast && !isWhole ? !expected.text.startsWith(turn) : expected.text !== turn) {
      throw new Error(`${id} says ${JSON.stringify(turn)} instead of ${JSON.stringify(expected.text)}`)
    }
  }
  if (!isWhole || isStalled) return
  for (const [id] of scope.left) {
    const { data } = scope.node(id)
    if ((data.type === 'answer' || data.type === 'end') && !spoken.has(id)) throw new Error(`${id} was reached and never spoke`)
  }
}

/** What a response node's turn says in the end; undefined where that hangs on what the journal alone does not tell. */
function turnOf(scope: Scope, { data }: SimulatedNode, read: Set<string>): { text: string; isComplete: boolean } | undefined {
  let text = ''
  for (const part of data.parts as (string | string[])[]) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const [owner = '', name = ''] = part
    const key = part.join('.')
    const inside = lookUp(scope, owner, name)
    if (inside === 'skipped') continue
    if (inside === 'pending') {
      const said = scope.said.get(owner)
      if (name === 'text' && said !== undefined && !read.has(key)) text += said
      return { text, isComplete: false }
    }
    if (inside === undefined) return undefined
    if (inside.isStream) {
      if (!read.has(key)) text += inside.text
      read.add(key)
    } else text += inside.text
  }
  return { text, isComplete: true }
}

function lookUp(scope: Scope, owner: string, name: string): { text: string; isStream: boolean } | 'skipped' | 'pending' | undefined {
  const { data } = scope.node(owner)
  if (scope.outer?.container === owner) {
    return name === 'item' && data.type === 'iteration' ? { text: markdownOf(scope.outer.item), isStream: false } : undefined
  }
  const isOver = scope.left.has(owner)
  if (!isOver && name === 'text' && scope.hasReopenedText.has(owner)) return undefined
  if (isOver || (name === 'text' && scope.hasEndedText.has(owner))) {
    const said = scope.said.get(owner)
    if (name === 'text' && said !== undefined && (said !== '' || !isOver)) return { text: said, isStream: true }
    const value = scope.outputs.get(owner)?.[name]
    return typeof value === 'string' ? { text: value, isStream: false } : undefined
  }
  if (scope.reachable.has(owner)) return scope.isSkipped(owner) ? 'skipped' : 'pending'
  if (!scope.outer) return undefined
  const outside = lookUp(scope.outer.scope, owner, name)
  return typeof outside === 'object' ? { ...outside, isStream: false } : undefined
}

function checkRoundOrder(scopes: ReadonlyMap<number, Scope>, text: readonly TextEmission[]): void {
  const speaking = new Map<string, number>()
  for (const { frame } of text) {
    for (let scope = scopes.get(frame); scope?.outer; scope = scope.outer.scope) {
      const outerId = [...scopes].find(([, other]) => other === scope?.outer?.scope)?.[0]
      const container = `${outerId}/${scope.outer.container}`
      const before = speaking.get(container) ?? 0
      if (scope.outer.index < before) throw new Error(`round ${scope.outer.index} of ${scope.outer.container} speaks after round ${before}`)
      speaking.set(container, scope.outer.index)
    }
  }
}

/** The run ends as the semantics say, as far as they do. */
export function checkOutcome({ state, journal, maxSteps }: SimulatedRun, expected: Expectation): void {
  const end = endOf(journal)
  const isStopped = journal.some(event => event.type === 'stop-requested')
  if (end.status === 'stopped') {
    if (!isStopped) throw new Error('the run was stopped though nobody asked for it')
    return
  }
  if (expected.isRaced || end.error.startsWith('Aborted: Maximum execution time')) return
  const { steps, emptyRounds } = expected
  if (end.error.startsWith('Aborted: Maximum execution steps')) {
    if (steps !== undefined && steps + emptyRounds <= maxSteps) throw new Error(`aborted at ${maxSteps} steps, but needs only ${steps}`)
    return
  }
  if (expected.isFailed) {
    if (end.status !== 'failed') throw new Error(`ends as ${end.status}, but ${[...expected.errors]} must fail it`)
    if (!expected.errors.has(end.error)) throw new Error(`fails with ${end.error}, not with one of ${[...expected.errors]}`)
    return
  }
  if (steps !== undefined && steps + emptyRounds > maxSteps) throw new Error(`${steps} steps were taken, but ${maxSteps} are the limit`)
  same('status', end.status, expected.exceptions ? 'partial-succeeded' : 'succeeded')
  same('error', end.error, '')
  same('exceptions', end.exceptionsCount, expected.exceptions)
  if (steps !== undefined) same('steps', end.totalSteps, steps)
  const { answer = '', ...outputs } = end.outputs
  same('outputs', sorted(Object.entries(outputs)), sorted([...expected.outputs]))
  same('answers', sorted(String(answer).split(/(?=«)/).filter(Boolean)), sorted(expected.answers))
  for (const [key, value] of expected.pool) {
    const [node = '', name = ''] = key.split('.')
    if (!expected.uncertain(node, name)) same(key, state.pool.get([node, name]) ?? null, value)
  }
  for (const [node, values] of state.pool.ownNodes) {
    for (const name of Object.keys(values)) {
      if (!expected.pool.has(`${node}.${name}`) && !expected.uncertain(node, name) && name !== 'form') {
        throw new Error(`${node}.${name} should not be there`)
      }
    }
  }
}

const sorted = (items: unknown[]): string[] => items.map(item => stringifyJson(item)).sort()

function same(what: string, actual: unknown, expected: unknown): void {
  const [left, right] = [stringifyJson(actual), stringifyJson(expected)]
  if (left !== right) throw new Error(`${what} is ${left}, not ${right}`)
}
