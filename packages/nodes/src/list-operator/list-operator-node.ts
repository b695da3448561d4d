import {
  type FileValue,
  isFile,
  isTruthy,
  NotANumberError,
  pythonFloat,
  pythonInt,
  pythonRepr,
  segmentTypeOf,
  toNumber,
  type Value,
  type ValueMap,
} from '@weft/contracts'
import type { NodeResult, NodeType, VariableReader } from '@weft/engine'
import { z } from 'zod'
import { integerSchema, parseNodeData, selectorSchema, withDefault } from '../node-data.ts'

export type ListOperatorData = z.output<typeof schema>

type FilterCondition = ListOperatorData['filter_by']['conditions'][number]

const FILTER_OPERATORS = [
  ...['contains', 'start with', 'end with', 'is', 'in', 'empty'],
  ...['not contains', 'is not', 'not in', 'not empty'],
  ...['=', '≠', '<', '>', '≥', '≤'],
] as const

const schema = z.object({
  variable: withDefault(selectorSchema, []),
  filter_by: z.object({
    enabled: withDefault(z.boolean(), false),
    conditions: withDefault(
      z.array(
        z.object({
          key: withDefault(z.string(), ''),
          comparison_operator: withDefault(z.enum(FILTER_OPERATORS), 'contains'),
          value: withDefault(z.union([z.string(), z.array(z.string()), z.boolean()]), ''),
        }),
      ),
      [],
    ),
  }),
  order_by: z.object({
    enabled: withDefault(z.boolean(), false),
    key: withDefault(z.string(), ''),
    value: withDefault(z.enum(['asc', 'desc']), 'asc'),
  }),
  limit: z.object({ enabled: withDefault(z.boolean(), false), size: withDefault(integerSchema, -1) }),
  extract_by: withDefault(z.object({ enabled: withDefault(z.boolean(), false), serial: withDefault(z.string(), '1') }), {
    enabled: false,
    serial: '1',
  }),
})

/** An operation that does not fit the list. The message is for users. */
class ListOperatorError extends Error {
  readonly code = 'invalid-list-operation'
  constructor(message: string) {
    super(message)
    this.name = 'ListOperatorError'
  }
}

/** Filters a list, then picks one of it, orders it and cuts it, each where switched on. */
export function createListOperatorNode(): NodeType<ListOperatorData> {
  return {
    type: 'list-operator',
    parse: data => parseNodeData(schema, data),
    execute({ data, variables }) {
      const value = variables.get(data.variable)
      if (value === undefined) return fail(`Variable not found for selector: ${pythonRepr(data.variable)}`, {})
      if (!isTruthy(value)) return succeed([], [])
      if (!Array.isArray(value) || !isSupported(value)) {
        return fail(`Variable ${pythonRepr(data.variable)} is not an array type, actual type: ${segmentTypeOf(value)}`, {})
      }
      const record = { inputs: { variable: value }, processData: { variable: value } }
      try {
        return succeed(value, operate(value, data, variables))
      } catch (error) {
        if (error instanceof ListOperatorError) return fail(error.message, record)
        if (error instanceof NotANumberError) return { ...fail(error.message, record), errorType: 'WorkflowNodeError' }
        throw error
      }
    },
  }
}

function succeed(value: Value[], result: Value[]): NodeResult {
  return {
    status: 'succeeded',
    inputs: { variable: value },
    processData: { variable: value },
    outputs: { result, first_record: result[0] ?? null, last_record: result.at(-1) ?? null },
  }
}

function fail(error: string, record: { inputs?: ValueMap; processData?: ValueMap }) {
  return { status: 'failed', error, errorType: '', ...record } as const
}

function isSupported(list: Value[]): boolean {
  return ['array[string]', 'array[number]', 'array[boolean]', 'array[file]'].includes(segmentTypeOf(list))
}

function operate(list: Value[], data: ListOperatorData, variables: VariableReader): Value[] {
  let result = list
  if (data.filter_by.enabled) for (const condition of data.filter_by.conditions) result = filter(list, result, condition, variables)
  if (data.extract_by.enabled) result = extract(result, variables.render(data.extract_by.serial))
  if (data.order_by.enabled) result = order(list, result, data.order_by.key, data.order_by.value)
  return data.limit.enabled ? result.slice(0, data.limit.size) : result
}

