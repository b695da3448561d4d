import { Float } from '@weft/contracts'
import { spend, spendText, tooDeep } from '../budget.ts'
import { typeError } from '../errors.ts'
import { isInt, isNumeric, isText, iterate, rawText, typeName } from './core.ts'
import { Dict, DictView } from './dict.ts'
import { Markup, PyObject, type PyValue, Range, Tuple, Undefined } from './objects.ts'
import { find } from './text.ts'

const MAX_NESTING = 250

/** Python's `left == right`. */
export function isEqual(left: PyValue, right: PyValue, depth = 0): boolean {
  if (left === right) return !(typeof left === 'number' && Number.isNaN(left))
  if (depth > MAX_NESTING) throw tooDeep()
  spend(1)
  if (isNumeric(left)) return isNumeric(right) && numbersEqual(left, right)
  if (isText(left)) return isText(right) && textsEqual(rawText(left), rawText(right))
  if (Array.isArray(left)) return Array.isArray(right) && listsEqual(left, right, depth)
  if (left instanceof Tuple) return right instanceof Tuple && listsEqual(left.items, right.items, depth)
  if (left instanceof Dict) return right instanceof Dict && dictsEqual(left, right, depth)
  if (left instanceof Undefined) return right instanceof Undefined
  if (left instanceof Range) return right instanceof Range && rangesEqual(left, right)
  if (left instanceof DictView && right instanceof DictView && left.kind !== 'values' && right.kind !== 'values') {
    const items = [...iterate(left)]
    return left.dict.count === right.dict.count && items.every(item => contains(right, item))
  }
  return false
}

function textsEqual(left: string, right: string): boolean {
  if (left.length !== right.length) return false
  spendText(left.length)
  return left === right
}

/** The number JavaScript compares: exact also between bigints and floats. */
function primitive(value: number | bigint | boolean | Float): number | bigint {
  if (typeof value === 'boolean') return Number(value)
  return value instanceof Float ? value.value : value
}

function numbersEqual(left: number | bigint | boolean | Float, right: number | bigint | boolean | Float): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint equals the number of the same size
  return primitive(left) == primitive(right)
}

function listsEqual(left: readonly PyValue[], right: readonly PyValue[], depth: number): boolean {
  return left.length === right.length && left.every((item, index) => sameOrEqual(item, right[index] as PyValue, depth + 1))
}

/** Inside containers an object counts as equal to itself, also where it is not (`nan`). */
function sameOrEqual(left: PyValue, right: PyValue, depth = 0): boolean {
  return Object.is(left, right) || isEqual(left, right, depth)
}

function dictsEqual(left: Dict, right: Dict, depth: number): boolean {
  if (left.count !== right.count) return false
  for (const [key, value] of left.pairs()) {
    const other = right.get(key)
    if (other === undefined || !sameOrEqual(value, other, depth + 1)) return false
  }
  return true
}

function rangesEqual(left: Range, right: Range): boolean {
  if (left.length !== right.length) return false
  return left.length === 0 || (left.start === right.start && (left.length === 1 || left.step === right.step))
}

export type OrderOperator = '<' | '<=' | '>' | '>='

/** Python's `left < right` and its like. @throws TypeError where the kinds cannot be compared */
export function isOrdered(operator: OrderOperator, left: PyValue, right: PyValue, depth = 0): boolean {
  spend(1)
  if (isNumeric(left) && isNumeric(right)) return holds(operator, primitive(left), primitive(right))
  if (isText(left) && isText(right)) return holdsFor(operator, compareTexts(rawText(left), rawText(right)))
  if (left instanceof Undefined) left.fail()
  if (right instanceof Undefined) right.fail()
  if (Array.isArray(left) && Array.isArray(right)) return listsOrdered(operator, left, right, depth)
  if (left instanceof Tuple && right instanceof Tuple) return listsOrdered(operator, left.items, right.items, depth)
  throw typeError(`'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`)
}

function holds(operator: OrderOperator, left: number | bigint, right: number | bigint): boolean {
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  return operator === '>' ? left > right : left >= right
}

function holdsFor(operator: OrderOperator, order: number): boolean {
  return holds(operator, order, 0)
}

/** By code point. UTF-16 units order differently only between surrogates and what lies above them. */
export function compareTexts(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  spendText(shorter)
  if (left === right) return 0
  if (!hasHigh(left) && !hasHigh(right)) return left < right ? -1 : 1
  for (let index = 0; index < shorter; index++) {
    if (left.charCodeAt(index) !== right.charCodeAt(index)) return rank(left.charCodeAt(index)) - rank(right.charCodeAt(index))
  }
  return left.length - right.length
}

const HIGH = /[\ud800-\uffff]/

function hasHigh(text: string): boolean {
  return HIGH.test(text)
}

/** Puts surrogates behind every other unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function listsOrdered(operator: OrderOperator, left: readonly PyValue[], right: readonly PyValue[], depth: number): boolean {
  if (depth > MAX_NESTING) throw tooDeep()
  const shorter = Math.min(left.length, right.length)
  for (let index = 0; index < shorter; index++) {
    const [a, b] = [left[index] as PyValue, right[index] as PyValue]
    if (!sameOrEqual(a, b, depth + 1)) return isOrdered(operator, a, b, depth + 1)
  }
  return holds(operator, left.length, right.length)
}

/** Python's `item in container`. @throws TypeError where the container cannot be searched */
export function contains(container: PyValue, item: PyValue): boolean {
  if (isText(container)) {
    if (!isText(item)) throw typeError(`'in <string>' requires string as left operand, not ${typeName(item)}`)
    spendText(rawText(item).length)
    return find(rawText(container), rawText(item)) >= 0
  }
  if (container instanceof Dict) return container.has(item)
  if (container instanceof DictView && container.kind === 'keys') return container.dict.has(item)
  if (container instanceof Range && isInt(item)) {
    const offset = Number(item) - container.start
    return offset % container.step === 0 && offset / container.step >= 0 && offset / container.step < container.length
  }
  if (!Array.isArray(container) && !(container instanceof PyObject && container.iterate())) {
    throw typeError(`argument of type '${typeName(container)}' is not iterable`)
  }
  for (const other of iterate(container)) if (sameOrEqual(other, item)) return true
  return false
}

/** Python's `left is right`: one object. Small values are the same wherever they are equal. */
export function isSame(left: PyValue, right: PyValue): boolean {
  if (left instanceof Float && right instanceof Float) return left === right
  if (left instanceof Markup || right instanceof Markup) return left === right
  if (left instanceof Tuple && right instanceof Tuple && !left.items.length && !right.items.length) return true
  return left === right
}
