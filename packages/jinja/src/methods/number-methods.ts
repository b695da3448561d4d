import { TemplateRuntimeError } from '../errors.ts'
import { float, int, intFromNumber } from '../values/core.ts'
import { toDouble } from '../values/numbers.ts'
import { type PyValue, Tuple } from '../values/objects.ts'
import { type Method, type MethodTable, positional } from './method-table.ts'

type Int = number | bigint | boolean
type Double = Parameters<typeof toDouble>[0]

function bitLength(value: Int): number {
  const whole = BigInt(value)
  return whole === 0n ? 0 : (whole < 0n ? -whole : whole).toString(2).length
}

function bitCount(value: Int): number {
  const whole = BigInt(value)
  return (whole < 0n ? -whole : whole).toString(2).replaceAll('0', '').length
}

function integerRatio(value: number): Tuple {
  if (Number.isNaN(value)) throw new TemplateRuntimeError('ValueError', 'cannot convert NaN to integer ratio')
  if (!Number.isFinite(value)) throw new TemplateRuntimeError('OverflowError', 'cannot convert Infinity to integer ratio')
  let numerator = value
  let denominator = 1n
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    denominator *= 2n
  }
  return new Tuple([intFromNumber(numerator), int(denominator)])
}

export const INT_METHODS: MethodTable = new Map<string, Method>([
  positional('int', 'bit_count', 0, 0, (value: Int) => bitCount(value)),
  positional('int', 'bit_length', 0, 0, (value: Int) => bitLength(value)),
  positional('int', 'conjugate', 0, 0, (value: Int) => int(BigInt(value))),
  positional('int', 'as_integer_ratio', 0, 0, (value: Int) => new Tuple([int(BigInt(value)), 1])),
])

export const FLOAT_METHODS: MethodTable = new Map<string, Method>([
  positional('float', 'as_integer_ratio', 0, 0, (value: Double) => integerRatio(toDouble(value))),
  positional('float', 'conjugate', 0, 0, (value: Double) => value as PyValue),
  positional('float', 'is_integer', 0, 0, (value: Double) => Number.isInteger(toDouble(value))),
])

type Attributes = ReadonlyMap<string, (value: PyValue) => PyValue>

export const INT_ATTRIBUTES: Attributes = new Map([
  ['real', (value: PyValue) => int(BigInt(value as Int))],
  ['numerator', (value: PyValue) => int(BigInt(value as Int))],
  ['imag', () => 0],
  ['denominator', () => 1],
])

export const FLOAT_ATTRIBUTES: Attributes = new Map([
  ['real', (value: PyValue) => value],
  ['imag', () => float(0)],
])
