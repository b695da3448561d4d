import { isValueMap, parseJson, type SegmentType, segmentTypeOf, type Value, type ValueMap } from '@weft/contracts'
import { type Condition, type LogicalOperator, parseConditions, parseLogicalOperator } from './conditions.ts'
import { NodeDataError } from './node-type.ts'
import type { Selector } from './variable-pool.ts'

export type IterationErrorMode = 'terminated' | 'continue-on-error' | 'remove-abnormal-output'

export interface IterationData {
  iteratorSelector: Selector
  outputSelector: Selector
  startNodeId: string | undefined
  isParallel: boolean
  /** Rounds at once, where parallel. */
  parallelLimit: number
  errorMode: IterationErrorMode
  /** Lists that rounds give become one list. Off unless the DSL says so: 1.9.1 never does. */
  flattensOutput: boolean
}

export interface LoopData {
  /** Rounds at most. */
  count: number
  breakConditions: Condition[]
  logicalOperator: LogicalOperator
  variables: LoopVariable[]
  startNodeId: string | undefined
  /** What `outputs` begins with. */
  outputs: ValueMap
}

export interface LoopVariable {
  label: string
  type: SegmentType
  source: { kind: 'constant'; value: Value } | { kind: 'variable'; selector: Selector }
}

/** @throws NodeDataError */
export function parseIterationData(data: ValueMap): IterationData {
  const mode = data.error_handle_mode ?? 'terminated'
  if (mode !== 'terminated' && mode !== 'continue-on-error' && mode !== 'remove-abnormal-output') {
    throw new NodeDataError('error_handle_mode', 'error_handle_mode must be terminated, continue-on-error or remove-abnormal-output')
  }
  return {
    iteratorSelector: readSelector(data, 'iterator_selector'),
    outputSelector: readSelector(data, 'output_selector'),
    startNodeId: readText(data, 'start_node_id'),
    isParallel: data.is_parallel === true,
    parallelLimit: readCount(data, 'parallel_nums', 10),
    errorMode: mode,
    flattensOutput: data.flatten_output === true,
  }
}

const LOOP_VARIABLE_TYPES = new Set<string>([
  'string',
  'number',
  'object',
  'boolean',
  'array[string]',
  'array[number]',
  'array[object]',
  'array[boolean]',
])

/** @throws NodeDataError */
export function parseLoopData(data: ValueMap): LoopData {
  if (data.loop_count === undefined) throw new NodeDataError('loop_count', 'loop_count is required')
  const variables = data.loop_variables ?? []
  if (!Array.isArray(variables)) throw new NodeDataError('loop_variables', 'loop_variables must be a list')
  return {
    count: readCount(data, 'loop_count', 0),
    breakConditions: parseConditions(data.break_conditions, 'break_conditions'),
    logicalOperator: parseLogicalOperator(data.logical_operator, 'logical_operator'),
    variables: variables.map(readLoopVariable),
    startNodeId: readText(data, 'start_node_id'),
    outputs: isValueMap(data.outputs) ? data.outputs : {},
  }
}

function readLoopVariable(item: Value): LoopVariable {
  if (!isValueMap(item) || typeof item.label !== 'string') throw new NodeDataError('loop_variables', 'every loop variable needs a label')
  const { label, var_type: type, value_type: kind, value = null } = item
  if (typeof type !== 'string' || !LOOP_VARIABLE_TYPES.has(type)) {
    throw new NodeDataError('loop_variables.var_type', `var_type of ${label} must be one of ${[...LOOP_VARIABLE_TYPES].join(', ')}`)
  }
  if (kind !== 'constant' && kind !== 'variable')
    throw new NodeDataError('loop_variables.value_type', `value_type of ${label} must be constant or variable`)
  if (kind === 'constant') return { label, type: type as SegmentType, source: { kind, value } }
  return { label, type: type as SegmentType, source: { kind, selector: Array.isArray(value) ? value.map(String) : [] } }
}

/** A loop variable's constant as its type. Text is read as JSON for types other than string. @throws Error with a text for users */
export function readLoopConstant(type: SegmentType, value: Value): Value {
  if (type.startsWith('array[') && type !== 'array[boolean]') {
    const list = typeof value === 'string' && value ? parseConstant(value) : Array.isArray(value) ? value : []
    return checkType(type, list, value)
  }
  if (isType(type, value)) return value
  if (typeof value !== 'string') throw mismatch(type, value)
  let parsed: Value
  try {
    parsed = parseJson(value)
  } catch {
    throw mismatch(type, value)
  }
  return checkType(type, parsed, value)
}

function parseConstant(text: string): Value {
  try {
    return parseJson(text)
  } catch {
    throw new Error(`Invalid JSON in a loop variable: ${text}`)
  }
}

function checkType(type: SegmentType, value: Value, given: Value): Value {
  if (!isType(type, value)) throw mismatch(type, given)
  return value
}

function isType(type: SegmentType, value: Value): boolean {
  const actual = segmentTypeOf(value)
  if (actual === 'none') return true
  if (type === 'number') return actual === 'integer' || actual === 'float'
  return actual === type || (Array.isArray(value) && !value.length && type.startsWith('array['))
}

function mismatch(type: SegmentType, value: Value): Error {
  return new Error(
    `Type mismatch: expected ${type}, but got ${segmentTypeOf(value)}, value=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
}

function readSelector(data: ValueMap, field: string): Selector {
  const value = data[field]
  if (!Array.isArray(value)) throw new NodeDataError(field, `${field} is required and must be a list of names`)
  return value.map(String)
}

function readText(data: ValueMap, field: string): string | undefined {
  const value = data[field]
  return typeof value === 'string' && value ? value : undefined
}

function readCount(data: ValueMap, field: string, fallback: number): number {
  const value = data[field] ?? fallback
  const count = typeof value === 'string' ? Number(value) : value
  if (typeof count !== 'number' || !Number.isInteger(count)) throw new NodeDataError(field, `${field} must be a whole number`)
  return count
}
