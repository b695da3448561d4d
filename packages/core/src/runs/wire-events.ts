import { isFile, isValueMap, type Value, type ValueMap } from '@weft/contracts'
import type { ContainerFinished, Execution, Frame, RunFinished, RunState } from '@weft/engine'
import type { JournalEntry } from './journal.ts'
import { shownInputs } from './run-service.ts'
import type { RunMemo } from './tables.ts'
import { type TruncationLimits, truncate } from './truncate.ts'

/** An event of a run's stream as clients of Dify know it, without the keys that wrap it (`task_id` and the like). */
export interface WireEvent {
  /** `5`, or `5-1` where one journal entry makes several: what a client gives back as `Last-Event-ID`. */
  id: string
  event: string
  data: ValueMap
}

/** A piece of answer text among the events. */
export interface WireText {
  id: string
  event: 'text'
  text: string
  selector: string[]
  isReplacement: boolean
}

export interface WireOptions {
  state: RunState
  memo: RunMemo
  truncation: TruncationLimits
  /** Gives file links that work now. */
  signFiles(value: ValueMap): ValueMap
  /** What a node's events say besides, such as a tool's icon. */
  extrasOf?(execution: Execution): ValueMap
}

/** Kinds of nodes whose events speak for them instead of `node_started` and `node_finished`. */
const isContainer = (execution: Execution) => execution.node.container !== undefined

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

/** The events that a journal entry is to a client; text comes first, as it was said before the node was through. */
export function wireEventsOf(entry: JournalEntry, options: WireOptions): (WireEvent | WireText)[] {
  const events: (WireEvent | WireText)[] = entry.text.map(({ text, selector, isReplacement }) => ({
    id: '',
    event: 'text',
    text,
    selector: [...selector],
    isReplacement: isReplacement === true,
  }))
  const own = ownEventOf(entry, options)
  if (own) events.push({ id: '', ...own })
  return events.map((event, index) => ({ ...event, id: index === events.length - 1 ? String(entry.seq) : `${entry.seq - 1}-${index + 1}` }))
}

function ownEventOf({ event }: JournalEntry, options: WireOptions): { event: string; data: ValueMap } | undefined {
  const { state, memo } = options
  const executionOf = (id: string): Execution => {
    const execution = state.executions.get(id)
    if (!execution) throw new Error(`unknown execution ${id}`)
    return execution
  }
  switch (event.type) {
    case 'run-started':
      return {
        event: 'workflow_started',
        data: {
          id: memo.run.runId,
          workflow_id: memo.run.workflowId,
          inputs: options.signFiles(shownInputs(event)),
          created_at: seconds(event.at),
        },
      }
    case 'node-started': {
      const execution = executionOf(event.execution)
      return isContainer(execution) ? undefined : { event: 'node_started', data: nodeStarted(execution, options) }
    }
    case 'node-retried': {
      const execution = executionOf(event.execution)
      const record = { ...event.result, status: 'retry', error: event.result.error }
      const data = nodeFinished(execution, record, event.at, options)
      // Dify says this much about the inside of a failed try.
      const { iteration_id, loop_id } = data
      const execution_metadata = { iteration_id: iteration_id ?? null, parallel_mode_run_id: null, loop_id: loop_id ?? null }
      return { event: 'node_retry', data: { ...data, process_data: null, execution_metadata, retry_index: event.retryIndex } }
    }
    case 'node-succeeded': {
      const execution = executionOf(event.execution)
      if (isContainer(execution)) return undefined
      const record = { ...event.result, status: 'succeeded', error: execution.result.error ?? null }
      return { event: 'node_finished', data: nodeFinished(execution, record, event.at, options) }
    }
    case 'node-failed': {
      const execution = executionOf(event.execution)
      if (isContainer(execution)) return undefined
      if (event.handling === 'none')
        return { event: 'node_finished', data: nodeFinished(execution, { ...event.result, status: 'failed' }, event.at, options) }
      const outputs = {
        ...(event.handling === 'default-value' ? execution.node.defaultValues : {}),
        error_message: event.result.error,
        error_type: event.result.errorType,
      }
      const metadata = { ...event.result.metadata, error_strategy: event.handling }
      return {
        event: 'node_finished',
        data: nodeFinished(execution, { ...event.result, outputs, metadata, status: 'exception' }, event.at, options),
      }
    }
    case 'node-logged': {
      const { node } = executionOf(event.execution)
      const { log } = event
      return {
        event: 'agent_log',
        data: {
          // Dify puts the node's id here.
          node_execution_id: node.id,
          id: log.id,
          label: log.label,
          parent_id: log.parentId,
          error: log.error,
          status: log.status,
          data: log.data,
          metadata: log.metadata,
          node_id: node.id,
        },
      }
    }
    case 'container-started': {
      const execution = executionOf(event.execution)
      const kind = kindOf(execution)
      const { value, isTruncated } = truncate(event.inputs, options.truncation)
      return {
        event: `${kind}_started`,
        data: {
          ...containerHead(execution),
          created_at: seconds(event.at),
          extras: {},
          metadata: { [`${kind}_length`]: event.length },
          inputs: options.signFiles(value),
          inputs_truncated: isTruncated,
          ...(kind === 'loop' ? { parallel_id: null, parallel_start_node_id: null } : {}),
        },
      }
    }
    case 'round-started': {
      const execution = executionOf(event.execution)
      const kind = kindOf(execution)
      if (kind === 'loop' && event.index === 0) return undefined
      return {
        event: `${kind}_next`,
        data: {
          ...containerHead(execution),
          index: event.index,
          created_at: seconds(event.at),
          extras: {},
          ...(kind === 'loop' ? { pre_loop_output: {}, parallel_id: null, parallel_start_node_id: null, parallel_mode_run_id: null } : {}),
        },
      }
    }
    case 'container-finished':
      return {
        event: `${kindOf(executionOf(event.execution))}_completed`,
        data: containerFinished(executionOf(event.execution), event, options),
      }
    case 'run-finished':
      return { event: 'workflow_finished', data: runFinished(event, options) }
    default:
      return undefined
  }
}

