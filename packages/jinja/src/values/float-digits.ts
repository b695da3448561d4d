import { floatText } from '@weft/contracts'
import { checked, repeat } from './text.ts'

/** A finite, non-negative float as `mantissa · 2^exponent`, both exact. */
function decompose(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const biased = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  return biased ? { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 } : { mantissa: fraction, exponent: -1074 }
}

/** `value · 10^scale` rounded to an integer, ties to even, exactly: what C's printf and Python's `round` do. */
function scaledInteger(value: number, scale: number): bigint {
  const { mantissa, exponent } = decompose(value)
  let numerator = mantissa
  let denominator = 1n
  if (exponent >= 0) numerator <<= BigInt(exponent)
  else denominator <<= BigInt(-exponent)
  if (scale >= 0) numerator *= 10n ** BigInt(scale)
  else denominator *= 10n ** BigInt(-scale)
  const quotient = numerator / denominator
  const twice = (numerator % denominator) * 2n
  const isUp = twice > denominator || (twice === denominator && quotient % 2n === 1n)
  return isUp ? quotient + 1n : quotient
}

/** Digits beyond which a double has only zeros. */
const MAX_DIGITS = 1100

/** `%.{precision}f` of a finite, non-negative float. */
export function fixedDigits(value: number, precision: number): string {
  const exact = Math.min(precision, MAX_DIGITS)
  const digits = scaledInteger(value, exact)
    .toString()
    .padStart(exact + 1, '0')
  if (precision === 0) return digits
  return `${digits.slice(0, digits.length - exact)}.${digits.slice(digits.length - exact)}${repeat('0', precision - exact)}`
}

interface Scientific {
  /** `precision + 1` decimal digits. */
  digits: string
  exponent: number
}

/** The `precision + 1` leading digits of a finite, non-negative float, rounded exactly. */
function scientific(value: number, precision: number): Scientific {
  if (value === 0) return { digits: repeat('0', precision + 1), exponent: 0 }
  const exact = Math.min(precision, MAX_DIGITS)
  let exponent = Number(value.toExponential().split('e')[1])
  let digits = scaledInteger(value, exact - exponent).toString()
  if (digits.length > exact + 1) {
    exponent++
    digits = digits.slice(0, -1)
  }
  return { digits: digits + repeat('0', precision - exact), exponent }
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** `%.{precision}e` of a finite, non-negative float. */
export function exponentDigits(value: number, precision: number, keepsPoint = false): string {
  const { digits, exponent } = scientific(value, precision)
  const point = precision > 0 || keepsPoint ? '.' : ''
  return `${digits.slice(0, 1)}${point}${digits.slice(1)}${exponentText(exponent)}`
}

/** `%.{precision}g` of a finite, non-negative float. */
export function generalDigits(value: number, precision: number, keepsZeros = false): string {
  const significant = Math.max(1, precision)
  const { digits, exponent } = scientific(value, significant - 1)
  const usesExponent = exponent < -4 || exponent >= significant
  const kept = keepsZeros ? digits : trimZeros(digits)
  if (usesExponent) {
    const fraction = kept.slice(1)
    return `${kept.slice(0, 1)}${fraction || keepsZeros ? '.' : ''}${fraction}${exponentText(exponent)}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${kept}`
  const whole = digits.slice(0, exponent + 1)
  const fraction = kept.slice(exponent + 1)
  return `${whole}${fraction || keepsZeros ? '.' : ''}${fraction}`
}

function trimZeros(digits: string): string {
  let end = digits.length
  while (end > 1 && digits[end - 1] === '0') end--
  return digits.slice(0, end)
}

export type FloatStyle = 'e' | 'f' | 'g' | 'r'

/** A float's magnitude in one of C's styles; `r` is the shortest text that reads back the same. */
export function floatDigits(value: number, style: FloatStyle, precision: number, isAlternate = false): string {
  const magnitude = Math.abs(value)
  if (Number.isNaN(value)) return 'nan'
  if (magnitude === Infinity) return 'inf'
  if (style === 'r') return floatText(magnitude)
  if (style === 'f') return checked(fixedDigits(magnitude, precision) + (isAlternate && precision === 0 ? '.' : ''))
  if (style === 'e') return exponentDigits(magnitude, precision, isAlternate)
  return generalDigits(magnitude, precision, isAlternate)
}

/** Python's `round(value, digits)` of a float. */
export function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 323) return value
  const negative = value < 0 || Object.is(value, -0)
  if (digits < -309) return negative ? -0 : 0
  const scaled = scaledInteger(Math.abs(value), digits)
  const text = digits >= 0 ? fixedDigits(Math.abs(value), digits) : `${scaled}${'0'.repeat(-digits)}`
  return negative ? -Number(text) : Number(text)
}

/** Python's `round(value, digits)` of an int: only negative digits change it. */
export function roundInt(value: bigint, digits: number): bigint {
  if (digits >= 0) return value
  if (-digits > value.toString().length + 1) return 0n
  const unit = 10n ** BigInt(-digits)
  const magnitude = value < 0n ? -value : value
  const twice = (magnitude % unit) * 2n
  let quotient = magnitude / unit
  if (twice > unit || (twice === unit && quotient % 2n === 1n)) quotient++
  return value < 0n ? -quotient * unit : quotient * unit
}
