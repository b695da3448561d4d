import { pythonRepr, type SegmentType, segmentTypeOf, type Value, type ValueMap } from '@weft/contracts'
import { type NodeContext, type NodeResult, type NodeType, type Selector, VariablePool, type VariableReader } from '@weft/engine'
import { z } from 'zod'
import { integerSchema, parseNodeData, selectorSchema, valueSchema, withDefault } from '../node-data.ts'
import { AssignmentError, applyOperation, checkOperation, emptyValue, isUnary, OPERATIONS } from './operations.ts'

/** Version 2: items in order. All of it is shown as the node's inputs. */
export type AssignerItemsData = z.output<typeof itemsSchema>

/** Version 1: one variable and one source. */
export type AssignerSingleData = z.output<typeof singleSchema>

export type AssignerData = AssignerItemsData | AssignerSingleData

/** A reader that knows the types variables were declared with, which an empty list cannot tell. */
export interface TypedVariableReader extends VariableReader {
  declaredType?(selector: Selector): SegmentType | undefined
}

const itemsSchema = z.object({
  title: withDefault(z.string(), ''),
  desc: z
    .string()
    .nullish()
    .transform(text => text ?? null),
  version: withDefault(z.string(), '2'),
  error_strategy: z
    .string()
    .nullish()
    .transform(strategy => strategy ?? null),
  default_value: valueSchema.nullish().transform(value => value ?? null),
  retry_config: withDefault(
    z.object({
      max_retries: withDefault(integerSchema, 0),
      retry_interval: withDefault(integerSchema, 0),
      retry_enabled: withDefault(z.boolean(), false),
    }),
    { max_retries: 0, retry_interval: 0, retry_enabled: false },
  ),
  items: z
    .array(
      z.object({
        variable_selector: selectorSchema,
        input_type: z.enum(['variable', 'constant']),
        operation: z.enum(OPERATIONS),
        value: valueSchema.nullish().transform(value => value ?? null),
      }),
    )
    .nullish()
    .transform(items => items ?? []),
})

const singleSchema = z.object({
  assigned_variable_selector: selectorSchema,
  write_mode: z.enum(['over-write', 'append', 'clear']),
  input_variable_selector: withDefault(selectorSchema, []),
})

/** Changes conversation variables, loop variables and any other variable of the run. */
export function createAssignerNode(): NodeType<AssignerData> {
  return {
    type: 'assigner',
    parse: data =>
      parseNodeData(data.items === undefined && data.assigned_variable_selector !== undefined ? singleSchema : itemsSchema, data),
    assigns: data => ('items' in data ? data.items.map(item => item.variable_selector) : [data.assigned_variable_selector]),
    execute({ data, ...context }) {
      return 'items' in data ? assignItems({ ...context, data }) : assignSingle({ ...context, data })
    },
  }
}

function assignItems({ data, variables, run }: NodeContext<AssignerItemsData>): NodeResult {
  const inputs: ValueMap = { ...data }
  const changes = new Changes(variables)
  try {
    for (const { variable_selector: selector, input_type, operation, value } of data.items) {
      const { current, type } = changes.target(selector)
      checkOperation(type, operation, input_type)
      const operand = input_type === 'variable' && !isUnary(operation) && value !== null ? changes.source(value) : value
      if (operand === null && value !== null && !isUnary(operation)) continue
      changes.set(selector, applyOperation(type, current, operation, operand))
    }
  } catch (error) {
    if (error instanceof AssignmentError) return { status: 'failed', error: error.message, errorType: '', inputs, processData: {} }
    throw error
  }
  if (!hasConversation(changes, variables, run)) return NO_CONVERSATION
  const values: ValueMap = {}
  for (const { selector, value } of changes.all) values[selector.at(-1) ?? ''] = value
  return {
    status: 'succeeded',
    inputs,
    processData: { ...values, __updated_variables: changes.records() },
    outputs: {},
    assignments: changes.all,
  }
}