const kindOf = (execution: Execution) => (execution.node.container?.kind === 'loop' ? 'loop' : 'iteration')

const containerHead = ({ node }: Execution): ValueMap => ({ id: node.id, node_id: node.id, node_type: node.type, title: node.title })

const NO_PARALLEL = { parallel_id: null, parallel_start_node_id: null, parent_parallel_id: null, parent_parallel_start_node_id: null }

function nodeHead(execution: Execution): ValueMap {
  const { id, node, index, predecessor } = execution
  return { id, node_id: node.id, node_type: node.type, title: node.title, index, predecessor_node_id: predecessor }
}

function nodeStarted(execution: Execution, options: WireOptions): ValueMap {
  return {
    ...nodeHead(execution),
    inputs: null,
    inputs_truncated: false,
    created_at: seconds(execution.startedAt),
    extras: options.extrasOf?.(execution) ?? {},
    ...NO_PARALLEL,
    ...outerContainers(execution),
    parallel_run_id: null,
    agent_strategy: agentStrategyOf(execution),
  }
}

/** The name of an agent node's strategy; its icon comes with the strategy's provider. */
function agentStrategyOf({ node }: Execution): Value {
  if (node.type !== 'agent') return null
  const { strategy } = node.data as { strategy?: Value }
  return { name: strategy ?? null, icon: null }
}

interface NodeRecord {
  inputs?: ValueMap
  processData?: ValueMap
  outputs?: ValueMap
  metadata?: ValueMap
  status: string
  error?: string | null
}

function nodeFinished(execution: Execution, record: NodeRecord, at: number, options: WireOptions): ValueMap {
  const show = (value: ValueMap | undefined) => {
    const cut = truncate(value ?? {}, options.truncation)
    return { value: options.signFiles(cut.value), isTruncated: cut.isTruncated }
  }
  const [inputs, processData, outputs] = [show(record.inputs), show(record.processData), show(record.outputs)]
  return {
    ...nodeHead(execution),
    inputs: inputs.value,
    inputs_truncated: inputs.isTruncated,
    process_data: processData.value,
    process_data_truncated: processData.isTruncated,
    outputs: outputs.value,
    outputs_truncated: outputs.isTruncated,
    status: record.status,
    error: record.error ?? null,
    elapsed_time: (at - execution.startedAt) / 1000,
    execution_metadata: { ...shownMetadata(record.metadata), ...innerContainers(execution.frame) },
    created_at: seconds(execution.startedAt),
    finished_at: seconds(at),
    files: filesIn(outputs.value),
    ...NO_PARALLEL,
    ...outerContainers(execution),
  }
}

