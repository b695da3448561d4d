import { Float } from '@weft/contracts'
import { TemplateRuntimeError, valueError } from '../errors.ts'
import { intFromNumber } from './core.ts'

/** Everything Python counts as a number. */
export type Numeric = number | bigint | boolean | Float

/** @throws OverflowError where an int is beyond every float */
export function toDouble(value: Numeric): number {
  if (value instanceof Float) return value.value
  const double = Number(value)
  if (typeof value === 'bigint' && !Number.isFinite(double)) {
    throw new TemplateRuntimeError('OverflowError', 'int too large to convert to float')
  }
  return double
}

/** Python's `int(float)`. @throws OverflowError, ValueError for what is not a number */
export function truncate(value: number): number | bigint {
  if (Number.isNaN(value)) throw valueError('cannot convert float NaN to integer')
  if (!Number.isFinite(value)) throw new TemplateRuntimeError('OverflowError', 'cannot convert float infinity to integer')
  return intFromNumber(Math.trunc(value))
}
