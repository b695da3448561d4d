import { Float, float, isValueMap, type Value } from '@weft/contracts'
import { spend, spendItems } from '../budget.ts'
import { typeError } from '../errors.ts'
import { Dict } from './dict.ts'
import { Markup, PyObject, type PyValue } from './objects.ts'
import { characterCount, characters } from './text.ts'

/** A template's own copy of a value, so that it can change its lists and dicts without anyone noticing. */
export function fromValue(value: Value): PyValue {
  if (Array.isArray(value)) return value.map(fromValue)
  if (isValueMap(value)) return Dict.from(Object.entries(value).map(([key, item]) => [key, fromValue(item)] as const))
  return value
}

/** The name of the value's class, as Python's error messages have it. */
export function typeName(value: PyValue): string {
  if (value === null) return 'NoneType'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  if (value instanceof Float) return 'float'
  return Array.isArray(value) ? 'list' : value.typeName
}

/** How Jinja2 names a value's kind: `str object`, `jinja2.utils.Namespace object`, `None`. */
export function objectTypeName(value: PyValue): string {
  if (value === null) return 'None'
  const moduleName = value instanceof PyObject ? value.moduleName : undefined
  return `${moduleName ? `${moduleName}.` : ''}${typeName(value)} object`
}

export function isText(value: PyValue): value is string | Markup {
  return typeof value === 'string' || value instanceof Markup
}

export function rawText(value: string | Markup): string {
  return typeof value === 'string' ? value : value.text
}

/** Whether Python counts the value as an int; booleans are. */
export function isInt(value: PyValue): value is number | bigint | boolean {
  return typeof value === 'bigint' || typeof value === 'boolean' || (typeof value === 'number' && Number.isInteger(value))
}

export function isFloat(value: PyValue): value is number | Float {
  return value instanceof Float || (typeof value === 'number' && !Number.isInteger(value))
}

export function isNumeric(value: PyValue): value is number | bigint | boolean | Float {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' || value instanceof Float
}

/** The int a bigint stands for, small where it fits. */
export function int(value: bigint): number | bigint {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

/** The int a whole number stands for, exact beyond 2⁵³. */
export function intFromNumber(value: number): number | bigint {
  return Number.isSafeInteger(value) ? value + 0 : BigInt(value)
}

export { float }

/** An int argument as a plain number; huge ones are cut to ±2⁵³. @throws TypeError as Python's `__index__` does */
export function toIndex(value: PyValue): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'bigint') return value > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER
  throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`)
}

export function isTrue(value: PyValue): boolean {
  if (typeof value === 'boolean') return value
  if (value === null || value === '' || value === 0) return false
  if (value instanceof Float) return value.value !== 0
  if (Array.isArray(value)) return value.length > 0
  return value instanceof PyObject ? value.isTrue() : true
}

/** Python's `iter(value)`, paying one step for each item. @throws TypeError where the value is not iterable */
export function* iterate(value: PyValue): Generator<PyValue, undefined> {
  const iterator = iteratorOf(value)
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    spend(1)
    yield next.value
  }
}

/** @throws TypeError where the value is not iterable */
export function iteratorOf(value: PyValue): Iterator<PyValue> {
  const iterator = tryIterator(value)
  if (!iterator) throw typeError(`'${typeName(value)}' object is not iterable`)
  return iterator
}

export function tryIterator(value: PyValue): Iterator<PyValue> | undefined {
  if (Array.isArray(value)) return liveIterator(value)
  if (isText(value)) return characters(rawText(value))[Symbol.iterator]()
  return value instanceof PyObject ? value.iterate() : undefined
}

/** Sees items that are appended while it goes, as Python's list iterator does. */
function* liveIterator(list: PyValue[]): Generator<PyValue, undefined> {
  for (let index = 0; index < list.length; index++) yield list[index] as PyValue
}

/** Python's `list(value)`. */
export function toList(value: PyValue): PyValue[] {
  if (Array.isArray(value)) {
    spendItems(value.length)
    return [...value]
  }
  if (isText(value)) spendItems(rawText(value).length)
  else if (value instanceof PyObject) spendItems((value.size() ?? 0) / 2)
  return [...iterate(value)]
}

/** Python's `len(value)`; `undefined` where the value has none. */
export function sizeOf(value: PyValue): number | undefined {
  if (Array.isArray(value)) return value.length
  if (isText(value)) return characterCount(rawText(value))
  return value instanceof PyObject ? value.size() : undefined
}

/** @throws TypeError where the value has no length */
export function length(value: PyValue): number {
  const size = sizeOf(value)
  if (size === undefined) throw typeError(`object of type '${typeName(value)}' has no len()`)
  return size
}