/** Citations belong to the message, not to the node's record. */
export function shownMetadata(metadata: ValueMap | undefined): ValueMap {
  const { retriever_resources: _, ...shown } = metadata ?? {}
  return shown
}

/** Events name the outermost container of each kind, metadata the innermost, as Dify has it. */
function outerContainers(execution: Execution): ValueMap {
  const found: { iteration_id: string | null; loop_id: string | null } = { iteration_id: null, loop_id: null }
  for (let frame: Frame | undefined = execution.frame; frame?.container; frame = frame.container.execution.frame) {
    found[`${kindOf(frame.container.execution)}_id`] = frame.container.execution.node.id
  }
  return found
}

export function innerContainers(innermost: Frame): ValueMap {
  const found: ValueMap = {}
  for (let frame: Frame | undefined = innermost; frame?.container; frame = frame.container.execution.frame) {
    const kind = kindOf(frame.container.execution)
    if (`${kind}_id` in found) continue
    found[`${kind}_id`] = frame.container.execution.node.id
    found[`${kind}_index`] = frame.index
  }
  return found
}

function containerFinished(execution: Execution, event: ContainerFinished, options: WireOptions): ValueMap {
  const outputs = truncate(event.outputs, options.truncation)
  const inputs = truncate(event.inputs, options.truncation)
  return {
    ...containerHead(execution),
    outputs: options.signFiles(outputs.value),
    outputs_truncated: outputs.isTruncated,
    created_at: seconds(execution.startedAt),
    extras: {},
    inputs: options.signFiles(inputs.value),
    inputs_truncated: inputs.isTruncated,
    status: event.status,
    // Clients of Dify never see one here: the run's end names it.
    error: null,
    elapsed_time: (event.at - execution.startedAt) / 1000,
    total_tokens: event.metadata.total_tokens ?? 0,
    execution_metadata: event.metadata,
    finished_at: seconds(event.at),
    steps: event.steps,
    ...(kindOf(execution) === 'loop' ? { parallel_id: null, parallel_start_node_id: null } : {}),
  }
}

function runFinished(event: RunFinished, options: WireOptions): ValueMap {
  const { state, memo } = options
  const startedAt = state.started?.at ?? event.at
  const outputs = options.signFiles(event.outputs)
  return {
    id: memo.run.runId,
    workflow_id: memo.run.workflowId,
    status: event.status,
    outputs,
    error: event.error,
    elapsed_time: (event.at - startedAt) / 1000,
    total_tokens: event.totalTokens,
    total_steps: event.totalSteps,
    created_by: memo.createdBy,
    created_at: seconds(startedAt),
    finished_at: seconds(event.at),
    exceptions_count: event.exceptionsCount,
    files: filesIn(outputs),
  }
}

/** Files among the values, themselves or in lists. */
export function filesIn(values: ValueMap): Value[] {
  return Object.values(values).flatMap(value => (isFile(value) ? [value] : Array.isArray(value) ? value.filter(isFile) : []))
}

/** The value with every file in it replaced; the very value where there is none. */
export function replaceFiles<T extends Value>(value: T, replace: (file: Value) => Value): T {
  if (isFile(value)) return replace(value) as T
  if (Array.isArray(value)) {
    const list = value.map(item => replaceFiles(item, replace))
    return (list.some((item, index) => item !== value[index]) ? list : value) as T
  }
  if (!isValueMap(value)) return value
  let changed: ValueMap | undefined
  for (const key in value) {
    const before = value[key] ?? null
    const after = replaceFiles(before, replace)
    if (after !== before) {
      changed ??= { ...value }
      changed[key] = after
    }
  }
  return (changed ?? value) as T
}
