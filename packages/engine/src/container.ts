import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import { evaluateConditions } from './conditions.ts'
import { type IterationData, type LoopData, readLoopConstant } from './container-data.ts'
import { addOutputs, type ContainerState, type Execution, type Frame } from './frame.ts'
import type { Graph } from './graph.ts'
import type { NodeResult } from './node-type.ts'
import type { ContainerFinished, ContainerStarted, RoundStarted } from './run-event.ts'

/** What a container does next: an event of its own, or its end as a node. */
export type ContainerStep = ContainerStarted | RoundStarted | ContainerFinished | { type: 'result'; result: NodeResult }

export function createContainerState(execution: Execution, event: ContainerStarted): ContainerState {
  const items = event.inputs.iterator_selector
  const loop = execution.node.container?.kind === 'loop' ? execution.node.container.data : undefined
  return {
    execution,
    inputs: event.inputs,
    length: event.length,
    items: Array.isArray(items) ? items : [],
    frames: new Map(),
    results: [],
    failedRounds: new Set(),
    nextRound: 0,
    finishedRounds: 0,
    speakingRound: 0,
    durations: {},
    variablesByRound: {},
    outputs: { ...loop?.outputs },
    totalTokens: 0,
    ending: undefined,
    hasAnnouncedEnd: false,
    hasReachedLoopEnd: false,
    hasFinished: false,
  }
}

/** Undefined while rounds run that must end first. */
export function nextContainerStep(graph: Graph, execution: Execution, now: number): ContainerStep | undefined {
  const { node } = execution
  if (node.container?.kind === 'iteration') return nextIterationStep(graph, execution, node.container.data, now)
  if (node.container?.kind === 'loop') return nextLoopStep(graph, execution, node.container.data, now)
  return undefined
}

function nextIterationStep(graph: Graph, execution: Execution, data: IterationData, now: number): ContainerStep | undefined {
  const state = execution.container
  if (!state) return beginIteration(graph, execution, data, now)
  if (state.hasFinished) return iterationResult(state, data)
  const running = state.nextRound - state.finishedRounds
  if (!state.ending && state.nextRound < state.length) {
    const limit = data.isParallel ? Math.max(1, data.parallelLimit) : 1
    return running < limit ? { type: 'round-started', at: now, execution: execution.id, index: state.nextRound, frame: 0 } : undefined
  }
  if (running && state.ending?.error === undefined) return undefined
  const error = state.ending?.error ?? null
  return {
    type: 'container-finished',
    at: now,
    execution: execution.id,
    status: error === null ? 'succeeded' : 'failed',
    error,
    inputs: state.inputs,
    outputs: { output: iterationOutput(state, data) },
    steps: state.length,
    metadata: { total_tokens: state.totalTokens, iteration_duration_map: state.durations },
  }
}

function beginIteration(graph: Graph, execution: Execution, data: IterationData, now: number): ContainerStep {
  const { node, frame } = execution
  const items = frame.pool.get(data.iteratorSelector)
  if (items === undefined) return failure(`iterator variable [${data.iteratorSelector.map(name => `'${name}'`).join(', ')}] not found`)
  if (items !== null && !Array.isArray(items)) return failure('invalid iterator value, please provide a list.')
  if (!items?.length) return { type: 'result', result: { status: 'succeeded', outputs: { output: [] } } }
  if (!data.startNodeId || !graph.nodes.has(data.startNodeId)) return failure(`field start_node_id in iteration ${node.id} not found`)
  return { type: 'container-started', at: now, execution: execution.id, inputs: { iterator_selector: items }, length: items.length }
}

function iterationOutput(state: ContainerState, data: IterationData): Value[] {
  const results: Value[] = []
  // A sequential iteration that a failure ended has no entry for the round that failed; a parallel one has all.
  const rounds = data.isParallel ? state.length : state.results.length
  for (let round = 0; round < rounds; round++) {
    const result = state.results[round] ?? null
    const isDropped = data.errorMode === 'remove-abnormal-output' && (state.failedRounds.has(round) || (data.isParallel && result === null))
    if (!isDropped) results.push(result)
  }
  return data.flattensOutput && results.some(Array.isArray) ? results.flat(1) : results
}

function iterationResult(state: ContainerState, data: IterationData): ContainerStep {
  const metadata = { total_tokens: 0, iteration_duration_map: state.durations }
  if (state.ending?.error !== undefined) return failure(state.ending.error, '', metadata)
  return { type: 'result', result: { status: 'succeeded', outputs: { output: iterationOutput(state, data) }, inputs: {}, metadata } }
}

