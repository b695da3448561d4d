import type { ValueMap } from '@weft/contracts'
import type { NodeFailure, NodeLog, NodeSuccess } from './node-type.ts'
import type { Selector } from './variable-pool.ts'

/**
 * A run's journal: what happened, in order. State is folded from it and from nothing else, so a journal alone brings a
 * run back. Stored for as long as runs are kept: new fields are optional, and what an old event meant stays.
 *
 * `at` is milliseconds since the epoch. `execution` identifies one execution of a node; `frame` the scope it runs in: 0 is
 * the graph itself, each round of a container has a frame of its own.
 */
export type RunEvent =
  | RunStarted
  | NodeStarted
  | NodeSucceeded
  | NodeFailed
  | NodeRetried
  | TextDelta
  | TextReplaced
  | TextEnded
  | NodeLogged
  | ContainerStarted
  | RoundStarted
  | ContainerFinished
  | StopRequested
  | RunFinished

export interface RunStarted {
  type: 'run-started'
  at: number
  /** The form's values, checked. */
  inputs: ValueMap
  /** Without their `sys.`; null ones are left out. */
  system: ValueMap
  environment: ValueMap
  conversation: ValueMap
  /** Variables of nodes that count as done: a fork or a single-node run begins with them. */
  variables?: { [nodeId: string]: ValueMap }
}

export interface NodeStarted {
  type: 'node-started'
  at: number
  execution: string
  node: string
  frame: number
  /** Which start this is in the run, from 1. */
  index: number
  /** The node whose end made this one ready. */
  predecessor: string | null
}

/** The end of a node that worked. `type` keeps the record of the executor's result apart from the event's. */
export interface NodeSucceeded {
  type: 'node-succeeded'
  at: number
  execution: string
  result: Omit<NodeSuccess, 'status'>
}

export interface NodeFailed {
  type: 'node-failed'
  at: number
  execution: string
  result: Omit<NodeFailure, 'status' | 'retryAfter'>
  /** What the graph says to do: end the scope, leave by the failure handle, or go on with defaults. */
  handling: 'none' | 'fail-branch' | 'default-value'
}

/** A try failed and another follows under the same execution, not before `dueAt`. */
export interface NodeRetried {
  type: 'node-retried'
  at: number
  execution: string
  /** The number of the coming try, from 1. */
  retryIndex: number
  dueAt: number
  result: Omit<NodeFailure, 'status' | 'retryAfter'>
}

export interface TextDelta {
  type: 'text-delta'
  at: number
  execution: string
  selector: Selector
  text: string
}

/** A restarted node streams other text than it did before: what was streamed from it is void. */
export interface TextReplaced {
  type: 'text-replaced'
  at: number
  execution: string
  selector: Selector
  text: string
}

export interface TextEnded {
  type: 'text-ended'
  at: number
  execution: string
  selector: Selector
}

export interface NodeLogged {
  type: 'node-logged'
  at: number
  execution: string
  log: NodeLog
}

export interface ContainerStarted {
  type: 'container-started'
  at: number
  execution: string
  inputs: ValueMap
  /** Rounds at most. */
  length: number
  /** The loop's own variables at the start. */
  variables?: ValueMap
}

/** Without a frame it only announces a round that will not run, as a loop does after its last. */
export interface RoundStarted {
  type: 'round-started'
  at: number
  execution: string
  index: number
  frame?: number
}

export interface ContainerFinished {
  type: 'container-finished'
  at: number
  execution: string
  status: 'succeeded' | 'failed'
  error: string | null
  inputs: ValueMap
  outputs: ValueMap
  steps: number
  metadata: ValueMap
}

export interface StopRequested {
  type: 'stop-requested'
  at: number
  reason: string
}

export type RunStatus = 'succeeded' | 'failed' | 'stopped' | 'partial-succeeded'

export interface RunFinished {
  type: 'run-finished'
  at: number
  status: RunStatus
  /** Empty where there was none. */
  error: string
  outputs: ValueMap
  totalTokens: number
  totalSteps: number
  exceptionsCount: number
}
