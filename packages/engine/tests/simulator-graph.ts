import type { Value, ValueMap } from '@weft/contracts'
import type { NodeResult, NodeType, NodeTypes, Selector } from '../src/index.ts'
import { hashOf, type Random } from './simulator-random.ts'

/** A node of a random graph. What it does follows from `data` and the variables it reads. */
export interface SimulatedNode {
  id: string
  type: string
  data: ValueMap
}

export interface SimulatedEdge {
  source: string
  target: string
  sourceHandle: string
}

export interface SimulatedGraph {
  nodes: SimulatedNode[]
  edges: SimulatedEdge[]
  /** Conversation variables at the start. */
  conversation: ValueMap
}

const simulatedType = (type: string, more: Partial<NodeType<ValueMap>> = {}): [string, NodeType] => [
  type,
  {
    type,
    parse: (data: ValueMap) => data,
    execute: () => {
      throw new Error('the simulator executes nodes itself')
    },
    ...more,
  } as NodeType,
]

export const simulatedTypes: NodeTypes = new Map<string, NodeType>([
  simulatedType('start'),
  simulatedType('work'),
  simulatedType('code'),
  simulatedType('http-request', { hasSideEffects: true }),
  simulatedType('llm'),
  simulatedType('choose', { isBranch: true }),
  simulatedType('assigner', { assigns: data => [data.assigns as string[]] }),
  simulatedType('answer', { responseTemplate: data => data.parts as (string | string[])[] }),
  simulatedType('end', { responseTemplate: data => data.parts as (string | string[])[] }),
  simulatedType('iteration'),
  simulatedType('loop'),
  simulatedType('iteration-start'),
  simulatedType('loop-start'),
  simulatedType('loop-end'),
])

/** What one try of a node does: text that it streams, then its result. */
export interface Script {
  chunks: string[]
  result: NodeResult
}

/**
 * The whole behaviour of nodes: a function of the node, what it read and which try it is. Only the text of a fickle node
 * differs from one attempt to the next, as a model's does.
 */
export function behave({ id, data }: SimulatedNode, inputs: (Value | undefined)[], retryIndex: number, attempt: number): Script {
  const read = JSON.stringify(inputs.map(input => input ?? null))
  const base = hashOf(`${id}|${read}`)
  const luck = hashOf(`${id}|${read}|${retryIndex}|luck`) % 100
  const out = base.toString(36)
  const metadata = { total_tokens: base % 5 }
  const chunks = data.type === 'llm' ? words(`${id}|${read}|${data.isFickle ? attempt : retryIndex}`) : []
  if (luck < Number(data.failPercent ?? 0)) {
    const said = chunks.slice(0, luck % (chunks.length + 1))
    return { chunks: said, result: { status: 'failed', error: `${id} broke on ${out}`, errorType: 'SimulatedError', metadata } }
  }
  const result: NodeResult = { status: 'succeeded', outputs: { out }, metadata }
  switch (data.type) {
    case 'llm':
      result.outputs = { out, text: chunks.join('') }
      break
    case 'choose': {
      const handles = data.handles as string[]
      result.handle = handles[base % handles.length] ?? 'nowhere'
      break
    }
    case 'answer':
      result.outputs = { answer: `«${id}»` }
      break
    case 'end':
      result.outputs = { [`result_${id}`]: out }
      break
    case 'assigner':
      result.outputs = {}
      result.assignments = [{ selector: data.assigns as string[], value: out }]
      break
    case 'work':
      result.outputs = { out, list: Array.from({ length: base % 5 }, (_, index) => `${out}-${index}`) }
      break
  }
  return { chunks, result }
}

function words(seed: string): string[] {
  const hash = hashOf(seed)
  return Array.from(
    { length: 1 + (hash % 4) },
    (_, index) =>
      `${hashOf(`${seed}${index >> 1}`)
        .toString(36)
        .slice(0, 1 + (hash % 3))} `,
  )
}

interface Made {
  id: string
  type: string
  ancestors: Set<string>
  /** Handles that its edges may leave by; none for a node that nothing may follow. */
  handles: string[]
  /** What nodes behind it may read. */
  gives: Selector[]
}

interface ScopeOptions {
  kind: 'graph' | 'iteration' | 'loop'
  container: string
  depth: number
  /** Whether several rounds of this scope, or of one around it, may run at once. */
  isParallel: boolean
  /** What the nodes of this scope may read from outside. */
  readable: Selector[]
  /** A loop variable that one assigner of this scope may write. */
  writable: Selector | undefined
}

/**
 * Makes a random graph. Nodes read only what lies before them on every path, and every variable has one writer, so what
 * a node reads hardly ever depends on the order in which parallel branches run; where it does, the oracle notices. The one
 * variable that some graphs share freely has conditions of loops for readers.
 */
