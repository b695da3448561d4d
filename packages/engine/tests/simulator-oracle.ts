import type { Value, ValueMap } from '@weft/contracts'
import { behave, type SimulatedEdge, type SimulatedGraph, type SimulatedNode } from './simulator-graph.ts'

/**
 * What a run of a graph must come to, found without the engine: scope by scope, container by container, one node after
 * another, reading the document itself. Slow and plain on purpose.
 *
 * It answers for graphs whose outcome does not hang on scheduling. A value does hang on it when it was written in a scope
 * that failed while other branches of the scope were at work, when branches beside each other write it, when several parallel rounds write it, when it is an error
 * message of one of several failures, or text that a model says differently each time. As soon as a node reads such a
 * value the run counts as raced, and nothing is said about its outcome.
 */
export interface Expectation {
  isRaced: boolean
  isFailed: boolean
  /** Any of these may be the one that ended the run. */
  errors: Set<string>
  /** Undefined where failures cut short what ran beside them. */
  steps: number | undefined
  /** Rounds without a node. */
  emptyRounds: number
  exceptions: number
  outputs: Map<string, Value>
  answers: string[]
  /** What the run's variables hold, as far as it is certain. */
  pool: Map<string, Value>
  /** Nodes of the pool about which nothing is certain. */
  uncertain: (nodeId: string, name: string) => boolean
}

export function expectationOf(graph: SimulatedGraph, system: ValueMap): Expectation {
  return new Oracle(graph).expect(system)
}

const isShared = (selector: Value | undefined): boolean => Array.isArray(selector) && selector.join('.') === 'conversation.shared'

class RacedError extends Error {}

class Pool {
  readonly values = new Map<string, Value>()
  readonly #uncertainNodes = new Set<string>()
  readonly #uncertain = new Set<string>()
  readonly #certain = new Set<string>()
  /** Conversation variables written here. */
  readonly written = new Set<string>()

