import type { Value, ValueMap } from '@weft/contracts'
import type { Graph, GraphEdge, GraphNode } from './graph.ts'
import type { NodeLog, NodeResult } from './node-type.ts'
import { ResponseStream, type TextEmission } from './response-stream.ts'
import type { Selector, VariablePool } from './variable-pool.ts'

/** Answers are joined as they come; other outputs of the same name replace each other. */
export function addOutputs(outputs: ValueMap, more: ValueMap): void {
  for (const [name, value] of Object.entries(more)) {
    const before = outputs[name]
    outputs[name] = name === 'answer' && typeof before === 'string' && before && typeof value === 'string' ? before + value : value
  }
}

const UNKNOWN = 0
const TAKEN = 1
const SKIPPED = 2

/** One scope of execution: the graph itself, or a round of a container. Nodes and edges have a state of their own in each. */
export class Frame {
  readonly id: number
  readonly root: GraphNode
  readonly pool: VariablePool
  /** The container execution this is a round of. */
  readonly container: ContainerState | undefined
  /** Which round. */
  readonly index: number
  readonly startedAt: number
  readonly responses: ResponseStream
  /** What End and Answer nodes gave so far. */
  readonly outputs: ValueMap = {}
  /** Executions that are not over, and nodes that wait to be started. */
  openCount = 0
  exceptionsCount = 0
  totalTokens = 0
  /** Set once no more happens here. */
  outcome: 'succeeded' | 'failed' | undefined
  error = ''
  /** A loop-end node was reached: the loop ends with this round. */
  hasReachedLoopEnd = false
  /** Text held back until earlier parallel rounds have said theirs. */
  heldText: TextEmission[] = []
  readonly #nodes: Uint8Array
  readonly #edges: Uint8Array

  constructor(
    graph: Graph,
    options: { id: number; root: GraphNode; pool: VariablePool; container?: ContainerState; index?: number; startedAt: number },
  ) {
    this.id = options.id
    this.root = options.root
    this.pool = options.pool
    this.container = options.container
    this.index = options.index ?? 0
    this.startedAt = options.startedAt
    this.#nodes = new Uint8Array(graph.list.length)
    this.#edges = new Uint8Array(graph.edges.length)
    this.responses = new ResponseStream(graph, options.root, options.pool, nodeId => {
      const node = graph.nodes.get(nodeId)
      return node !== undefined && this.#nodes[node.index] === SKIPPED
    })
  }

  /**
   * Leaves a node: all its edges are taken, or those of the handle while the others are skipped.
   * @returns the nodes that have become ready, and text that may go out now
   */
  leave(node: GraphNode, handle: string | undefined): { ready: GraphNode[]; text: TextEmission[] } {
    this.#nodes[node.index] = TAKEN
    const ready: GraphNode[] = []
    const text: TextEmission[] = []
    const isChosen = (edge: GraphEdge) => !node.isBranch || edge.handle === handle
    for (const edge of node.outgoing) if (!isChosen(edge)) this.#skip(edge, ready)
    for (const edge of node.outgoing) {
      if (!isChosen(edge)) continue
      this.#edges[edge.index] = TAKEN
      text.push(...this.responses.takeEdge(edge))
      if (this.#isReady(edge.target)) ready.push(edge.target)
    }
    return { ready, text }
  }

  /** A node waits for every branch that may still reach it, and runs if any did. */
  #isReady(node: GraphNode): boolean {
    return this.#nodes[node.index] === UNKNOWN && node.incoming.every(edge => this.#edges[edge.index] !== UNKNOWN)
  }

  #skip(edge: GraphEdge, ready: GraphNode[]): void {
    const pending = [edge]
    for (let next = pending.pop(); next; next = pending.pop()) {
      this.#edges[next.index] = SKIPPED
      const target = next.target
      if (!this.#isReady(target)) continue
      if (target.incoming.some(other => this.#edges[other.index] === TAKEN)) ready.push(target)
      else {
        this.#nodes[target.index] = SKIPPED
        pending.push(...target.outgoing.toReversed())
      }
    }
  }

  /** A node that is being started is no longer waiting for anything. */
  enter(node: GraphNode): void {
    this.#nodes[node.index] = TAKEN
  }
}

/** One execution of a node, from its start to its end. */
export interface Execution {
  id: string
  node: GraphNode
  frame: Frame
  /** Which start this is in the run, from 1. */
  index: number
  predecessor: string | null
  startedAt: number
  finishedAt: number | undefined
  status: 'running' | 'retrying' | 'succeeded' | 'failed' | 'exception' | 'abandoned'
  retryIndex: number
  /** While retrying: not before this time. */
  dueAt: number
  /** Text streamed so far, by selector: a restarted execution compares its own with it. */
  streamed: Map<string, { selector: Selector; text: string; isEnded: boolean }>
  logs: Map<string, NodeLog>
  /** The end's record, or the last failed try's. */
  result: Partial<Omit<NodeResult, 'status'>> & { error?: string; errorType?: string }
  container: ContainerState | undefined
}

/** What an iteration or loop is at. */
export interface ContainerState {
  execution: Execution
  inputs: ValueMap
  length: number
  items: Value[]
  frames: Map<number, Frame>
  /** Results by round; a failed round's stays undefined. */
  results: (Value | undefined)[]
  failedRounds: Set<number>
  nextRound: number
  finishedRounds: number
  /** Which parallel round may speak. */
  speakingRound: number
  durations: ValueMap
  /** A loop's variables after each round. */
  variablesByRound: ValueMap
  outputs: ValueMap
  totalTokens: number
  /** Set once no further round starts. */
  ending: { reason: 'loop_completed' | 'loop_break' | 'error' | 'done'; error?: string } | undefined
  /** The closing announcement of a loop has been made. */
  hasAnnouncedEnd: boolean
  hasReachedLoopEnd: boolean
  /** `container-finished` has been journalled. */
  hasFinished: boolean
}
