import { markdownOf } from '@weft/contracts'
import type { Graph, GraphEdge, GraphNode } from './graph.ts'
import type { Selector, VariablePool } from './variable-pool.ts'

/** A piece of answer text that goes out. */
export interface TextEmission {
  text: string
  /** All that the selector said before is void: this is its whole text. */
  isReplacement?: true
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
}

/**
 * Puts the text of answers in order while a graph runs (one per frame). A response node gets its turn as soon as it is
 * sure to be reached: when some path leads to it whose every deciding edge has been taken. Turns follow one another;
 * within one, literals and variables come in the template's order, streamed variables live.
 */
export class ResponseStream {
  readonly #pool: VariablePool
  readonly #root: GraphNode
  readonly #isSkipped: (nodeId: string) => boolean
  /** Response nodes that have had no turn yet, in the document's order. */
  readonly #waiting: Set<GraphNode>
  /** Edges that were taken. */
  readonly #taken = new Set<GraphEdge>()
  readonly #streams = new Map<string, Stream>()
  readonly #turns: Turn[] = []

  constructor(graph: Graph, root: GraphNode, pool: VariablePool, isSkipped: (nodeId: string) => boolean) {
    this.#pool = pool
    this.#root = root
    this.#isSkipped = isSkipped
    this.#waiting = new Set(graph.responsesFrom(root))
  }

  /** Whether there is anything to do at all: most rounds of most containers answer nothing. */
  get isIdle(): boolean {
    return !this.#waiting.size && !this.#turns.length
  }

  /** An edge was taken: nodes that are now sure to be reached get their turn. */
  takeEdge(edge: GraphEdge): TextEmission[] {
    if (!this.#waiting.size) return []
    this.#taken.add(edge)
    const emissions: TextEmission[] = []
    for (const node of this.#waiting) {
      if (!this.#isCertain(node)) continue
      this.#waiting.delete(node)
      this.#turns.push({ node, template: node.responseTemplate ?? [], position: 0 })
      if (this.#turns.length === 1) emissions.push(...this.flush())
    }
    return emissions
  }

  addText(selector: Selector, text: string): TextEmission[] {
    if (this.isIdle) return []
    const stream = this.#stream(selector)
    if (stream.isClosed) return []
    stream.chunks.push(text)
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
    if (!stream) return this.addText(selector, text)
    const hasSpoken = stream.read > 0
    Object.assign(stream, { chunks: [text], read: hasSpoken ? 1 : 0, isClosed: false })
    return hasSpoken ? [{ text, selector, isReplacement: true }] : this.flush()
  }

  #stream(selector: Selector): Stream {
    const key = selector.join('.')
    const known = this.#streams.get(key)
    if (known) return known
    const stream = { chunks: [], read: 0, isClosed: false }
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
    if (typeof part === 'string') {
      emissions.push({ text: part, selector: [turn.node.id, 'answer'] })
      return true
    }
    if (this.#isSkipped(part[0] ?? '')) return true
    const stream = this.#streams.get(part.join('.'))
    if (stream) {
      for (; stream.read < stream.chunks.length; stream.read++) emissions.push({ text: stream.chunks[stream.read] ?? '', selector: part })
      if (stream.isClosed) return true
    }
    const value = this.#pool.get(part)
    if (value === undefined) return false
    // A stream that was never closed has said its text already.
    if (!stream?.read) emissions.push({ text: markdownOf(value), selector: part })
    return true
  }

  /** Whether some path leads to the node on which every edge that could still decide otherwise has been taken. */
  #isCertain(target: GraphNode): boolean {
    const blockers = new Set(
      (target.responseTemplate ?? []).flatMap(part => (typeof part === 'string' ? [] : [part.slice(0, 2).join('.')])),
    )
    const reached = new Set([this.#root])
    for (const node of reached) {
      if (node === target) return true
      const decides = isDeciding(node, blockers)
      for (const edge of node.outgoing) if (!decides || this.#taken.has(edge)) reached.add(edge.target)
    }
    return false
  }
}

function isDeciding(node: GraphNode, variables: ReadonlySet<string>): boolean {
  if (node.isBranch || node.container || node.responseTemplate) return true
  return node.nodeType.assigns?.(node.data).some(selector => variables.has(selector.join('.'))) ?? false
}