export function randomGraph(random: Random): SimulatedGraph {
  const graph: SimulatedGraph = { nodes: [], edges: [], conversation: {} }
  /** Written by many and read by many, in no order at all. */
  const shared: Selector | undefined = random.chance(0.15) ? ['conversation', 'shared'] : undefined
  if (shared) graph.conversation.shared = 'initial'
  const isCalm = random.chance(0.5)
  const size = random.pick([3, 5, 8, 12])
  let ids = 0

  const sample = (selectors: readonly Selector[], most: number): string[][] =>
    Array.from({ length: selectors.length ? random.below(most + 1) : 0 }, () => [...(random.pick(selectors) ?? [])])

  /** Whether a node fails, and what the graph does about it. */
  const addTrouble = (data: ValueMap, canRetry: boolean): void => {
    const strategy = random.pick(['none', 'none', 'none', 'default-value', 'fail-branch'])
    if (strategy !== 'none') data.error_strategy = strategy
    if (strategy === 'default-value') data.default_value = [{ key: 'out', type: 'string', value: 'instead' }]
    if (canRetry && random.chance(0.4)) {
      data.retry_config = { retry_enabled: true, max_retries: 1 + random.below(3), retry_interval: random.below(20) }
    }
    data.failPercent = isCalm && strategy === 'none' ? 0 : random.pick([0, 0, 0, 20, 50])
  }

  const handlesOf = (data: ValueMap): string[] => {
    if (data.type === 'end' || data.type === 'loop-end') return []
    const handles = data.type === 'choose' ? ['a', 'b', 'else'] : ['source']
    return data.error_strategy === 'fail-branch' ? [...handles, 'fail-branch'] : handles
  }

  const kinds = (scope: ScopeOptions): string[] => [
    ...['work', 'work', 'code', 'http-request', 'llm', 'llm', 'choose', 'choose', 'assigner', 'answer'],
    ...(scope.kind === 'loop' ? ['loop-end'] : []),
    ...(scope.kind === 'graph' ? ['end', 'end'] : []),
    ...(scope.depth < 3 ? ['iteration', 'iteration', 'loop', 'loop'] : []),
  ]

  /** The given of what a scope's nodes wrote that can be seen once the container is through. */
  function makeScope(scope: ScopeOptions): { made: Made[]; root: Made; leaked: Selector[] } {
    const made: Made[] = []
    const leaked: Selector[] = []
    let { writable } = scope
    const add = (data: ValueMap, before: Made[]): Made => {
      const id = String(data.id ?? `n${++ids}`)
      const ancestors = new Set(before.flatMap(node => [...node.ancestors, node.id]))
      const node: Made = { id, type: String(data.type), ancestors, handles: handlesOf(data), gives: [] }
      graph.nodes.push({ id, type: 'custom', data: { title: id, ...data } })
      for (const source of before) {
        graph.edges.push({ source: source.id, target: id, sourceHandle: random.pick(source.handles) ?? 'source' })
        if (source.handles.length > 1 && random.chance(0.15)) {
          graph.edges.push({ source: source.id, target: id, sourceHandle: random.pick(source.handles) ?? 'source' })
        }
      }
      made.push(node)
      return node
    }

    const isMarked = scope.kind !== 'graph' && random.chance(0.85)
    const rootType = scope.kind === 'graph' ? 'start' : isMarked ? `${scope.kind}-start` : 'work'
    const root = add({ type: rootType, reads: isMarked ? [] : sample(scope.readable, 1) }, [])
    if (!isMarked && scope.kind !== 'graph') root.gives.push([root.id, 'out'])
    const count = scope.kind === 'graph' ? 2 + random.below(size) : random.below(scope.depth > 1 ? 4 : 6)
    for (let step = 0; step < count; step++) {
      const open = made.filter(node => node.handles.length)
      const before = new Set<Made>()
      for (let edges = 1 + random.below(random.pick([1, 1, 2, 3])); edges > 0; edges--) {
        const chosen = open[Math.max(random.below(open.length), random.below(open.length))]
        if (chosen) before.add(chosen)
      }
      const ancestors = new Set([...before].flatMap(node => [...node.ancestors, node.id]))
      const readable = [...scope.readable, ...made.filter(node => ancestors.has(node.id)).flatMap(node => node.gives)]
      const type = random.pick(kinds(scope)) ?? 'work'
      const data: ValueMap = { type, id: `n${++ids}`, reads: sample(readable, 2) }
      const gives: Selector[] = []
      const id = String(data.id)
      if (type === 'iteration' || type === 'loop') addContainer(data, scope, readable, gives, leaked)
      else if (type === 'assigner') {
        const own: Selector = ['conversation', `c_${id}`]
        const target = shared && random.chance(0.5) ? shared : writable && random.chance(0.6) ? writable : own
        data.assigns = [...target]
        if (target === writable) writable = undefined
        if (target === own) {
          graph.conversation[`c_${id}`] = 'initial'
          leaked.push(own)
        }
        if (target !== shared) gives.push(target)
      } else if (type === 'answer' || type === 'end') {
        const sayable = made.filter(node => random.chance(0.2) || ancestors.has(node.id)).flatMap(sayableOf)
        const outside = scope.readable.filter(([node, name]) => node !== 'conversation' && (name === 'out' || name === 'item'))
        const parts: (string | string[])[] = [`«${id}»`]
        for (const selector of sample([...sayable, ...outside], 4)) parts.push(selector, random.chance(0.5) ? '. ' : '\n')
        data.parts = parts
      } else {
        if (type !== 'loop-end') gives.push([id, 'out'])
        if (type === 'work') gives.push([id, 'list'])
        if (type === 'llm' && random.chance(0.3)) data.isFickle = true
        if (type === 'llm' && random.chance(0.5)) data.endsText = true
        if (type === 'choose') data.handles = random.chance(0.2) ? ['a', 'b', 'else', 'nowhere'] : ['a', 'b', 'else']
        if (type !== 'loop-end') addTrouble(data, type === 'code' || type === 'llm' || type === 'http-request')
      }
      const node = add(data, [...before])
      node.gives.push(...gives)
    }
    if (random.chance(0.04)) {
      const lost = add({ type: 'work', reads: [] }, [])
      graph.edges.push({ source: lost.id, target: (random.pick(made.slice(1)) ?? lost).id, sourceHandle: 'source' })
      made.pop()
    }
    if (made.length > 3 && random.chance(0.04)) {
      const [late, early] = [random.pick(made.slice(1)), random.pick(made.slice(1))]
      if (late?.handles.length && early) graph.edges.push({ source: late.id, target: early.id, sourceHandle: late.handles[0] ?? 'source' })
    }
    return { made, root, leaked }
  }

  function sayableOf(node: Made): Selector[] {
    if (node.type === 'llm')
      return [
        [node.id, 'text'],
        [node.id, 'text'],
        [node.id, 'out'],
      ]
    return node.gives.filter(([owner, name]) => owner === node.id && name === 'out')
  }

  function addContainer(data: ValueMap, scope: ScopeOptions, readable: Selector[], gives: Selector[], leaked: Selector[]): void {
    const id = String(data.id)
    addTrouble(data, false)
    delete data.failPercent
    if (isCalm && data.type === 'loop' && !data.error_strategy) data.error_strategy = 'fail-branch'
    if (data.type === 'iteration') {
      const lists = readable.filter(([, name]) => name === 'list' || name === 'output')
      data.iterator_selector = [...((random.chance(0.03) ? random.pick(readable) : random.pick(lists)) ?? ['sys', 'list'])]
      data.is_parallel = random.chance(0.5)
      data.parallel_nums = 1 + random.below(4)
      data.error_handle_mode = random.pick(['terminated', 'continue-on-error', 'remove-abnormal-output'])
      data.flatten_output = random.chance(0.1)
      const inside = [...readable, [id, 'item'], [id, 'index']]
      const isParallel = scope.isParallel || data.is_parallel
      const {
        made,
        root,
        leaked: inner,
      } = makeScope({
        kind: 'iteration',
        container: id,
        depth: scope.depth + 1,
        isParallel,
        readable: inside,
        writable: undefined,
      })
      data.start_node_id = root.id
      const results = made.flatMap(node => node.gives).filter(([owner]) => owner !== 'conversation')
      data.output_selector = [...(random.pick(results) ?? [id, 'item'])]
      gives.push([id, 'output'])
      leaked.push(...inner)
      if (!data.is_parallel) gives.push(...inner)
      return
    }
    const isWritten = random.chance(0.7)
    const variable: Selector = [id, 'v']
    const source = random.chance(0.4) ? random.pick(readable.filter(([, name]) => name === 'out' || name === 'item')) : undefined
    data.loop_variables = [
      source
        ? { label: 'v', var_type: 'string', value_type: 'variable', value: [...source] }
        : { label: 'v', var_type: 'string', value_type: 'constant', value: 'first' },
    ]
    data.loop_count = random.below(5)
    const {
      made,
      root,
      leaked: inner,
    } = makeScope({
      kind: 'loop',
      container: id,
      depth: scope.depth + 1,
      isParallel: scope.isParallel,
      readable: isWritten ? readable : [...readable, variable],
      writable: isWritten ? variable : undefined,
    })
    data.start_node_id = root.id
    const tested =
      shared && random.chance(0.4)
        ? shared
        : random.chance(0.25)
          ? random.pick(made.flatMap(node => node.gives).filter(([, name]) => name === 'out'))
          : variable
    data.break_conditions = random.chance(0.6)
      ? [{ variable_selector: [...(tested ?? variable)], comparison_operator: 'contains', value: random.pick(['1', 'a', 'zz']) }]
      : []
    data.logical_operator = 'and'
    gives.push(variable, [id, 'loop_round'], ...inner)
    leaked.push(...inner)
  }

  makeScope({ kind: 'graph', container: '', depth: 0, isParallel: false, readable: [], writable: undefined })
  return graph
}
