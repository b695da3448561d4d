import { float, isValueMap, parseJson, segmentTypeOf, type Value, type ValueMap } from '@weft/contracts'
import { type IterationData, type LoopData, parseIterationData, parseLoopData } from './container-data.ts'
import { NodeDataError, type NodeType } from './node-type.ts'
import type { Selector } from './variable-pool.ts'

/** A graph ready to run: nodes with their settings checked, edges resolved both ways. Immutable; share it between runs. */
export interface Graph {
  nodes: ReadonlyMap<string, GraphNode>
  /** In the document's order; a node's `index` is its place here. */
  list: readonly GraphNode[]
  edges: readonly GraphEdge[]
  root: GraphNode
  /** How many edges lead to each node. */
  incomingCounts: Uint32Array
  /** A node and all that edges lead to from it: the scope that it is the root of. */
  reachableFrom(node: GraphNode): ReadonlySet<GraphNode>
  /** The response nodes that can be reached from a node, in the document's order. */
  responsesFrom(node: GraphNode): readonly GraphNode[]
  /** The same response nodes, put together by the assigners that their text waits for. */
  responseGroupsFrom(node: GraphNode): readonly ResponseGroup[]
  /** Start and datasource nodes beside the one that a run begins at: they count as skipped. Empty for other roots. */
  idleRootsBeside(root: GraphNode): readonly GraphNode[]
}

/** Response nodes that wait for the same things. */
export interface ResponseGroup {
  responses: readonly GraphNode[]
  /** Nodes that change a variable which stands in the group's text. */
  assigners: ReadonlySet<GraphNode>
}

export interface GraphNode {
  id: string
  index: number
  /** As events name it: old spellings are replaced. */
  type: string
  title: string
  nodeType: NodeType
  /** What `nodeType.parse` made of the settings. */
  data: unknown
  /** Edges are chosen by the handle that the node's result names. */
  isBranch: boolean
  container: { kind: 'iteration'; data: IterationData } | { kind: 'loop'; data: LoopData } | undefined
  /** What this node streams into an answer, in order: literals and selectors. Only of response nodes. */
  responseTemplate: readonly (string | Selector)[] | undefined
  errorStrategy: 'fail-branch' | 'default-value' | undefined
  defaultValues: ValueMap
  /** Tries after the first, and milliseconds between them. */
  retry: { limit: number; interval: number }
  outgoing: GraphEdge[]
  incoming: GraphEdge[]
}

export interface GraphEdge {
  index: number
  source: GraphNode
  target: GraphNode
  handle: string
}

/** A graph that cannot run. `nodeId` and `field` say where, if anywhere in particular. */
export class GraphError extends Error {
  readonly code = 'invalid-graph'
  readonly nodeId: string | undefined
  readonly field: string | undefined
  constructor(message: string, place: { nodeId?: string; field?: string } = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = 'GraphError'
    this.nodeId = place.nodeId
    this.field = place.field
  }
}

/** The node types a platform has, by name. */
export type NodeTypes = ReadonlyMap<string, NodeType>

/** Containers within containers at most. Dify's editor allows none at all. */
const MAX_NESTING = 20

/** Only these may be retried, as in Dify. */
const RETRYABLE = new Set(['llm', 'code', 'http-request', 'tool'])

/**
 * Builds the graph of a DSL document's `graph`. Every node is checked, reachable or not, as Dify does.
 * @param start the node to begin at; otherwise the first start or datasource node that no edge leads to
 * @throws GraphError
 */
export function buildGraph(document: Value, nodeTypes: NodeTypes, start?: string): Graph {
  if (!isValueMap(document) || document.nodes === undefined || document.edges === undefined) {
    throw new GraphError('nodes or edges not found in workflow graph')
  }
  if (!Array.isArray(document.nodes)) throw new GraphError('nodes in workflow graph must be a list')
  if (!Array.isArray(document.edges)) throw new GraphError('edges in workflow graph must be a list')
  if (!document.nodes.length) throw new GraphError('Graph must have at least one node')

  const nodes = new Map<string, GraphNode>()
  for (const item of document.nodes) {
    if (!isValueMap(item) || item.type === 'custom-note') continue
    const node = buildNode(item, nodeTypes)
    if (node) nodes.set(node.id, node)
  }
  const list = [...nodes.values()]
  for (const [index, node] of list.entries()) node.index = index
  const edges = buildEdges(document.edges, nodes)
  const graph = { nodes, list, edges, root: findRoot(list, nodes, start), ...createIndex(list) }
  checkNesting(graph)
  return graph
}

