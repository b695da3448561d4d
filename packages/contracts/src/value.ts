/**
 * The values that flow through a graph. JSON, but with Python's numbers: users see them printed (`1.0`, `12345678901234567890`),
 * so a whole float and a large integer must survive every hop, the journal included.
 *
 * - `number`: an integer when `Number.isInteger`, else a float
 * - `Float`: a float that is whole (`1.0`), which a JavaScript number cannot tell from an integer
 * - `bigint`: an integer beyond ±(2⁵³−1)
 */
export type Value = null | boolean | number | bigint | Float | string | Value[] | { [key: string]: Value }

/** An object value. */
export type ValueMap = { [key: string]: Value }

/** A float whose fraction is zero, such as Python's `1.0`. Others are plain numbers. Immutable. */
export class Float {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
  valueOf(): number {
    return this.value
  }
  toString(): string {
    return Object.is(this.value, -0) ? '-0.0' : `${this.value}.0`
  }
  toJSON(): number {
    return this.value
  }
}

/** A float as a Value: wrapped when it is whole, so that it stays a float. */
export function float(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value
}

export function isValueMap(value: unknown): value is ValueMap {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Float)
}

const NUMBER_THAT_NEEDS_CARE = /[0-9]\.0+(?![0-9])|[0-9][eE]|[0-9]{16}/

/**
 * Parses JSON text, keeping whole floats (`1.0`, `1e3`) and large integers apart from plain numbers.
 * @throws SyntaxError where the text is not JSON
 */
export function parseJson(text: string): Value {
  if (!NUMBER_THAT_NEEDS_CARE.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value, context?: { source?: string }) => {
    if (typeof value !== 'number' || context?.source === undefined) return value
    const source = context.source
    if (/[.eE]/.test(source)) return float(value)
    return Number.isSafeInteger(value) ? value : BigInt(source)
  })
}

/** JSON text of a value: the inverse of `parseJson`. No spaces; undefined members are left out. */
export function stringifyJson(value: unknown): string {
  return hasSpecialNumbers(value) ? write(value) : (JSON.stringify(value) ?? 'null')
}

/** Whether any part of the value would lose its number's type in plain JSON. */
function hasSpecialNumbers(value: unknown): boolean {
  if (typeof value === 'bigint') return true
  if (value === null || typeof value !== 'object') return false
  if (value instanceof Float) return true
  if (Array.isArray(value)) return value.some(hasSpecialNumbers)
  for (const key in value) if (hasSpecialNumbers((value as Record<string, unknown>)[key])) return true
  return false
}

function write(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Float) return Math.abs(value.value) < 1e21 ? value.toString() : String(value.value)
  if (Array.isArray(value)) return `[${value.map(item => (item === undefined ? 'null' : write(item))).join(',')}]`
  if (value !== null && typeof value === 'object') {
    if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON())
    const members = Object.entries(value).filter(([, item]) => item !== undefined)
    return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/** The number a numeric value stands for; undefined for anything else. Booleans are not numbers here. */
export function toNumber(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Float ? value.value : undefined
}

/** Equality as Python's `==` has it between JSON values: `1 == 1.0`, `True == 1`, deep for lists and objects. */
export function valuesEqual(left: Value, right: Value): boolean {
  const [a, b] = [comparable(left), comparable(right)]
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    if (Array.isArray(a) !== Array.isArray(b)) return false
    if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => valuesEqual(item, b[index] as Value))
    const keys = Object.keys(a)
    if (keys.length !== Object.keys(b).length) return false
    return keys.every(key => Object.hasOwn(b, key) && valuesEqual((a as ValueMap)[key] as Value, (b as ValueMap)[key] as Value))
  }
  if (typeof a === 'bigint' && typeof b === 'number') return Number.isInteger(b) && a === BigInt(b)
  if (typeof a === 'number' && typeof b === 'bigint') return Number.isInteger(a) && b === BigInt(a)
  return a === b
}

function comparable(value: Value): Exclude<Value, boolean | Float> {
  if (typeof value === 'boolean') return value ? 1 : 0
  return value instanceof Float ? value.value : value
}

/** A deep copy that shares no mutable part with the original. */
export function cloneValue<T extends Value>(value: T): T {
  if (Array.isArray(value)) return value.map(item => cloneValue(item)) as T
  if (isValueMap(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cloneValue(item)])) as T
  return value
}

/** Whether Python counts the value as true: zeros and what is empty are false. */
export function isTruthy(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (isValueMap(value)) return Object.keys(value).length > 0
  // not a number is true in Python
  return value instanceof Float ? value.value !== 0 : Boolean(value) || Number.isNaN(value)
}
