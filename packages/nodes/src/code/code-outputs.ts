import { Float, float, isValueMap, toNumber, type Value, type ValueMap } from '@weft/contracts'

export interface CodeLimits {
  maxStringLength: number
  maxStringArrayLength: number
  maxObjectArrayLength: number
  maxNumberArrayLength: number
  maxDepth: number
  /** Digits behind the point. */
  maxPrecision: number
  maxNumber: bigint
  minNumber: bigint
}

export const DEFAULT_CODE_LIMITS: CodeLimits = {
  maxStringLength: 80_000,
  maxStringArrayLength: 30,
  maxObjectArrayLength: 30,
  maxNumberArrayLength: 1000,
  maxDepth: 5,
  maxPrecision: 20,
  maxNumber: 9223372036854775807n,
  minNumber: -9223372036854775807n,
}

export type OutputType = 'string' | 'number' | 'object' | 'boolean' | 'array[string]' | 'array[number]' | 'array[object]' | 'array[boolean]'

export interface OutputSchema {
  [name: string]: { type: OutputType; children: OutputSchema | null }
}

export type CodeOutputErrorType = 'OutputValidationError' | 'DepthLimitError' | 'CodeNodeError' | 'WorkflowNodeError'

/** The code's result is not what the node declares. */
export class CodeOutputError extends Error {
  readonly code = 'code-output'
  /** As users see it in `error_type`. */
  readonly errorType: CodeOutputErrorType
  constructor(errorType: CodeOutputErrorType, message: string) {
    super(message)
    this.name = 'CodeOutputError'
    this.errorType = errorType
  }
}

/** Python's name of a value's type. */
export function pythonTypeName(value: Value | undefined): string {
  if (value === null || value === undefined) return 'NoneType'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  if (value instanceof Float) return 'float'
  return Array.isArray(value) ? 'list' : 'dict'
}

const SCIENTIFIC = /^-?\d+\.?\d*e[+-]\d+\n?$/i

/** The value with every string that is a number in exponent form made that number, at any depth. */
export function withScientificNumbers<T extends Value>(value: T): T {
  return convert(value) as T
}

function convert(value: Value): Value {
  if (typeof value === 'string') return SCIENTIFIC.test(value) ? float(Number(value)) : value
  if (Array.isArray(value)) return value.map(convert)
  return isValueMap(value) ? mapValues(value, convert) : value
}

function mapValues(map: ValueMap, change: (value: Value) => Value): ValueMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]))
}

/**
 * The outputs a result gives under a schema: every declared one and nothing more, each null or of its type and within the limits.
 * @throws CodeOutputError
 */
export function checkOutputs(result: ValueMap, schema: OutputSchema, limits: CodeLimits): ValueMap {
  return new OutputCheck(limits).declared(result, schema, '', 1)
}

class OutputCheck {
  readonly #limits: CodeLimits

  constructor(limits: CodeLimits) {
    this.#limits = limits
  }

  declared(result: ValueMap, schema: OutputSchema, prefix: string, depth: number): ValueMap {
    this.#depth(depth)
    const outputs: ValueMap = {}
    for (const [name, { type, children }] of Object.entries(schema)) {
      const path = prefix ? `${prefix}.${name}` : name
      if (!Object.hasOwn(result, name)) throw invalid(`Output ${path} is missing.`)
      outputs[name] = this.#output(result[name] as Value, type, children, path, depth)
    }
    if (Object.keys(schema).length !== Object.keys(result).length) {
      throw new CodeOutputError('CodeNodeError', 'Not all output parameters are validated.')
    }
    return outputs
  }