  copy(): Pool {
    const copy = new Pool()
    for (const [key, value] of this.values) copy.values.set(key, value)
    for (const id of this.#uncertainNodes) copy.#uncertainNodes.add(id)
    for (const key of this.#uncertain) copy.#uncertain.add(key)
    for (const key of this.#certain) copy.#certain.add(key)
    return copy
  }

  set(node: string, name: string, value: Value): void {
    const key = `${node}.${name}`
    this.values.set(key, value)
    this.#uncertain.delete(key)
    this.#certain.add(key)
    if (node === 'conversation') this.written.add(name)
  }

  doubt(node: string, name: string): void {
    this.#certain.delete(`${node}.${name}`)
    this.#uncertain.add(`${node}.${name}`)
    if (node === 'conversation') this.written.add(name)
  }

  doubtNode(node: string): void {
    this.#uncertainNodes.add(node)
    for (const key of this.#certain) if (key.startsWith(`${node}.`)) this.#certain.delete(key)
  }

  isUncertain(node: string, name: string): boolean {
    const key = `${node}.${name}`
    return this.#uncertain.has(key) || (this.#uncertainNodes.has(node) && !this.#certain.has(key))
  }

  read([node = '', name = '']: readonly string[]): Value | undefined {
    if (this.isUncertain(node, name)) throw new RacedError()
    return this.values.get(`${node}.${name}`)
  }
}

interface ScopeEnd {
  isFailed: boolean
  errors: Set<string>
  exceptions: number
  outputs: Map<string, Value>
  answers: string[]
  hasReachedLoopEnd: boolean
}

type NodeEnd = { isFailed: true; errors: Set<string> } | { isFailed: false; handle: string; outputs: ValueMap }

class Oracle {
  readonly #nodes: Map<string, SimulatedNode>
  readonly #edges: SimulatedEdge[]
  readonly #graph: SimulatedGraph
  #steps = 0
  #emptyRounds = 0
  #areStepsCertain = true

  constructor(graph: SimulatedGraph) {
    this.#graph = graph
    this.#edges = graph.edges
    this.#nodes = new Map(graph.nodes.map(node => [node.id, node]))
  }

  expect(system: ValueMap): Expectation {
    const pool = new Pool()
    for (const [name, value] of Object.entries(system)) pool.set('sys', name, value)
    for (const [name, value] of Object.entries(this.#graph.conversation)) pool.set('conversation', name, value)
    if (this.#graph.nodes.some(node => isShared(node.data.assigns))) pool.doubt('conversation', 'shared')
    const start = this.#graph.nodes.find(node => node.data.type === 'start')
    let end: ScopeEnd = { isFailed: false, errors: new Set(), exceptions: 0, outputs: new Map(), answers: [], hasReachedLoopEnd: false }
    let isRaced = false
    try {
      end = this.#runScope(start?.id ?? '', pool)
    } catch (error) {
      if (!(error instanceof RacedError)) throw error
      isRaced = true
    }
    const { isFailed, errors, exceptions, outputs, answers } = end
    const uncertain = (node: string, name: string) => pool.isUncertain(node, name)
    const steps = this.#areStepsCertain ? this.#steps : undefined
    return { isRaced, isFailed, errors, steps, emptyRounds: this.#emptyRounds, exceptions, outputs, answers, pool: pool.values, uncertain }
  }

  #scopeOf(root: string): Set<string> {
    const scope = new Set([root])
    for (const id of scope) for (const edge of this.#edges) if (edge.source === id) scope.add(edge.target)
    return scope
  }

  #runScope(root: string, pool: Pool): ScopeEnd {
    const scope = this.#scopeOf(root)
    const fate = new Map<SimulatedEdge, 'taken' | 'skipped'>()
    const done = new Set<string>()
    const end: ScopeEnd = { isFailed: false, errors: new Set(), exceptions: 0, outputs: new Map(), answers: [], hasReachedLoopEnd: false }
    const next = (): SimulatedNode | undefined =>
      [...scope].map(id => this.#node(id)).find(node => !done.has(node.id) && (node.id === root || this.#areAllDecided(node, fate)))
    let isFirst = true
    let count = 0
    for (let node = next(); node; node = next()) {
      done.add(node.id)
      const outgoing = this.#edges.filter(edge => edge.source === node.id)
      const isMarker = isFirst && String(node.data.type).endsWith('-start')
      const runs = isFirst || this.#edges.some(edge => edge.target === node.id && fate.get(edge) === 'taken')
      isFirst = false
      if (!runs) {
        for (const edge of outgoing) fate.set(edge, 'skipped')
        continue
      }
      if (isMarker) {
        for (const edge of outgoing) fate.set(edge, 'taken')
        continue
      }
      count++
      const result = this.#runNode(node, pool, end)
      if (result.isFailed) {
        end.isFailed = true
        for (const error of result.errors) end.errors.add(error)
        continue
      }
      for (const [name, value] of Object.entries(result.outputs)) pool.set(node.id, name, value)
      if (node.data.isFickle) pool.doubt(node.id, 'text')
      if (node.data.type === 'loop-end') end.hasReachedLoopEnd = true
      if (node.data.type === 'end') for (const [name, value] of Object.entries(result.outputs)) end.outputs.set(name, value)
      if (node.data.type === 'answer') end.answers.push(String(result.outputs.answer))
      const isBranch = node.data.type === 'choose' || node.data.error_strategy === 'fail-branch'
      for (const edge of outgoing) fate.set(edge, !isBranch || edge.sourceHandle === result.handle ? 'taken' : 'skipped')
    }
    if (!count && !end.isFailed) this.#emptyRounds++
    if (end.isFailed) this.#areStepsCertain = false
    return end
  }

  #node(id: string): SimulatedNode {
    const node = this.#nodes.get(id)
    if (!node) throw new Error(`no node ${id}`)
    return node
  }

  #areAllDecided(node: SimulatedNode, fate: Map<SimulatedEdge, unknown>): boolean {
    const incoming = this.#edges.filter(edge => edge.target === node.id)
    return incoming.length > 0 && incoming.every(edge => fate.has(edge))
  }

  #runNode(node: SimulatedNode, pool: Pool, end: ScopeEnd): NodeEnd {
    const { data } = node
    this.#steps++
    const failed = (errors: Set<string>): NodeEnd => {
      end.exceptions++
      const strategy = data.error_strategy
      if (strategy !== 'fail-branch' && strategy !== 'default-value') return { isFailed: true, errors }
      if (strategy === 'default-value') pool.set(node.id, 'out', 'instead')
      pool.set(node.id, 'error_type', data.type === 'iteration' || data.type === 'loop' ? 'WorkflowNodeError' : 'SimulatedError')
      pool.set(node.id, 'error_message', [...errors][0] ?? '')
      if (errors.size > 1) pool.doubt(node.id, 'error_message')
      // Of a container that failed inside the class is empty, and of one that could not begin it is not.
      if (data.type === 'iteration' || data.type === 'loop') pool.doubt(node.id, 'error_type')
      return { isFailed: false, handle: strategy === 'fail-branch' ? 'fail-branch' : 'source', outputs: {} }
    }
    if (data.type === 'iteration') return this.#runIteration(node, pool, failed)
    if (data.type === 'loop') return this.#runLoop(node, pool, end, failed)
    const inputs = (data.reads as string[][]).map(selector => pool.read(selector))
    const retries = Number((data.retry_config as ValueMap | undefined)?.max_retries ?? 0)
    for (let retry = 0; ; retry++) {
      const { result } = behave(node, inputs, retry, 0)
      if (result.status === 'succeeded') {
        for (const { selector, value } of result.assignments ?? []) {
          if (!isShared(selector)) pool.set(selector[0] ?? '', selector[1] ?? '', value)
        }
        return { isFailed: false, handle: result.handle ?? 'source', outputs: result.outputs }
      }
      if (retry === retries) return failed(new Set([result.error]))
      end.exceptions++
      this.#steps++
    }
  }

  #runIteration(node: SimulatedNode, pool: Pool, failed: (errors: Set<string>) => NodeEnd): NodeEnd {
    const { data } = node
    const selector = data.iterator_selector as string[]
    const items = pool.read(selector)
    if (items === undefined) return failed(new Set([`iterator variable [${selector.map(name => `'${name}'`).join(', ')}] not found`]))
    if (items !== null && !Array.isArray(items)) return failed(new Set(['invalid iterator value, please provide a list.']))
    if (!items?.length) return { isFailed: false, handle: 'source', outputs: { output: [] } }
    const isParallel = data.is_parallel === true
    const mode = data.error_handle_mode
    const inner = this.#subtree(String(data.start_node_id))
    if (isParallel) this.#doubtConversation(inner, pool)
    const results: Value[] = []
    const errors = new Set<string>()
    for (const [index, item] of items.entries()) {
      const round = pool.copy()
      round.set(node.id, 'index', index)
      round.set(node.id, 'item', item)
      const end = this.#runScope(String(data.start_node_id), round)
      if (end.isFailed && mode === 'terminated') {
        for (const error of end.errors) errors.add(error)
        if (!isParallel) return failed(errors)
        continue
      }
      if (end.isFailed) this.#doubtConversation(inner, round)
      for (const name of isParallel ? [] : round.written) {
        if (round.isUncertain('conversation', name)) pool.doubt('conversation', name)
        else pool.set('conversation', name, round.values.get(`conversation.${name}`) ?? null)
      }
      const result = end.isFailed ? null : (round.read(data.output_selector as string[]) ?? null)
      if (mode === 'remove-abnormal-output' && (end.isFailed || (isParallel && result === null))) continue
      results.push(result)
    }
    if (errors.size) return failed(errors)
    const output = data.flatten_output && results.some(Array.isArray) ? results.flat(1) : results
    return { isFailed: false, handle: 'source', outputs: { output } }
  }

  #runLoop(node: SimulatedNode, pool: Pool, outer: ScopeEnd, failed: (errors: Set<string>) => NodeEnd): NodeEnd {
    const { data } = node
    const [variable] = data.loop_variables as [ValueMap]
    const initial = variable.value_type === 'constant' ? (variable.value ?? null) : pool.read(variable.value as string[])
    if (initial === undefined) return failed(new Set(['Invalid value for loop variable v']))
    pool.set(node.id, 'v', initial)
    const [condition] = data.break_conditions as ValueMap[]
    const breaks = (): boolean => {
      if (!condition) return false
      const [owner = '', name = ''] = condition.variable_selector as string[]
      const value = pool.read([owner, name])
      if (value === undefined) throw new Error(`Variable ['${owner}', '${name}'] not found`)
      const wanted = String(condition.value)
      if (typeof value === 'string') return value.includes(wanted)
      if (Array.isArray(value)) return value.some(item => item === wanted)
      if (value) throw new Error('Invalid actual value type: string or array')
      return false
    }
    const outputs: ValueMap = {}
    for (let round = 0; ; round++) {
      try {
        if (breaks()) break
      } catch (error) {
        if (error instanceof RacedError) throw error
        if (round > 0) return failed(new Set([(error as Error).message]))
      }
      if (round >= Number(data.loop_count)) break
      const end = this.#runScope(String(data.start_node_id), pool)
      if (end.isFailed) {
        const inner = this.#subtree(String(data.start_node_id))
        for (const child of inner) pool.doubtNode(child.id)
        pool.doubt(node.id, 'v')
        this.#doubtConversation(inner, pool)
        return failed(end.errors)
      }
      for (const [name, value] of end.outputs) outer.outputs.set(name, value)
      outer.answers.push(...end.answers)
      outputs.loop_round = round + 1
      outputs.v = pool.isUncertain(node.id, 'v') ? null : (pool.values.get(`${node.id}.v`) ?? null)
      if (end.hasReachedLoopEnd) break
    }
    return { isFailed: false, handle: 'source', outputs }
  }

  /** Every node of a scope and of the containers in it. */
  #subtree(root: string): SimulatedNode[] {
    const nodes = [...this.#scopeOf(root)].map(id => this.#node(id))
    return nodes.flatMap(node => [node, ...(node.data.start_node_id ? this.#subtree(String(node.data.start_node_id)) : [])])
  }

  #doubtConversation(nodes: SimulatedNode[], pool: Pool): void {
    for (const { data } of nodes) {
      const [owner, name] = (data.assigns as string[] | undefined) ?? []
      if (owner === 'conversation' && name) pool.doubt(owner, name)
    }
  }
}
