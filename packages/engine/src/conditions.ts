import {
  type FileValue,
  isFile,
  isTruthy,
  isValueMap,
  NotANumberError,
  pythonFloat,
  pythonInt,
  pythonRepr,
  pythonStr,
  segmentTypeOf,
  toNumber,
  type Value,
  type ValueMap,
  valuesEqual,
} from '@weft/contracts'
import { NodeDataError } from './node-type.ts'
import type { VariableReader } from './variable-pool.ts'

export type LogicalOperator = 'and' | 'or'

// biome-ignore format: one glance
const COMPARISON_OPERATORS = [
  'contains', 'not contains', 'start with', 'end with', 'is', 'is not', 'empty', 'not empty', 'in', 'not in', 'all of',
  '=', '≠', '>', '<', '≥', '≤', 'null', 'not null', 'exists', 'not exists',
] as const

export type ComparisonOperator = (typeof COMPARISON_OPERATORS)[number]

/** A condition of an if-else case or of a loop, spelt as in the DSL and in run records. */
export type Condition = ValueMap & {
  variable_selector: string[]
  comparison_operator: ComparisonOperator
  /** Text is a template. */
  value: string | boolean | (string | boolean)[] | null
  /** What must hold for a file of the list. */
  sub_variable_condition: (ValueMap & { logical_operator: LogicalOperator; conditions: SubCondition[] }) | null
}

export type SubCondition = ValueMap & {
  key: string
  comparison_operator: ComparisonOperator
  value: string | boolean | (string | boolean)[] | null
}

export interface ConditionsResult {
  result: boolean
  /** One entry per compared condition, for the run's record. */
  inputs: { actual_value: Value; expected_value: Value; comparison_operator: string }[]
  /** The outcome of each condition up to the one that decided. */
  groupResults: boolean[]
}

/** A condition that cannot be evaluated: an unknown variable, or values of kinds the operator does not take. The message is for users. */
export class ConditionError extends Error {
  readonly code = 'invalid-condition'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ConditionError'
  }
}

/**
 * Evaluates conditions in order until one decides. No conditions at all hold under `and`.
 * @throws ConditionError
 */
export function evaluateConditions(
  variables: Pick<VariableReader, 'get' | 'render'>,
  conditions: readonly Condition[],
  logicalOperator: LogicalOperator,
): ConditionsResult {
  const inputs: ConditionsResult['inputs'] = []
  const groupResults: boolean[] = []
  for (const condition of conditions) {
    const result = evaluate(variables, condition, inputs)
    groupResults.push(result)
    if (result === (logicalOperator === 'or')) return { result, inputs, groupResults }
  }
  return { result: logicalOperator === 'and', inputs, groupResults }
}

function evaluate(variables: Pick<VariableReader, 'get' | 'render'>, condition: Condition, inputs: ConditionsResult['inputs']): boolean {
  const { variable_selector: selector, comparison_operator: operator, sub_variable_condition: sub } = condition
  const actual = variables.get(selector)
  if (actual === undefined) throw new ConditionError(`Variable ${pythonRepr(selector)} not found`)
  if (operator === 'exists' || operator === 'not exists') return compare(actual, operator, null)
  if (isListOperator(operator) && Array.isArray(actual) && (sub || (actual.length && actual.every(isFile)))) {
    if (!sub) throw new ConditionError('Sub variable is required')
    return compareFiles(actual as FileValue[], operator, variables, sub.conditions, sub.logical_operator)
  }
  const expected = expectedValue(variables, condition, actual)
  inputs.push({ actual_value: actual, expected_value: expected, comparison_operator: operator })
  return compare(actual, operator, expected)
}

function isListOperator(operator: ComparisonOperator): operator is 'contains' | 'not contains' | 'all of' {
  return operator === 'contains' || operator === 'not contains' || operator === 'all of'
}

const TAKES_NO_VALUE = new Set<ComparisonOperator>(['empty', 'not empty', 'null', 'not null'])

function expectedValue(variables: Pick<VariableReader, 'render'>, condition: Condition, actual: Value): Value {
  const value = typeof condition.value === 'string' ? variables.render(condition.value) : condition.value
  const type = segmentTypeOf(actual)
  if (value === null || (type !== 'boolean' && type !== 'array[boolean]') || TAKES_NO_VALUE.has(condition.comparison_operator)) return value
  return Array.isArray(value) ? value.map(booleanOf) : booleanOf(value)
}

/** A boolean that the DSL may hold as text: `true`, `false`, or a number. */
function booleanOf(value: string | boolean): boolean {
  if (typeof value === 'boolean') return value
  const text = value.trim()
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?(0|[1-9][0-9]*)$/.test(text)) return /[1-9]/.test(text)
  throw new ConditionError(`unexpected value: type=<class 'str'>, value=${value}`)
}