  #output(value: Value, type: OutputType, children: OutputSchema | null, path: string, depth: number): Value {
    if (value === null) return null
    switch (type) {
      case 'object':
        if (!isValueMap(value)) throw invalid(`Output ${path} is not an object, got ${typeText(value)} instead.`)
        // A nested name is told with a point before it, as users know it.
        return this.#object(value, children, depth === 1 ? `.${path}` : path, depth + 1)
      case 'number':
        if (!isNumberLike(value)) throw invalid(`Output ${path} is not a number, got ${typeText(value)} instead.`)
        return this.#number(value, path)
      case 'string':
        if (typeof value !== 'string') throw invalid(`Output ${path} must be a string, got ${pythonTypeName(value)} instead`)
        return this.#string(value, path)
      case 'boolean':
        return value
      case 'array[number]':
        return this.#list(value, path, this.#limits.maxNumberArrayLength).map((item, index) => {
          if (!isNumberLike(item)) throw invalid(`The element at index ${index} of output variable \`${path}\` must be a number.`)
          return this.#number(item, `${path}[${index}]`)
        })
      case 'array[string]':
        return this.#list(value, path, this.#limits.maxStringArrayLength).map((item, index) => this.#stringItem(item, `${path}[${index}]`))
      case 'array[object]': {
        const list = this.#list(value, path, this.#limits.maxObjectArrayLength)
        list.forEach((item, index) => {
          if (item !== null && !isValueMap(item)) {
            throw invalid(`Output ${path}[${index}] is not an object, got ${typeText(item)} instead at index ${index}.`)
          }
        })
        return list.map((item, index) => (item === null ? null : this.#object(item as ValueMap, children, `${path}[${index}]`, depth + 1)))
      }
      case 'array[boolean]':
        return this.#list(value, path, Number.POSITIVE_INFINITY).map((item, index) => {
          if (item === null || typeof item === 'boolean') return item
          throw invalid(`Output ${path}[${index}] is not a boolean, got ${typeText(item)} instead.`)
        })
    }
  }

  #object(value: ValueMap, children: OutputSchema | null, path: string, depth: number): ValueMap {
    if (children) return this.declared(value, children, path, depth)
    this.#walk(value, path, depth)
    return value
  }

  /** What has no declared shape: held to the limits, unchanged. */
  #walk(value: ValueMap, prefix: string, depth: number): void {
    this.#depth(depth)
    for (const [name, member] of Object.entries(value)) {
      const path = prefix ? `${prefix}.${name}` : name
      if (Array.isArray(member)) this.#walkList(member, path, depth)
      else if (isValueMap(member)) this.#walk(member, path, depth + 1)
      else if (typeof member === 'string') this.#string(member, path)
      else if (member !== null && typeof member !== 'boolean') this.#number(member, path)
    }
  }

  #walkList(list: Value[], path: string, depth: number): void {
    const first = list[0] ?? null
    if (first === null) return
    const each = (fits: (item: Value) => boolean, check: (item: Value, path: string) => void): boolean => {
      if (!fits(first) || !list.every(item => item === null || fits(item))) return false
      list.forEach((item, index) => {
        if (item !== null) check(item, `${path}[${index}]`)
      })
      return true
    }
    const isHomogeneous =
      each(isNumberLike, (item, at) => this.#number(item, at)) ||
      each(
        item => typeof item === 'string',
        (item, at) => this.#string(item as string, at),
      ) ||
      each(isValueMap, (item, at) => this.#walk(item as ValueMap, at, depth + 1)) ||
      each(Array.isArray, (item, at) => this.#walkNested(item as Value[], at, depth + 1))
    if (!isHomogeneous) throw invalid(`Output ${path} is not a valid array. make sure all elements are of the same type.`)
  }

  /** A list in a list. */
  #walkNested(list: Value[], path: string, depth: number): void {
    this.#depth(depth)
    this.#walkList(list, path, depth)
  }

  #depth(depth: number): void {
    if (depth > this.#limits.maxDepth)
      throw new CodeOutputError('DepthLimitError', `Depth limit ${this.#limits.maxDepth} reached, object too deep.`)
  }

  #list(value: Value, path: string, maxLength: number): Value[] {
    if (!Array.isArray(value)) throw invalid(`Output ${path} is not an array, got ${typeText(value)} instead.`)
    if (value.length > maxLength) throw invalid(`The length of output variable \`${path}\` must be less than ${maxLength} elements.`)
    return value
  }

  #stringItem(item: Value, path: string): string | null {
    if (item === null) return null
    if (typeof item === 'string') return this.#string(item, path)
    // The text and type that users have seen for this: Python's own, of a length that is asked for too early.
    if (!Array.isArray(item) && !isValueMap(item)) {
      throw new CodeOutputError('WorkflowNodeError', `object of type '${pythonTypeName(item)}' has no len()`)
    }
    throw new CodeOutputError('WorkflowNodeError', `'${pythonTypeName(item)}' object has no attribute 'replace'`)
  }

  #string(value: string, path: string): string {
    const limit = this.#limits.maxStringLength
    if (value.length > limit && lengthInCharacters(value) > limit) {
      throw invalid(`The length of output variable \`${path}\` must be less than ${limit} characters`)
    }
    return value.replaceAll('\0', '')
  }

  #number(value: Value, path: string): Value {
    if (typeof value === 'boolean') return value ? 1 : 0
    const { minNumber, maxNumber, maxPrecision } = this.#limits
    const number = typeof value === 'bigint' ? value : (toNumber(value) ?? 0)
    if (number > maxNumber || number < minNumber) {
      throw invalid(`Output variable \`${path}\` is out of range, it must be between ${minNumber} and ${maxNumber}.`)
    }
    if (typeof number === 'number' && precisionOf(number) > maxPrecision) {
      throw invalid(`Output variable \`${path}\` has too high precision, it must be less than ${maxPrecision} digits.`)
    }
    return value
  }
}

/** Booleans count as numbers in Python. */
function isNumberLike(value: Value): boolean {
  return typeof value === 'boolean' || toNumber(value) !== undefined
}

function lengthInCharacters(text: string): number {
  let length = 0
  for (const _character of text) length++
  return length
}

/** Digits behind the point, as the number is written in full. */
function precisionOf(number: number): number {
  const [mantissa = '', exponent = '0'] = number.toExponential().split('e')
  const digits = mantissa.includes('.') ? mantissa.length - mantissa.indexOf('.') - 1 : 0
  return Math.max(0, digits - Number(exponent))
}

/** As Python prints a type. */
function typeText(value: Value): string {
  return `<class '${pythonTypeName(value)}'>`
}

function invalid(message: string): CodeOutputError {
  return new CodeOutputError('OutputValidationError', message)
}