function buildNode(item: ValueMap, nodeTypes: NodeTypes): GraphNode | undefined {
  const { id, data } = item
  if (typeof id !== 'string' || !id) return undefined
  if (!isValueMap(data)) throw new GraphError(`Node ${id} has no data`, { nodeId: id, field: 'data' })
  if (typeof data.type !== 'string') throw new GraphError(`Node ${id} has no type`, { nodeId: id, field: 'data.type' })
  const nodeType = nodeTypes.get(data.type)
  if (!nodeType) throw new GraphError(`Unknown node type: ${data.type}`, { nodeId: id, field: 'data.type' })
  const title = typeof data.title === 'string' ? data.title : undefined
  if (title === undefined) throw new GraphError(`Node ${id} has no title`, { nodeId: id, field: 'data.title' })
  try {
    const parsed = nodeType.parse(data)
    const errorStrategy = readErrorStrategy(data.error_strategy)
    return {
      id,
      index: 0,
      type: nodeType.type,
      title,
      nodeType,
      data: parsed,
      isBranch: nodeType.isBranch === true || errorStrategy === 'fail-branch',
      container: readContainer(nodeType.type, data),
      responseTemplate: nodeType.responseTemplate?.(parsed),
      errorStrategy,
      defaultValues: readDefaultValues(data.default_value),
      retry: readRetry(nodeType.type, data.retry_config),
      outgoing: [],
      incoming: [],
    }
  } catch (error) {
    if (!(error instanceof NodeDataError)) throw error
    throw new GraphError(`Node ${title || id} (${data.type}): ${error.message}`, { nodeId: id, field: error.field }, { cause: error })
  }
}

function readContainer(type: string, data: ValueMap): GraphNode['container'] {
  if (type === 'iteration') return { kind: 'iteration', data: parseIterationData(data) }
  return type === 'loop' ? { kind: 'loop', data: parseLoopData(data) } : undefined
}

function readErrorStrategy(value: Value | undefined): GraphNode['errorStrategy'] {
  if (value === undefined || value === null) return undefined
  if (value === 'fail-branch' || value === 'default-value') return value
  throw new NodeDataError('error_strategy', `error_strategy must be fail-branch or default-value, not ${String(value)}`)
}

function readRetry(type: string, value: Value | undefined): GraphNode['retry'] {
  const none = { limit: 0, interval: 0 }
  if (!isValueMap(value) || value.retry_enabled !== true || !RETRYABLE.has(type)) return none
  return { limit: whole(value.max_retries), interval: whole(value.retry_interval) }
}

const whole = (value: Value | undefined): number => Math.max(0, Math.trunc(Number(value ?? 0)) || 0)

function readDefaultValues(value: Value | undefined): ValueMap {
  if (!Array.isArray(value)) return {}
  return Object.fromEntries(value.filter(isValueMap).map(item => [String(item.key), readDefaultValue(item)]))
}

/** A default given as text is read as its type: numbers as floats, the others as JSON. */
function readDefaultValue({ key, type, value = null }: ValueMap): Value {
  const name = `default_value.${String(key)}`
  if (type === 'array[file]') return value
  let read = value
  if (typeof value === 'string' && type !== 'string') {
    if (type === 'number') {
      if (!value.trim() || Number.isNaN(Number(value))) throw new NodeDataError(name, `Cannot convert to number: ${value}`)
      read = float(Number(value))
    } else {
      try {
        read = parseJson(value)
      } catch {
        throw new NodeDataError(name, `Invalid JSON format for value: ${value}`)
      }
    }
  }
  if (!isOfType(read, String(type))) throw new NodeDataError(name, `The default for ${String(key)} must be of type ${String(type)}`)
  return read
}

function isOfType(value: Value, type: string): boolean {
  const actual = segmentTypeOf(value)
  if (type === 'number') return actual === 'integer' || actual === 'float'
  if (type.startsWith('array[')) return Array.isArray(value) && (!value.length || actual === type)
  if (type === 'string' || type === 'object') return actual === type
  throw new NodeDataError('default_value', `Unsupported type: ${type}`)
}

