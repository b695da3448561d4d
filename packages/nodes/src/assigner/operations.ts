import { float, isFile, isValueMap, parseJson, pythonStr, type SegmentType, toNumber, type Value } from '@weft/contracts'
import { type ArithmeticOperation, calculate } from './arithmetic.ts'

export const OPERATIONS = ['over-write', 'clear', 'append', 'extend', 'set', '+=', '-=', '*=', '/=', 'remove-first', 'remove-last'] as const

export type Operation = (typeof OPERATIONS)[number]

/** An assignment that cannot be made. The message is for users. */
export class AssignmentError extends Error {
  readonly code = 'invalid-assignment'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AssignmentError'
  }
}

/** Whether the operation takes no value. */
export function isUnary(operation: Operation): boolean {
  return operation === 'clear' || operation === 'remove-first' || operation === 'remove-last'
}

function isArithmetic(operation: Operation): operation is ArithmeticOperation {
  return operation.endsWith('=')
}

function isArray(type: SegmentType): boolean {
  return type.startsWith('array[')
}

function isNumber(type: SegmentType): boolean {
  return type === 'integer' || type === 'float' || type === 'number'
}

/** @throws AssignmentError where a variable of the type has no such operation, or not with that kind of input */
export function checkOperation(type: SegmentType, operation: Operation, input: 'variable' | 'constant'): void {
  if (!isSupported(type, operation)) throw new AssignmentError(`Operation ${operation} is not supported for type ${type}`)
  const isFitting = input === 'variable' ? operation !== 'set' && !isArithmetic(operation) : takesConstant(type, operation)
  if (!isFitting) throw new AssignmentError(`Input type ${input} is not supported for operation ${operation}`)
}

function isSupported(type: SegmentType, operation: Operation): boolean {
  if (operation === 'over-write' || operation === 'clear') return true
  if (operation === 'set') return isNumber(type) || type === 'string' || type === 'boolean' || type === 'object'
  return isArithmetic(operation) ? isNumber(type) : isArray(type)
}

function takesConstant(type: SegmentType, operation: Operation): boolean {
  if (operation === 'over-write' || operation === 'set')
    return isNumber(type) || type === 'string' || type === 'object' || type === 'boolean'
  return isArithmetic(operation) && isNumber(type)
}

/** The variable's next value. `set` reads text for an object as JSON. @throws AssignmentError where the value does not fit */
export function applyOperation(type: SegmentType, current: Value, operation: Operation, value: Value): Value {
  if (isUnary(operation)) return applyUnary(type, current, operation)
  const operand = operation === 'set' && type === 'object' && typeof value === 'string' ? parseObject(value) : value
  if (!isValid(type, operation, operand)) throw invalidValue(operand)
  if (isArithmetic(operation)) return calculate(current, operation, operand)
  if (operation === 'append') return [...listOf(current), operand]
  return operation === 'extend' ? [...listOf(current), ...listOf(operand)] : operand
}

function applyUnary(type: SegmentType, current: Value, operation: Operation): Value {
  if (operation === 'clear') return emptyValue(type)
  return operation === 'remove-first' ? listOf(current).slice(1) : listOf(current).slice(0, -1)
}

/** What a cleared variable holds. @throws AssignmentError for types that have nothing of the kind */
export function emptyValue(type: SegmentType): Value {
  if (isArray(type)) return []
  switch (type) {
    case 'string':
      return ''
    case 'integer':
    case 'number':
      return 0
    case 'float':
      return float(0)
    case 'boolean':
      return false
    case 'object':
      return {}
    default:
      throw new AssignmentError(`Operation clear is not supported for type ${type}`)
  }
}

function listOf(value: Value): Value[] {
  return Array.isArray(value) ? value : []
}

function parseObject(text: string): Value {
  try {
    return parseJson(text)
  } catch (error) {
    throw new AssignmentError(`Invalid input value ${text}`, { cause: error })
  }
}

function invalidValue(value: Value): AssignmentError {
  return new AssignmentError(`Invalid input value ${pythonStr(value)}`)
}

function isValid(type: SegmentType, operation: Operation, value: Value): boolean {
  if (isNumber(type)) return isNumeric(value) && !(operation === '/=' && Number(value) === 0)
  if (type === 'string') return typeof value === 'string'
  if (type === 'boolean') return typeof value === 'boolean'
  if (type === 'object') return isPlainObject(value)
  const isElement = ELEMENTS[type]
  if (!isElement) return false
  return operation === 'append' ? isElement(value) : Array.isArray(value) && value.every(isElement)
}

const ELEMENTS: Partial<Record<SegmentType, (value: Value) => boolean>> = {
  'array[any]': value => typeof value === 'string' || isNumeric(value) || isPlainObject(value),
  'array[string]': value => typeof value === 'string',
  'array[number]': isNumeric,
  'array[object]': isPlainObject,
  'array[boolean]': value => typeof value === 'boolean',
}

/** As in Python, where a boolean is a number too. */
function isNumeric(value: Value): boolean {
  return typeof value === 'boolean' || toNumber(value) !== undefined
}

function isPlainObject(value: Value): boolean {
  return isValueMap(value) && !isFile(value)
}
