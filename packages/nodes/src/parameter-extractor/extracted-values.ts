import { Float, float, isTruthy, isValueMap, pythonStr, segmentTypeOf, type Value, type ValueMap } from '@weft/contracts'
import { endOfJson, tryJson } from '../llm/json-in-text.ts'
import type { ExtractedParameter, ParameterType } from './parameter-extractor-data.ts'

/** Brackets to look behind: a model may say a great many that belong to nothing. */
const MAX_TRIES = 100

/** The first complete object in the text; of a list, its first object. Undefined where there is none. */
export function firstObject(text: string): ValueMap | undefined {
  let tries = 0
  for (const { index: start } of text.matchAll(/[{[]/g)) {
    if (tries++ >= MAX_TRIES) break
    const end = endOfJson(text, start)
    const value = end && tryJson(text.slice(start, end))
    if (value === undefined) continue
    const object = Array.isArray(value) ? value.find(isValueMap) : value
    if (isValueMap(object)) return object
  }
  return undefined
}

/** What counts as extracted where the model gave nothing: values for all but lists. */
export function emptyResult(parameters: readonly ExtractedParameter[]): ValueMap {
  return Object.fromEntries(parameters.filter(({ type }) => !isList(type)).map(({ name, type }) => [name, emptyValue(type)]))
}

/** What is wrong with the result, in the words that users know; undefined where it is as asked for. */
export function findFault(parameters: readonly ExtractedParameter[], result: ValueMap): string | undefined {
  if (Object.keys(result).length !== parameters.length) return 'Invalid number of parameters'
  for (const { name, type, options, required } of parameters) {
    if (required && !Object.hasOwn(result, name)) return `Parameter ${name} is required`
    const value = Object.hasOwn(result, name) ? (result[name] as Value) : null
    if (!isValid(type, value)) {
      return `Invalid value for parameter ${name}, expected segment type: ${type}, actual_type: ${segmentTypeOf(value)}, value: ${pythonStr(value)}`
    }
    if (type === 'string' && options?.length && !options.includes(value as string)) return `Invalid \`select\` value for parameter ${name}`
  }
  return undefined
}

/** A value for every parameter: converted where that is safe, empty otherwise. */
export function valuesOf(parameters: readonly ExtractedParameter[], result: ValueMap): ValueMap {
  return Object.fromEntries(
    parameters.map(({ name, type }) => [name, convert(type, Object.hasOwn(result, name) ? result[name] : undefined) ?? emptyValue(type)]),
  )
}

function isList(type: ParameterType): boolean {
  return type.startsWith('array')
}

function emptyValue(type: ParameterType): Value {
  if (isList(type)) return []
  return type === 'number' ? 0 : type === 'boolean' ? false : ''
}

function isValid(type: ParameterType, value: Value): boolean {
  const element = /^array\[(\w+)\]$/.exec(type)?.[1]
  if (element) return Array.isArray(value) && value.every(item => isOf(element, item))
  return isOf(type, value)
}

function isOf(type: string, value: Value): boolean {
  if (type === 'object') return isValueMap(value)
  // Python counts truth values as numbers.
  if (type === 'number') return isNumber(value) || typeof value === 'boolean'
  return typeof value === type
}

function isNumber(value: Value): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Float
}

function convert(type: ParameterType, value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined
  if (type === 'number') return toNumericValue(value)
  if (type === 'boolean') return typeof value === 'boolean' || isInteger(value) ? isTruthy(value) : undefined
  if (type === 'string') return typeof value === 'string' ? value : undefined
  if (!Array.isArray(value)) return undefined
  if (type === 'array[number]') return value.map(toNumericValue).filter(item => item !== undefined)
  const element = type.slice('array['.length, -1)
  return value.filter(item => isOf(element, item))
}

function isInteger(value: Value): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

function toNumericValue(value: Value): Value | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (isNumber(value)) return value
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (/^[+-]?\d+$/.test(text)) {
    const integer = BigInt(text.replace(/^\+/, ''))
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer
  }
  return /^[+-]?(\d+\.\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? float(Number(text)) : undefined
}