function nextLoopStep(graph: Graph, execution: Execution, data: LoopData, now: number): ContainerStep | undefined {
  const state = execution.container
  if (!state) return beginLoop(graph, execution, data, now)
  if (state.hasFinished) return loopResult(state)
  if (!state.ending && state.nextRound > state.finishedRounds) return undefined
  // Kept in the state by the event that announces it: what the loop's variables say may change in between.
  const ending = state.ending ?? loopEnding(execution, state, data)
  if (!ending) return { type: 'round-started', at: now, execution: execution.id, index: state.nextRound, frame: 0 }
  if (ending.reason === 'done' && state.nextRound > 0 && !state.hasAnnouncedEnd) {
    return { type: 'round-started', at: now, execution: execution.id, index: state.nextRound }
  }
  const isBrokenAtOnce = ending.reason === 'loop_break' && state.finishedRounds === 0
  return {
    type: 'container-finished',
    at: now,
    execution: execution.id,
    status: ending.error === undefined ? 'succeeded' : 'failed',
    error: ending.error ?? null,
    inputs: state.inputs,
    outputs: ending.error === undefined ? state.outputs : {},
    steps: isBrokenAtOnce ? 0 : state.length,
    metadata: {
      total_tokens: state.totalTokens,
      completed_reason: ending.reason === 'done' ? 'loop_completed' : ending.reason,
      loop_duration_map: state.durations,
      loop_variable_map: state.variablesByRound,
    },
  }
}

function beginLoop(graph: Graph, execution: Execution, data: LoopData, now: number): ContainerStep {
  const { node, frame } = execution
  if (!data.startNodeId || !graph.nodes.has(data.startNodeId)) return failure(`field start_node_id in loop ${node.id} not found`)
  const variables: ValueMap = {}
  for (const { label, type, source } of data.variables) {
    try {
      const value = source.kind === 'constant' ? readLoopConstant(type, source.value) : frame.pool.get(source.selector)
      if (value === undefined) return failure(`Invalid value for loop variable ${label}`)
      variables[label] = value
    } catch (error) {
      return failure(error instanceof Error ? error.message : String(error))
    }
  }
  return {
    type: 'container-started',
    at: now,
    execution: execution.id,
    inputs: { loop_count: data.count, ...variables },
    length: data.count,
    variables,
  }
}

/** Why the loop ends now, if it does. Before the first round a condition that cannot be tested does not count. */
function loopEnding(execution: Execution, state: ContainerState, data: LoopData): ContainerState['ending'] {
  if (state.hasReachedLoopEnd) return { reason: 'loop_completed' }
  if (data.breakConditions.length) {
    try {
      const { result } = evaluateConditions(execution.frame.pool, data.breakConditions, data.logicalOperator)
      if (result) return { reason: 'loop_break' }
    } catch (error) {
      if (state.finishedRounds > 0) return { reason: 'error', error: error instanceof Error ? error.message : String(error) }
    }
  }
  return state.nextRound >= state.length ? { reason: 'done' } : undefined
}

function loopResult(state: ContainerState): ContainerStep {
  const metadata = { total_tokens: 0, loop_duration_map: state.durations, loop_variable_map: state.variablesByRound }
  if (state.ending?.error !== undefined) return failure(state.ending.error, '', metadata)
  return { type: 'result', result: { status: 'succeeded', outputs: state.outputs, inputs: state.inputs, metadata } }
}

const failure = (error: string, errorType = 'WorkflowNodeError', metadata?: ValueMap): ContainerStep => ({
  type: 'result',
  result: { status: 'failed', error, errorType, ...(metadata ? { metadata } : {}) },
})

/** Takes a finished round's results into its container. */
export function finishRound(state: ContainerState, frame: Frame, at: number): void {
  const { execution } = state
  const { container } = execution.node
  state.finishedRounds++
  state.totalTokens += frame.totalTokens
  if (container?.kind === 'loop') finishLoopRound(state, container.data, frame, at)
  else if (container) finishIterationRound(state, container.data, frame, at)
}

function finishIterationRound(state: ContainerState, data: IterationData, frame: Frame, at: number): void {
  const { pool } = state.execution.frame
  if (frame.outcome === 'failed') {
    if (data.errorMode === 'terminated') {
      state.ending ??= { reason: 'error', error: frame.error }
      return
    }
    state.failedRounds.add(frame.index)
    state.results[frame.index] = undefined
  } else state.results[frame.index] = frame.pool.get(data.outputSelector) ?? null
  state.durations[String(frame.index)] = (at - frame.startedAt) / 1000
  pool.setAll('conversation', frame.pool.ownNodes.get('conversation') ?? {})
}

function finishLoopRound(state: ContainerState, data: LoopData, frame: Frame, at: number): void {
  if (frame.outcome === 'failed') {
    state.ending ??= { reason: 'error', error: frame.error }
    return
  }
  const { execution } = state
  const variables = Object.fromEntries(
    data.variables.map(({ label }) => [label, execution.frame.pool.get([execution.node.id, label]) ?? null]),
  )
  state.durations[String(frame.index)] = (at - frame.startedAt) / 1000
  state.variablesByRound[String(frame.index)] = isValueMap(variables) ? variables : {}
  state.outputs = { ...state.outputs, ...variables, loop_round: frame.index + 1 }
  state.hasReachedLoopEnd ||= frame.hasReachedLoopEnd
  addOutputs(execution.frame.outputs, frame.outputs)
}