/** `contains`: a file matches; `not contains`: none does; `all of`: there are files and every one does. */
function compareFiles(
  files: FileValue[],
  operator: 'contains' | 'not contains' | 'all of',
  variables: Pick<VariableReader, 'render'>,
  conditions: readonly SubCondition[],
  logicalOperator: LogicalOperator,
): boolean {
  const matches = (file: FileValue) => {
    const holds = (condition: SubCondition) => compareAttribute(file, variables, condition)
    return logicalOperator === 'and' ? conditions.every(holds) : conditions.some(holds)
  }
  if (operator === 'all of') return files.length > 0 && files.every(matches)
  return files.some(matches) === (operator === 'contains')
}

function compareAttribute(file: FileValue, variables: Pick<VariableReader, 'render'>, condition: SubCondition): boolean {
  const { key, comparison_operator: operator } = condition
  let expected: Value = typeof condition.value === 'string' ? variables.render(condition.value) : condition.value
  let actual = fileAttribute(file, key)
  if (key === 'extension') {
    if (typeof expected !== 'string') throw new ConditionError('Expected value must be a string when key is FileAttribute.EXTENSION')
    expected = withDot(expected)
    if (typeof actual === 'string') actual = withDot(actual)
  }
  return compare(actual, operator, expected)
}

function withDot(extension: string): string {
  return extension && !extension.startsWith('.') ? `.${extension}` : extension
}

function fileAttribute(file: FileValue, key: string): Value {
  switch (key) {
    case 'name':
      return file.filename
    case 'url':
      return file.remote_url || file.url
    case 'type':
    case 'size':
    case 'mime_type':
    case 'transfer_method':
    case 'extension':
    case 'related_id':
      return file[key] ?? null
    default:
      throw new ConditionError(`${pythonRepr(key)} is not a valid FileAttribute`)
  }
}

/** One comparison, with Python's truth and equality. @throws ConditionError where the kinds do not fit */
function compare(actual: Value, operator: ComparisonOperator, expected: Value): boolean {
  switch (operator) {
    case 'contains':
      return isTruthy(actual) && contains(actual, expected)
    case 'not contains':
      return !isTruthy(actual) || !contains(actual, expected)
    case 'start with':
      return isTruthy(actual) && textOrFail(actual).startsWith(affix(expected, 'startswith'))
    case 'end with':
      return isTruthy(actual) && textOrFail(actual).endsWith(affix(expected, 'endswith'))
    case 'is':
      return actual !== null && isEqual(actual, expected)
    case 'is not':
      return actual !== null && !isEqual(actual, expected)
    case 'empty':
      return !isTruthy(actual)
    case 'not empty':
      return isTruthy(actual)
    case 'in':
      return isTruthy(actual) && isIn(actual, expected)
    case 'not in':
      return !isTruthy(actual) || !isIn(actual, expected)
    case 'all of':
      return hasAllOf(actual, expected)
    case 'null':
    case 'not exists':
      return actual === null
    case 'not null':
    case 'exists':
      return actual !== null
    default:
      return actual !== null && compareNumbers(actual, operator, expected)
  }
}

function contains(actual: Value, expected: Value): boolean {
  if (typeof actual === 'string') return actual.includes(pythonStr(expected))
  if (!Array.isArray(actual)) throw new ConditionError('Invalid actual value type: string or array')
  return actual.some(item => valuesEqual(item, expected))
}

function textOrFail(actual: Value): string {
  if (typeof actual !== 'string') throw new ConditionError('Invalid actual value type: string')
  return actual
}

function affix(expected: Value, method: string): string {
  if (typeof expected !== 'string') throw new ConditionError(`Expected value must be a string for ${method}`)
  return expected
}

function isEqual(actual: Value, expected: Value): boolean {
  if (typeof actual !== 'string' && typeof actual !== 'boolean') throw new ConditionError('Invalid actual value type: string or boolean')
  return valuesEqual(actual, expected)
}

function isIn(actual: Value, expected: Value): boolean {
  if (!Array.isArray(expected)) throw new ConditionError('Invalid expected value type: array')
  return expected.some(item => valuesEqual(item, actual))
}

function hasAllOf(actual: Value, expected: Value): boolean {
  if (!Array.isArray(expected)) throw new ConditionError('Unsupported operator: all of')
  const areTexts = expected.every(item => typeof item === 'string')
  if (!areTexts && !expected.every(item => typeof item === 'boolean')) {
    throw new ConditionError('all of operator expects homogeneous list of strings or booleans')
  }
  if (!isTruthy(actual)) return false
  if (areTexts && typeof actual === 'string') return expected.every(item => actual.includes(item))
  return Array.isArray(actual) && expected.every(item => actual.some(value => valuesEqual(value, item)))
}

type NumberOperator = '=' | '≠' | '>' | '<' | '≥' | '≤'

