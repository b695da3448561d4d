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
/** Waiting to be started, or running. */
const ENTERED = 1
const SKIPPED = 2
const DONE = 3

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
  readonly #states: Uint8Array
  /** Incoming edges of each node that are neither taken nor skipped yet. */
  readonly #undecided: Uint32Array
  /** 1 for nodes that an edge was taken to. */
  readonly #isReached: Uint8Array

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
    this.#states = new Uint8Array(graph.list.length)
    this.#isReached = new Uint8Array(graph.list.length)
    this.#undecided = graph.incomingCounts.slice()
    const scope = graph.reachableFrom(options.root)
    this.responses = new ResponseStream(graph, options.root, options.pool, options.id, {
      isSkipped: nodeId => this.#stateOf(graph.nodes.get(nodeId)) === SKIPPED,
      isPending: nodeId => {
        const node = graph.nodes.get(nodeId)
        return node !== undefined && scope.has(node) && this.#stateOf(node) !== DONE
      },
    })
    if (!options.container) for (const root of graph.idleRootsBeside(options.root)) this.#skipNode(root, [])
  }

  #stateOf(node: GraphNode | undefined): number {
    return node ? (this.#states[node.index] ?? UNKNOWN) : UNKNOWN
  }

  /** A node that is being started is no longer waiting for anything. */
  enter(node: GraphNode): void {
    this.#states[node.index] = ENTERED
  }

  /** A node's outputs count from now on. */
  complete(node: GraphNode): void {
    this.#states[node.index] = DONE
  }

  /**
   * Leaves a node: all its edges are taken, or those of the handle while the others are skipped.
   * @returns the nodes that have become ready, and text that may go out now
   */
  leave(node: GraphNode, handle: string): { ready: GraphNode[]; text: TextEmission[] } {
    this.complete(node)
    const ready: GraphNode[] = []
    const text: TextEmission[] = []
    const isChosen = (edge: GraphEdge) => !node.isBranch || edge.handle === handle
    for (const edge of node.outgoing) if (!isChosen(edge)) this.#skip(edge, ready)
    for (const edge of node.outgoing) {
      if (!isChosen(edge)) continue
      const { target } = edge
      this.#isReached[target.index] = 1
      text.push(...this.responses.takeEdge(edge))
      if (this.#decideEdge(target)) ready.push(target)
    }
    // Text that waited for a node which has just been skipped waits no longer.
    if (node.isBranch) text.push(...this.responses.flush())
    return { ready, text }
  }

  /** One more incoming edge is decided. Whether the node waits for nothing more: it runs if any branch reached it. */
  #decideEdge(target: GraphNode): boolean {
    const left = (this.#undecided[target.index] ?? 0) - 1
    this.#undecided[target.index] = left
    return left === 0 && this.#states[target.index] === UNKNOWN
  }

  #skip(edge: GraphEdge, ready: GraphNode[]): void {
    if (!this.#decideEdge(edge.target)) return
    if (this.#isReached[edge.target.index]) ready.push(edge.target)
    else this.#skipNode(edge.target, ready)
  }

  /** Skips a node and whatever only it led to. Depth first in the edges' order, and without recursion: chains are long. */
  #skipNode(first: GraphNode, ready: GraphNode[]): void {
    this.#states[first.index] = SKIPPED
    const pending = [{ node: first, next: 0 }]
    for (let top = pending.at(-1); top; top = pending.at(-1)) {
      const edge = top.node.outgoing[top.next++]
      if (!edge) pending.pop()
      else if (this.#decideEdge(edge.target)) {
        if (this.#isReached[edge.target.index]) ready.push(edge.target)
        else {
          this.#states[edge.target.index] = SKIPPED
          pending.push({ node: edge.target, next: 0 })
        }
      }
    }
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
