import { isPythonError, TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { absolute, calculate } from '../values/arithmetic.ts'
import { float, int, intFromNumber, isInt, isNumeric, isText, isTrue, rawText, toIndex, typeName } from '../values/core.ts'
import { fixedDigits, roundFloat, roundInt } from '../values/float-digits.ts'
import { toDouble, truncate } from '../values/numbers.ts'
import { type PyValue, Undefined } from '../values/objects.ts'
import { pyRepr } from '../values/printing.ts'
import { strip } from '../values/text.ts'
import { builtin, define, type FilterFunction } from './define.ts'

const DIGIT_VALUES = '0123456789abcdefghijklmnopqrstuvwxyz'
const MAX_DIGITS = 4300
const PREFIXES: Record<string, number> = { '0b': 2, '0o': 8, '0x': 16 }

/** Other scripts' decimal digits read as ours. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, digit => (digit <= '9' ? digit : String(digitValue(digit))))
}

function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0
  let zero = code
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return code - zero
}

/** Python's `int(text, base)`. @throws ValueError where the text is not such a number */
export function parseInteger(text: string, base: number): number | bigint {
  if (base !== 0 && (base < 2 || base > 36)) throw valueError('int() base must be >= 2 and <= 36, or 0')
  const invalid = (): never => {
    throw valueError(`invalid literal for int() with base ${base}: ${pyRepr(text.slice(0, 200))}`)
  }
  let digits = asciiDigits(strip(text, 'both')).toLowerCase()
  const isNegative = digits.startsWith('-')
  if (isNegative || digits.startsWith('+')) digits = digits.slice(1)
  let radix = base
  const prefix = PREFIXES[digits.slice(0, 2)]
  if (prefix !== undefined && (base === 0 || base === prefix)) {
    radix = prefix
    digits = digits.slice(2).replace(/^_/, '')
  } else if (base === 0) {
    radix = 10
    if (digits.length > 1 && digits.startsWith('0') && /[^0_]/.test(digits)) invalid()
  }
  if (digits === '' || digits.startsWith('_') || digits.endsWith('_') || digits.includes('__')) invalid()
  digits = digits.replaceAll('_', '')
  for (const digit of digits) {
    const value = DIGIT_VALUES.indexOf(digit)
    if (value < 0 || value >= radix) invalid()
  }
  if (digits.length > MAX_DIGITS && (radix & (radix - 1)) !== 0) {
    throw valueError(`Exceeds the limit (${MAX_DIGITS}) for integer string conversion: value has ${digits.length} digits`)
  }
  const small = Number.parseInt(digits, radix)
  if (Number.isSafeInteger(small)) return isNegative ? 0 - small : small
  const magnitude = bigFromDigits(digits, radix)
  return int(isNegative ? -magnitude : magnitude)
}

function bigFromDigits(digits: string, radix: number): bigint {
  if (digits.length > 60_000) throw new TemplateRuntimeError('OverflowError', 'int too large')
  if (radix === 10) return BigInt(digits)
  let value = 0n
  for (const digit of digits) value = value * BigInt(radix) + BigInt(DIGIT_VALUES.indexOf(digit))
  return value
}

const FLOAT = /^[+-]?(?:[0-9]+(?:_[0-9]+)*\.?(?:[0-9]+(?:_[0-9]+)*)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?$/
const SPECIAL = /^([+-]?)(?:(inf|infinity)|nan)$/i

/** Python's `float(value)` as a double. @throws TypeError, ValueError where it is no number */
export function parseFloatValue(value: PyValue): number {
  if (value instanceof Undefined) value.fail()
  if (isNumeric(value)) return toDouble(value)
  if (!isText(value)) throw typeError(`float() argument must be a string or a real number, not '${typeName(value)}'`)
  const text = asciiDigits(strip(rawText(value), 'both'))
  const special = SPECIAL.exec(text)
  if (special) return special[2] ? (special[1] === '-' ? -Infinity : Infinity) : Number.NaN
  if (!FLOAT.test(text)) throw valueError(`could not convert string to float: ${pyRepr(rawText(value))}`)
  return Number(text.replaceAll('_', ''))
}

function toInt(value: PyValue, fallback: PyValue, base: PyValue): PyValue {
  try {
    if (value instanceof Undefined) value.fail()
    if (isText(value)) return parseInteger(rawText(value), toIndex(base))
    if (isInt(value)) return int(BigInt(value))
    if (isNumeric(value)) return truncate(toDouble(value))
    throw typeError(`int() argument must be a string, a bytes-like object or a real number, not '${typeName(value)}'`)
  } catch (error) {
    if (!isPythonError(error, 'TypeError', 'ValueError')) throw error
  }
  try {
    return truncate(parseFloatValue(value))
  } catch (error) {
    if (isPythonError(error, 'TypeError', 'ValueError')) return fallback
    throw error
  }
}

function toFloat(value: PyValue, fallback: PyValue): PyValue {
  try {
    return float(parseFloatValue(value))
  } catch (error) {
    if (isPythonError(error, 'TypeError', 'ValueError')) return fallback
    throw error
  }
}

function round(value: PyValue, precision: PyValue, method: PyValue): PyValue {
  if (method !== 'common' && method !== 'ceil' && method !== 'floor') {
    throw new TemplateRuntimeError('FilterArgumentError', 'method must be common, ceil or floor')
  }
  if (method === 'common') {
    if (!isNumeric(value)) throw typeError(`type ${typeName(value)} doesn't define __round__ method`)
    if (isInt(value)) return int(roundInt(BigInt(value), toIndex(precision)))
    return float(roundFloat(toDouble(value), toIndex(precision)))
  }
  const scale = calculate('**', 10, precision)
  const scaled = calculate('*', value, scale)
  if (!isNumeric(scaled)) throw typeError(`must be real number, not ${typeName(scaled)}`)
  return calculate('/', isInt(scaled) ? scaled : wholeOf(toDouble(scaled), method), scale)
}

function wholeOf(value: number, method: 'ceil' | 'floor'): number | bigint {
  if (!Number.isFinite(value)) return truncate(value)
  return intFromNumber(method === 'ceil' ? Math.ceil(value) : Math.floor(value))
}

const DECIMAL_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB']
const BINARY_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB']

function fileSize(value: PyValue, isBinary: boolean): string {
  const bytes = parseFloatValue(value)
  const base = isBinary ? 1024 : 1000
  const units = isBinary ? BINARY_UNITS : DECIMAL_UNITS
  if (bytes === 1) return '1 Byte'
  if (bytes < base) return `${truncate(bytes)} Bytes`
  const index = units.findIndex((_unit, position) => bytes < base ** (position + 2))
  const place = index < 0 ? units.length - 1 : index
  const size = (base * bytes) / base ** (place + 2)
  return `${Number.isFinite(size) ? fixedDigits(size, 1) : Number.isNaN(size) ? 'nan' : 'inf'} ${units[place]}`
}

export const NUMBER_FILTERS: ReadonlyMap<string, FilterFunction> = new Map<string, FilterFunction>([
  [
    'abs',
    builtin('abs', value => {
      if (value instanceof Undefined) throw typeError("bad operand type for abs(): 'Undefined'")
      return absolute(value)
    }),
  ],
  [
    'int',
    define('do_int', ['value', 'default?', 'base?'], (_escaping, value: PyValue, fallback: PyValue = 0, base: PyValue = 10) =>
      toInt(value, fallback, base),
    ),
  ],
  [
    'float',
    define('do_float', ['value', 'default?'], (_escaping, value: PyValue, fallback: PyValue = float(0)) => toFloat(value, fallback)),
  ],
  [
    'round',
    define(
      'do_round',
      ['value', 'precision?', 'method?'],
      (_escaping, value: PyValue, precision: PyValue = 0, method: PyValue = 'common') => round(value, precision, method),
    ),
  ],
  [
    'filesizeformat',
    define('do_filesizeformat', ['value', 'binary?'], (_escaping, value: PyValue, isBinary: PyValue = false) =>
      fileSize(value, isTrue(isBinary)),
    ),
  ],
])