/** `list` tells the kind of its items, which a filtered one may have none of. */
function filter(list: Value[], items: Value[], condition: FilterCondition, variables: VariableReader): Value[] {
  const type = segmentTypeOf(list)
  const { key, comparison_operator: operator } = condition
  const value = typeof condition.value === 'string' ? variables.render(condition.value) : condition.value
  if (type === 'array[boolean]') {
    if (typeof value !== 'boolean') throw new ListOperatorError(`Boolean filter expects a boolean value, got ${pythonRepr(value)}`)
    return items.filter(booleanTest(operator, value))
  }
  if (type === 'array[file]') return items.length ? (items as FileValue[]).filter(fileTest(key, operator, value)) : items
  if (typeof value !== 'string') throw new ListOperatorError(`Invalid filter value: ${pythonRepr(value)}`)
  return items.filter(type === 'array[string]' ? textTest(operator, value) : numberTest(operator, pythonFloat(value)))
}

type Test = (item: Value) => boolean

function textTest(operator: string, value: string): Test {
  if (operator.startsWith('not ')) return not(textTest(operator.slice('not '.length), value))
  if (operator === 'is not') return not(textTest('is', value))
  const test = TEXT_TESTS[operator]
  if (!test) throw new ListOperatorError(`Invalid condition: ${operator}`)
  return item => typeof item === 'string' && test(item, value)
}

const TEXT_TESTS: Record<string, (item: string, value: string) => boolean> = {
  contains: (item, value) => item.includes(value),
  'start with': (item, value) => item.startsWith(value),
  'end with': (item, value) => item.endsWith(value),
  is: (item, value) => item === value,
  in: (item, value) => value.includes(item),
  empty: item => item === '',
}

function numberTest(operator: string, value: number): Test {
  const test = NUMBER_TESTS[operator]
  if (!test) throw new ListOperatorError(`Invalid condition: ${operator}`)
  return item => test(toNumber(item) ?? Number.NaN, value)
}

const NUMBER_TESTS: Record<string, (item: number, value: number) => boolean> = {
  '=': (item, value) => item === value,
  '≠': (item, value) => item !== value,
  '<': (item, value) => item < value,
  '≤': (item, value) => item <= value,
  '>': (item, value) => item > value,
  '≥': (item, value) => item >= value,
}

function booleanTest(operator: string, value: boolean): Test {
  if (operator !== 'is' && operator !== 'is not') throw new ListOperatorError(`Invalid condition: ${operator}`)
  return item => (item === value) === (operator === 'is')
}

function fileTest(key: string, operator: string, value: string | string[] | boolean): (file: FileValue) => boolean {
  if ((key === 'type' || key === 'transfer_method') && typeof value !== 'boolean') {
    if (operator !== 'in' && operator !== 'not in') throw new ListOperatorError(`Invalid condition: ${operator}`)
    return file => value.includes(file[key]) === (operator === 'in')
  }
  if (typeof value !== 'string') throw new ListOperatorError(`Invalid key: ${key}`)
  if (key === 'size') {
    const test = numberTest(operator, pythonFloat(value))
    return file => test(file.size)
  }
  if (key !== 'name' && key !== 'extension' && key !== 'mime_type' && key !== 'url') throw new ListOperatorError(`Invalid key: ${key}`)
  const test = textTest(operator, value)
  return file => test(fileText(file, key))
}

type FileTextKey = 'name' | 'type' | 'extension' | 'mime_type' | 'transfer_method' | 'url'

function fileText(file: FileValue, key: FileTextKey): string {
  if (key === 'name') return file.filename ?? ''
  return (key === 'url' ? file.remote_url : file[key]) ?? ''
}

function not(test: Test): Test {
  return item => !test(item)
}

function extract(items: Value[], serial: string): Value[] {
  const position = Number(pythonInt(serial))
  if (position < 1) throw new ListOperatorError(`Invalid serial index: must be >= 1, got ${position}`)
  if (position > items.length) throw new ListOperatorError(`Invalid serial index: must be <= ${items.length}, got ${position}`)
  return items.slice(position - 1, position)
}

const ORDER_KEYS = new Set(['name', 'type', 'extension', 'mime_type', 'transfer_method', 'url', 'size'])

function order(list: Value[], items: Value[], key: string, direction: 'asc' | 'desc'): Value[] {
  const isFiles = list.every(isFile)
  if (isFiles && !ORDER_KEYS.has(key)) throw new ListOperatorError(`Invalid order key: ${key}`)
  const keyOf = (item: Value): string | number => {
    if (isFile(item)) return key === 'size' ? item.size : fileText(item, key as FileTextKey)
    return typeof item === 'string' ? item : Number(item)
  }
  const sign = direction === 'desc' ? -1 : 1
  return items.toSorted((a, b) => sign * compare(keyOf(a), keyOf(b)))
}

/** By code point, as Python orders texts: JavaScript's own order differs beyond U+FFFF. */
function compare(left: string | number, right: string | number): number {
  if (typeof left === 'number' || typeof right === 'number') return Number(left) - Number(right)
  const [a, b] = [[...left], [...right]]
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0)
    if (difference) return difference
  }
  return a.length - b.length
}
