import type { Value, ValueMap } from '@weft/contracts'
import type { Execution, RunState } from '@weft/engine'
import { innerContainers, shownMetadata } from './wire-events.ts'

/** One execution of a node as run detail shows it. */
export interface NodeExecutionRecord {
  id: string
  index: number
  predecessor_node_id: string | null
  node_id: string
  node_type: string
  title: string
  inputs: ValueMap | null
  process_data: ValueMap | null
  outputs: ValueMap | null
  status: string
  error: string | null
  /** Seconds. */
  elapsed_time: number
  execution_metadata: ValueMap
  extras: ValueMap
  /** Seconds since the epoch. */
  created_at: number
  finished_at: number | null
}

/** What a run's nodes did, in the order of their starts. Read from the folded journal. */
export function nodeExecutionsOf(state: RunState): NodeExecutionRecord[] {
  return [...state.executions.values()].sort((left, right) => left.index - right.index).map(execution => nodeExecutionOf(execution, state))
}

export function nodeExecutionOf(execution: Execution, state: RunState): NodeExecutionRecord {
  const { node, result, startedAt, finishedAt } = execution
  const isCut = execution.status === 'abandoned'
  return {
    id: execution.id,
    index: execution.index,
    predecessor_node_id: execution.predecessor,
    node_id: node.id,
    node_type: node.type,
    title: node.title,
    inputs: filled(result.inputs),
    process_data: filled(result.processData),
    outputs: filled(result.outputs),
    status: isCut ? 'failed' : execution.status === 'retrying' ? 'retry' : execution.status,
    error: isCut ? state.finished?.error || 'Stopped.' : (result.error ?? null),
    elapsed_time: finishedAt === undefined ? 0 : (finishedAt - startedAt) / 1000,
    execution_metadata: { ...shownMetadata(result.metadata), ...innerContainers(execution.frame), ...agentLogOf(execution) },
    extras: {},
    created_at: Math.floor(startedAt / 1000),
    finished_at: finishedAt === undefined ? null : Math.floor(finishedAt / 1000),
  }
}

/** Records show nothing for an empty map. */
function filled(values: ValueMap | undefined): ValueMap | null {
  return values && Object.keys(values).length ? values : null
}

function agentLogOf(execution: Execution): { agent_log?: Value } {
  // An agent's own record of its steps says more.
  if (!execution.logs.size || execution.result.metadata?.agent_log) return {}
  return {
    agent_log: [...execution.logs.values()].map(log => ({
      id: log.id,
      parent_id: log.parentId,
      label: log.label,
      status: log.status,
      error: log.error,
      data: log.data,
      metadata: log.metadata,
      node_id: execution.node.id,
      node_execution_id: execution.node.id,
    })),
  }
}