/** Edges without both ends are left out, as Dify does; their order is the order of scheduling. */
function buildEdges(items: Value[], nodes: ReadonlyMap<string, GraphNode>): GraphEdge[] {
  const edges: GraphEdge[] = []
  for (const item of items) {
    if (!isValueMap(item) || typeof item.source !== 'string' || typeof item.target !== 'string') continue
    const [source, target] = [nodes.get(item.source), nodes.get(item.target)]
    if (!source || !target) continue
    const edge = { index: edges.length, source, target, handle: typeof item.sourceHandle === 'string' ? item.sourceHandle : 'source' }
    source.outgoing.push(edge)
    target.incoming.push(edge)
    edges.push(edge)
  }
  return edges
}

function findRoot(list: readonly GraphNode[], nodes: ReadonlyMap<string, GraphNode>, start: string | undefined): GraphNode {
  if (start !== undefined) {
    const node = nodes.get(start)
    if (!node) throw new GraphError(`Root node id ${start} not found in the graph`, { nodeId: start })
    return node
  }
  const free = list.filter(node => !node.incoming.length)
  const root = free.find(node => node.type === 'start' || node.type === 'datasource') ?? free[0]
  if (!root) throw new GraphError('Unable to determine root node ID')
  return root
}

/** What runs ask of a graph, found once per root and shared between runs. */
function createIndex(
  list: readonly GraphNode[],
): Pick<Graph, 'incomingCounts' | 'reachableFrom' | 'responsesFrom' | 'responseGroupsFrom' | 'idleRootsBeside'> {
  const roots = list.filter(isRunRoot)
  const reachableFrom = remember(root => {
    const reached = new Set([root])
    for (const node of reached) for (const edge of node.outgoing) reached.add(edge.target)
    return reached
  })
  const responsesFrom = remember(root =>
    [...reachableFrom(root)].filter(node => node.responseTemplate).toSorted((left, right) => left.index - right.index),
  )
  return {
    incomingCounts: Uint32Array.from(list, node => node.incoming.length),
    reachableFrom,
    responsesFrom,
    responseGroupsFrom: remember(root => groupResponses(responsesFrom(root), reachableFrom(root))),
    idleRootsBeside: root => (isRunRoot(root) ? roots.filter(other => other !== root && !other.incoming.length) : []),
  }
}

const isRunRoot = (node: GraphNode): boolean => node.type === 'start' || node.type === 'datasource'

function remember<Found>(find: (node: GraphNode) => Found): (node: GraphNode) => Found {
  const known = new Map<GraphNode, Found>()
  return node => {
    const found = known.get(node) ?? find(node)
    known.set(node, found)
    return found
  }
}

function groupResponses(responses: readonly GraphNode[], scope: ReadonlySet<GraphNode>): ResponseGroup[] {
  if (!responses.length) return []
  const assigned = [...scope].flatMap(node => {
    const selectors = node.nodeType.assigns?.(node.data) ?? []
    return selectors.length ? [{ node, names: selectors.map(selector => selector.join('.')) }] : []
  })
  const groups = new Map<string, { responses: GraphNode[]; assigners: Set<GraphNode> }>()
  for (const response of responses) {
    const said = new Set((response.responseTemplate ?? []).flatMap(part => (typeof part === 'string' ? [] : [part.slice(0, 2).join('.')])))
    const assigners = assigned.filter(({ names }) => names.some(name => said.has(name))).map(({ node }) => node)
    const key = assigners.map(node => node.index).join()
    const group = groups.get(key)
    if (group) group.responses.push(response)
    else groups.set(key, { responses: [response], assigners: new Set(assigners) })
  }
  return [...groups.values()]
}

/**
 * A container whose rounds lead back to itself would never come to an end of starting. Finds the containers that hold
 * containers, those that hold such, and so on: linear in each step, however the graph is made.
 */
function checkNesting({ list, nodes }: Pick<Graph, 'list' | 'nodes'>): void {
  let containers = list.filter(node => node.container)
  for (let depth = 1; containers.length; depth++) {
    const [first] = containers
    if (first && depth > MAX_NESTING) {
      const place = { nodeId: first.id, field: 'start_node_id' }
      throw new GraphError(`Node ${first.title || first.id} holds itself or too many containers within each other`, place)
    }
    const leading = new Set(containers)
    for (const node of leading) for (const edge of node.incoming) leading.add(edge.source)
    containers = list.filter(node => {
      const start = nodes.get(node.container?.data.startNodeId ?? '')
      return start !== undefined && leading.has(start)
    })
  }
}