function compareNumbers(actual: Value, operator: NumberOperator, expected: Value): boolean {
  const isEquality = operator === '=' || operator === '≠'
  const type = segmentTypeOf(actual)
  if (type !== 'integer' && type !== 'float' && type !== 'boolean') {
    throw new ConditionError(`Invalid actual value type: ${isEquality ? 'number or boolean' : 'number'}`)
  }
  if (isEquality && type === 'boolean') {
    if (expected === null || typeof expected === 'object') throw cannotConvert(expected, 'bool')
    return valuesEqual(actual, isTruthy(expected)) === (operator === '=')
  }
  const left = typeof actual === 'bigint' ? actual : Number(actual)
  const right = numberOf(expected, type === 'float' ? 'float' : 'int')
  switch (operator) {
    case '=':
      return valuesEqual(left, right)
    case '≠':
      return !valuesEqual(left, right)
    case '>':
      return left > right
    case '<':
      return left < right
    case '≥':
      return left >= right
    case '≤':
      return left <= right
  }
}

function numberOf(expected: Value, kind: 'int' | 'float'): number | bigint {
  if (typeof expected === 'boolean') return Number(expected)
  if (typeof expected === 'bigint') return expected
  const number = toNumber(expected)
  if (number !== undefined) return kind === 'int' ? Math.trunc(number) : number
  if (typeof expected !== 'string') throw cannotConvert(expected, kind)
  try {
    return kind === 'int' ? pythonInt(expected) : pythonFloat(expected)
  } catch (error) {
    if (error instanceof NotANumberError) throw new ConditionError(error.message, { cause: error })
    throw error
  }
}

function cannotConvert(value: Value, kind: string): ConditionError {
  const pythonType = value === null ? 'NoneType' : Array.isArray(value) ? 'list' : 'dict'
  return new ConditionError(`Cannot convert <class '${pythonType}'> to ${kind}`)
}

/**
 * Checks the conditions of a node's data and drops what is not theirs. `field` is the path to them, for the error.
 * @throws NodeDataError
 */
export function parseConditions(value: Value | undefined, field: string): Condition[] {
  return listOf(value, field).map((item, index) => {
    const path = `${field}.${index}`
    const condition = mapOf(item, path)
    const selector = condition.variable_selector
    if (!Array.isArray(selector) || !selector.every(part => typeof part === 'string')) {
      throw new NodeDataError(`${path}.variable_selector`, `${path}.variable_selector must be a list of names`)
    }
    return {
      variable_selector: selector,
      comparison_operator: parseOperator(condition.comparison_operator, path),
      value: parseExpected(condition.value, path),
      sub_variable_condition: parseSubConditions(condition.sub_variable_condition, `${path}.sub_variable_condition`),
    }
  })
}

function parseSubConditions(value: Value | undefined, path: string): Condition['sub_variable_condition'] {
  if (value === undefined || value === null) return null
  const group = mapOf(value, path)
  const conditions = listOf(group.conditions ?? [], `${path}.conditions`).map((item, index): SubCondition => {
    const itemPath = `${path}.conditions.${index}`
    const { key, comparison_operator: operator, value: expected } = mapOf(item, itemPath)
    if (typeof key !== 'string') throw new NodeDataError(`${itemPath}.key`, `${itemPath}.key must be text`)
    return { key, comparison_operator: parseOperator(operator, itemPath), value: parseExpected(expected, itemPath) }
  })
  return { logical_operator: parseLogicalOperator(group.logical_operator, `${path}.logical_operator`), conditions }
}

/** @throws NodeDataError */
export function parseLogicalOperator(value: Value | undefined, field: string): LogicalOperator {
  if (value !== 'and' && value !== 'or') throw new NodeDataError(field, `${field} must be 'and' or 'or'`)
  return value
}

function parseOperator(value: Value | undefined, path: string): ComparisonOperator {
  const operator = COMPARISON_OPERATORS.find(known => known === value)
  if (!operator) {
    throw new NodeDataError(`${path}.comparison_operator`, `${path}.comparison_operator must be one of ${COMPARISON_OPERATORS.join(', ')}`)
  }
  return operator
}

function parseExpected(value: Value | undefined, path: string): Condition['value'] {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (!isValueMap(value) && !Array.isArray(value)) return pythonStr(value)
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string' || typeof item === 'boolean')) {
    throw new NodeDataError(`${path}.value`, `${path}.value must be text, a boolean or a list of them`)
  }
  return value
}

function listOf(value: Value | undefined, field: string): Value[] {
  if (!Array.isArray(value)) throw new NodeDataError(field, `${field} must be a list`)
  return value
}

function mapOf(value: Value, field: string): ValueMap {
  if (!isValueMap(value)) throw new NodeDataError(field, `${field} must be an object`)
  return value
}
