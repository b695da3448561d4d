import { markdownOf } from '@weft/contracts'
import type { Graph, GraphEdge, GraphNode, ResponseGroup } from './graph.ts'
import type { Selector, VariablePool } from './variable-pool.ts'

/** A piece of answer text that goes out. */
export interface TextEmission {
  text: string
  /** All that the selector said before in this frame is void: this is its whole text. */
  isReplacement?: true
  /** The scope that says it: rounds of a container say the same selectors anew. */
  frame: number
  /** Where it comes from: a variable, or `[response node, "answer"]` for the template's own words. */
  selector: Selector
}

interface Turn {
  node: GraphNode
  template: readonly (string | Selector)[]
  position: number
}

interface Stream {
  chunks: string[]
  read: number
  isClosed: boolean
  /** Its place in the answer has been left behind: what it says later can only replace what it said there. */
  isPassed: boolean
}

/** What a response stream asks of the frame it belongs to. */
interface FrameView {
  isSkipped(nodeId: string): boolean
  /** Whether the node is of this scope and not done: a value in the pool is then an earlier round's. */
  isPending(nodeId: string): boolean
}

/**
 * Puts the text of answers in order while a graph runs (one per frame). A response node gets its turn as soon as it is
 * sure to be reached: when some path leads to it whose every deciding edge has been taken. Turns follow one another;
 * within one, literals and variables come in the template's order, streamed variables live.
 */
export class ResponseStream {
  readonly #pool: VariablePool
  readonly #root: GraphNode
  readonly #frameId: number
  readonly #view: FrameView
  /** Response nodes that have had no turn yet, by what their text waits for. */
  readonly #groups: { group: ResponseGroup; waiting: Set<GraphNode>; reached: Set<GraphNode> }[]
  #waitingCount: number
  readonly #streams = new Map<string, Stream>()
  readonly #turns: Turn[] = []

  constructor(graph: Graph, root: GraphNode, pool: VariablePool, frameId: number, view: FrameView) {
    this.#pool = pool
    this.#root = root
    this.#frameId = frameId
    this.#view = view
    this.#groups = graph.responseGroupsFrom(root).map(group => ({ group, waiting: new Set(group.responses), reached: new Set() }))
    this.#waitingCount = this.#groups.reduce((count, { waiting }) => count + waiting.size, 0)
  }

  /** Whether there is anything to do at all: most rounds of most containers answer nothing. */
  get isIdle(): boolean {
    return !this.#waitingCount && !this.#turns.length
  }

  /** An edge was taken: nodes that are now sure to be reached get their turn, those of one edge in the document's order. */
  takeEdge(edge: GraphEdge): TextEmission[] {
    if (!this.#waitingCount) return []
    const certain: GraphNode[] = []
    for (const { group, waiting, reached } of this.#groups) {
      if (!waiting.size) continue
      const found = reached.size ? [edge.target] : [edge.target, this.#root]
      for (let node = found.pop(); node; node = found.pop()) {
        if (reached.has(node)) continue
        reached.add(node)
        if (waiting.delete(node)) certain.push(node)
        if (!isDeciding(node, group)) for (const next of node.outgoing) found.push(next.target)
      }
    }
    if (!certain.length) return []
    this.#waitingCount -= certain.length
    for (const node of certain.toSorted((left, right) => left.index - right.index)) {
      this.#turns.push({ node, template: node.responseTemplate ?? [], position: 0 })
    }
    return this.flush()
  }

  addText(selector: Selector, text: string): TextEmission[] {
    if (this.isIdle && !this.#streams.get(selector.join('.'))?.isPassed) return []
    const stream = this.#stream(selector)
    if (stream.isClosed) return []
    stream.chunks.push(text)
    if (stream.isPassed) return [this.#replacement(selector, stream)]
    return this.flush()
  }

  endText(selector: Selector): TextEmission[] {
    if (this.isIdle) return []
    const stream = this.#stream(selector)
    if (stream.isClosed) return []
    // Clients of Dify see an empty piece at each stream's end.
    stream.chunks.push('')
    stream.isClosed = true
    return this.flush()
  }

  /** A restarted node says something else than before. What has gone out is called back. */
  replaceText(selector: Selector, text: string): TextEmission[] {
    const stream = this.#streams.get(selector.join('.'))
    if (!stream) return text ? this.addText(selector, text) : []
    Object.assign(stream, { chunks: text ? [text] : [], isClosed: false })
    if (stream.read > 0 || stream.isPassed) return [this.#replacement(selector, stream)]
    return this.flush()
  }

  #replacement(selector: Selector, stream: Stream): TextEmission {
    stream.read = stream.chunks.length
    return { text: stream.chunks.join(''), selector, frame: this.#frameId, isReplacement: true }
  }

  #stream(selector: Selector): Stream {
    const key = selector.join('.')
    const known = this.#streams.get(key)
    if (known) return known
    const stream = { chunks: [], read: 0, isClosed: false, isPassed: false }
    this.#streams.set(key, stream)
    return stream
  }

  /** Sends what the turns can say by now. */
  flush(): TextEmission[] {
    const emissions: TextEmission[] = []
    for (let turn = this.#turns[0]; turn; turn = this.#turns[0]) {
      while (turn.position < turn.template.length && this.#say(turn, emissions)) turn.position++
      if (turn.position < turn.template.length) break
      this.#turns.shift()
    }
    return emissions
  }

  /** Says one part of a turn. False where it is not complete yet. */
  #say(turn: Turn, emissions: TextEmission[]): boolean {
    const part = turn.template[turn.position]
    if (part === undefined) return true
    const frame = this.#frameId
    if (typeof part === 'string') {
      emissions.push({ text: part, selector: [turn.node.id, 'answer'], frame })
      return true
    }
    const source = part[0] ?? ''
    if (this.#view.isSkipped(source)) return true
    const stream = this.#streams.get(part.join('.'))
    if (stream) {
      for (; stream.read < stream.chunks.length; stream.read++) {
        emissions.push({ text: stream.chunks[stream.read] ?? '', selector: part, frame })
      }
      if (stream.isClosed) {
        stream.isPassed = true
        return true
      }
    }
    const value = this.#view.isPending(source) ? undefined : this.#pool.get(part)
    if (value === undefined) return false
    // A stream that was never closed has said its text already.
    if (!stream?.read) emissions.push({ text: markdownOf(value), selector: part, frame })
    return true
  }
}

/** Whether the edges that leave a node may still decide otherwise, or its end change what the text says. */
function isDeciding(node: GraphNode, { assigners }: ResponseGroup): boolean {
  return node.isBranch || node.container !== undefined || node.responseTemplate !== undefined || assigners.has(node)
}