function assignSingle({ data, variables, run }: NodeContext<AssignerSingleData>): NodeResult {
  const changes = new Changes(variables)
  const { assigned_variable_selector: selector, write_mode: mode, input_variable_selector: source } = data
  const current = selector.length === 2 ? variables.get(selector) : undefined
  if (current === undefined) return failSingle('assigned variable not found')
  const { type } = changes.target(selector)
  const value = mode === 'clear' ? emptyValue(type) : variables.get(source)
  if (value === undefined) return failSingle('input value not found')
  if (mode === 'append' && !Array.isArray(current)) return failSingle(`Operation append is not supported for type ${type}`)
  changes.set(selector, mode === 'append' && Array.isArray(current) ? [...current, value] : value)
  if (!hasConversation(changes, variables, run)) return NO_CONVERSATION
  return {
    status: 'succeeded',
    inputs: { value },
    processData: { __updated_variables: changes.records() },
    outputs: {},
    assignments: changes.all,
  }
}

function failSingle(error: string): NodeResult {
  return { status: 'failed', error, errorType: 'WorkflowNodeError' }
}

const NO_CONVERSATION: NodeResult = failSingle('conversation_id not found')

/** Conversation variables live in a conversation; only a run of the editor may do without. */
function hasConversation(changes: Changes, variables: VariableReader, run: NodeContext['run']): boolean {
  if (run.invokeFrom === 'debugger' || run.conversationId || variables.get(['sys', 'conversation_id'])) return true
  return !changes.all.some(({ selector }) => selector[0] === 'conversation')
}

/** The values this node has changed so far, laid over the run's. */
class Changes {
  readonly #variables: TypedVariableReader
  readonly #changed = new VariablePool()
  readonly #types = new Map<string, { selector: string[]; type: SegmentType }>()

  constructor(variables: TypedVariableReader) {
    this.#variables = variables
  }

  #get(selector: readonly string[]): Value | undefined {
    return this.#changed.get(selector.slice(0, 2)) === undefined ? this.#variables.get(selector) : this.#changed.get(selector)
  }

  /** The variable to change, whole, with its type. @throws AssignmentError where there is none */
  target(selector: string[]): { current: Value; type: SegmentType } {
    const current = selector.length === 2 ? this.#get(selector) : undefined
    if (current === undefined) throw notFound(selector)
    return { current, type: this.#types.get(selector.join('.'))?.type ?? this.#typeOf(selector, current) }
  }

  #typeOf(selector: string[], value: Value): SegmentType {
    const declared = this.#variables.declaredType?.(selector)
    return declared && declared !== 'number' ? declared : segmentTypeOf(value)
  }

  /** The value to take. @throws AssignmentError where there is none */
  source(selector: Value): Value {
    const value = Array.isArray(selector) ? this.#get(selector.map(String)) : undefined
    if (value === undefined) throw notFound(selector)
    return value
  }

  set(selector: string[], value: Value): void {
    const [nodeId = '', name = ''] = selector
    const { current, type } = this.target(selector)
    // an undeclared empty list takes the type of what is put into it
    const isUntyped = type === 'array[any]' && Array.isArray(current) && !current.length
    this.#types.set(selector.join('.'), { selector, type: isUntyped ? segmentTypeOf(value) : type })
    this.#changed.set(nodeId, name, value)
  }

  get all(): { selector: string[]; value: Value }[] {
    return [...this.#types.values()].map(({ selector }) => ({ selector, value: this.#changed.get(selector) ?? null }))
  }

  /** As the run's record shows them, one per variable. */
  records(): Value[] {
    return [...this.#types.values()].map(({ selector, type }) => ({
      name: selector[1] ?? '',
      selector,
      value_type: type,
      new_value: this.#changed.get(selector) ?? null,
    }))
  }
}

function notFound(selector: Value): AssignmentError {
  return new AssignmentError(`Variable ${pythonRepr(selector)} not found`)
}
