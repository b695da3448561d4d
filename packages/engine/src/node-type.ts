import type { Value, ValueMap } from '@weft/contracts'
import type { Selector, VariableReader } from './variable-pool.ts'

/** What a run tells each of its nodes about itself. */
export interface RunContext {
  runId: string
  tenantId: string
  appId: string
  workflowId: string
  /** `workflow` or `advanced-chat`. */
  mode: string
  /** The end user's or the account's id. */
  userId: string
  userKind: 'account' | 'end-user'
  invokeFrom: 'service-api' | 'web-app' | 'debugger' | 'explore'
  conversationId: string | null
  messageId: string | null
  /** The message this turn answers to; history follows it backwards. */
  parentMessageId: string | null
  /** Begins links to files that the run makes, where the operator has set no address: `https://host`. */
  origin: string
  /** How many workflows-as-tools are above this run. */
  callDepth: number
}

/** What a node's executor is handed. Everything else it needs comes through ports given at construction. */
export interface NodeContext<Data = unknown> {
  nodeId: string
  title: string
  data: Data
  variables: VariableReader
  run: RunContext
  /** Stable over retries and restarts of this execution. */
  executionId: string
  /** Sent along with every side effect: the same after a crash, another for each retry. */
  idempotencyKey: string
  /** 0 for the first try. */
  retryIndex: number
  /** Aborted when the run is stopped or its time is up. */
  signal: AbortSignal
  /** Streams a piece of the variable at the selector (its first element is this node's id). */
  emitText(selector: Selector, text: string): void
  /** No more text comes for the selector: what waits for it in an answer goes on. */
  endText(selector: Selector): void
  /** A step inside the node, such as an agent's round. A repeated id replaces the earlier entry. */
  emitLog(log: NodeLog): void
}

export interface NodeLog {
  id: string
  parentId: string | null
  label: string
  status: 'start' | 'success' | 'error'
  error: string | null
  data: ValueMap
  metadata: ValueMap
}

export type NodeResult = NodeSuccess | NodeFailure

interface NodeRecord {
  /** As shown in run detail and in `node_finished`. */
  inputs?: ValueMap
  processData?: ValueMap
  /** `total_tokens`, `total_price`, `currency`, `tool_info`, … */
  metadata?: ValueMap
}

export interface NodeSuccess extends NodeRecord {
  status: 'succeeded'
  outputs: ValueMap
  /** The source handle to leave by; other handles' edges are skipped. Only branching nodes give one. */
  handle?: string
  /** Variables of other owners this node changed: loop and conversation variables. */
  assignments?: { selector: string[]; value: Value }[]
}

export interface NodeFailure extends NodeRecord {
  status: 'failed'
  error: string
  /** The name of the error's class, as users match on it in `error_type`: `CodeExecutionError`, `HTTPResponseCodeError`, … */
  errorType: string
  outputs?: ValueMap
  /** Where the failure's cause names it: milliseconds to wait at least before a retry. */
  retryAfter?: number
}

/** One node type. Its folder in `packages/nodes` holds it and nothing else knows it. */
export interface NodeType<Data = unknown> {
  type: string
  /** Checks a node's `data`. @throws NodeDataError naming the field and what it must be */
  parse(data: ValueMap): Data
  /** True where the result's `handle` chooses the edges to leave by. */
  isBranch?: boolean
  /** What the node puts into the run's answer, in order: literals and variables. Makes it a response node. */
  responseTemplate?(data: Data): (string | Selector)[]
  /** Variables of other owners that the node may change: text that needs them waits for it. */
  assigns?(data: Data): Selector[]
  /** True where the node acts on the outside world: it starts only once all that led to it is durable. */
  hasSideEffects?: boolean
  /**
   * Runs the node. Failures that users can cause come back as `NodeFailure`; what is thrown counts as a failure with
   * error type `WorkflowNodeError`, except abortion.
   */
  execute(context: NodeContext<Data>): NodeResult | Promise<NodeResult>
}

/** A node's settings are not what its type needs. */
export class NodeDataError extends Error {
  readonly code = 'invalid-node-data'
  readonly field: string
  constructor(field: string, message: string) {
    super(message)
    this.name = 'NodeDataError'
    this.field = field
  }
}
