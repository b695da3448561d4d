import { TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { isInt, isNumeric, isText, objectTypeName, rawText, typeName } from './core.ts'
import { type FloatStyle, floatDigits } from './float-digits.ts'
import { toDouble } from './numbers.ts'
import { Markup, type PyValue, Undefined } from './objects.ts'
import { intText, pyStr } from './printing.ts'
import { characterCount, padding, sliceCharacters } from './text.ts'

interface Spec {
  fill: string
  align: '<' | '>' | '=' | '^' | ''
  sign: '+' | '-' | ' ' | ''
  isAlternate: boolean
  width: number
  grouping: ',' | '_' | ''
  precision: number | undefined
  type: string
}

const SPEC = /^(?:(.)?([<>=^]))?([+\- ])?(#)?(0)?([0-9]+)?([,_])?(?:\.([0-9]+))?(.)?$/su

/** Python's `format(value, spec)`. @throws TemplateRuntimeError with Python's message */
export function formatValue(value: PyValue, spec: string): string {
  if (value instanceof Markup) {
    if (spec) throw valueError('Unsupported format specification for Markup.')
    return value.text
  }
  if (spec === '') return pyStr(value)
  if (typeof value === 'boolean') return formatInteger(BigInt(value), parseSpec(spec, value), value)
  if (isInt(value)) return formatInteger(BigInt(value), parseSpec(spec, value), value)
  if (isNumeric(value)) return formatFloat(toDouble(value), parseSpec(spec, value), value)
  if (isText(value)) return formatText(rawText(value), parseSpec(spec, value))
  const name = value instanceof Undefined ? 'Undefined' : typeName(value)
  throw typeError(`unsupported format string passed to ${name}.__format__`)
}

function parseSpec(text: string, value: PyValue): Spec {
  const match = SPEC.exec(text)
  if (!match) {
    if (/\.(?![0-9])/.test(text)) throw valueError('Format specifier missing precision')
    throw valueError('Invalid format specifier')
  }
  const [, fill, align, sign, alternate, zero, width, grouping, precision, type] = match
  const widthCount = Number(width ?? 0)
  if (widthCount > 2 ** 31 || Number(precision ?? 0) > 2 ** 31) throw valueError('Too many decimal digits in format string')
  return {
    fill: fill ?? (zero ? '0' : ' '),
    align: (align as Spec['align']) ?? (zero && !isText(value) ? '=' : zero ? '<' : ''),
    sign: (sign as Spec['sign']) ?? '',
    isAlternate: alternate !== undefined,
    width: widthCount,
    grouping: (grouping as Spec['grouping']) ?? '',
    precision: precision === undefined ? undefined : Number(precision),
    type: type ?? '',
  }
}

function unknownCode(spec: Spec, value: PyValue): TemplateRuntimeError {
  return valueError(`Unknown format code '${spec.type}' for object of type '${objectTypeName(value).replace(/ object$/, '')}'`)
}

function formatText(text: string, spec: Spec): string {
  if (spec.type && spec.type !== 's') throw unknownCode(spec, text)
  if (spec.sign === ' ') throw valueError('Space not allowed in string format specifier')
  if (spec.sign) throw valueError('Sign not allowed in string format specifier')
  if (spec.isAlternate) throw valueError('Alternate form (#) not allowed in string format specifier')
  if (spec.align === '=') throw valueError("'=' alignment not allowed in string format specifier")
  if (spec.grouping) throw valueError(`Cannot specify '${spec.grouping}' with 's'.`)
  const body = spec.precision === undefined ? text : sliceCharacters(text, 0, spec.precision)
  return align(body, '', '', spec, '<')
}

const RADIX: Record<string, number> = { b: 2, o: 8, x: 16, X: 16 }

function formatInteger(whole: bigint, spec: Spec, value: PyValue): string {
  if ('eEfFgG%'.includes(spec.type || '!')) return formatFloat(toDouble(value as number), spec, value)
  if (!'bcdoxXn'.includes(spec.type || 'd')) throw unknownCode(spec, value)
  if (spec.precision !== undefined) throw valueError('Precision not allowed in integer format specifier')
  if (spec.grouping && (spec.type === 'c' || spec.type === 'n' || (spec.grouping === ',' && RADIX[spec.type]))) {
    throw valueError(`Cannot specify '${spec.grouping}' with '${spec.type}'.`)
  }
  if (spec.type === 'c') return align(charFor(whole, spec), '', '', spec, '<')
  const magnitude = whole < 0n ? -whole : whole
  const radix = RADIX[spec.type] ?? 10
  const digits = radix === 10 ? intText(magnitude) : magnitude.toString(radix)
  const prefix = spec.isAlternate && radix !== 10 ? `0${spec.type}` : ''
  const body = spec.type === 'X' ? digits.toUpperCase() : digits
  return alignNumber(body, '', signOf(whole < 0n, spec), prefix, spec, radix === 10 ? 3 : 4)
}

function charFor(whole: bigint, spec: Spec): string {
  if (spec.sign) throw valueError("Sign not allowed with integer format specifier 'c'")
  if (spec.isAlternate) throw valueError("Alternate form (#) not allowed with integer format specifier 'c'")
  if (whole < 0n || whole > 0x10ffffn) throw new TemplateRuntimeError('OverflowError', '%c arg not in range(0x110000)')
  return String.fromCodePoint(Number(whole))
}

function formatFloat(value: number, spec: Spec, source: PyValue): string {
  const kind = spec.type || (spec.precision === undefined ? 'r' : 'g')
  if (!'eEfFgGnr%'.includes(kind) || spec.type === 'r') throw unknownCode(spec, source)
  const style = (kind === '%' ? 'f' : kind === 'n' ? 'g' : kind.toLowerCase()) as FloatStyle
  let digits = floatDigits(kind === '%' ? value * 100 : value, style, spec.precision ?? 6, spec.isAlternate)
  // Without a type a precision works like `g`, but shows at least one digit after the point.
  if (!spec.type && style === 'g') digits = withFraction(digits, value, spec)
  if (kind >= 'A' && kind <= 'Z') digits = digits.toUpperCase()
  const isNegative = value < 0 || Object.is(value, -0)
  const end = digits.search(/[^0-9]/)
  const whole = end < 0 ? digits : digits.slice(0, end)
  const rest = (end < 0 ? '' : digits.slice(end)) + (kind === '%' ? '%' : '')
  return alignNumber(whole, rest, signOf(isNegative, spec), '', spec, 3)
}

function withFraction(digits: string, value: number, spec: Spec): string {
  if (!Number.isFinite(value) || /[.e]/.test(digits)) return digits
  if (digits.length < Math.max(1, spec.precision ?? 6)) return `${digits}.0`
  return floatDigits(value, 'e', Math.max(0, (spec.precision ?? 6) - 1), spec.isAlternate).replace(/\.?0+e/, 'e')
}

function signOf(isNegative: boolean, spec: Spec): string {
  if (isNegative) return '-'
  return spec.sign === '+' || spec.sign === ' ' ? spec.sign : ''
}

function alignNumber(whole: string, rest: string, sign: string, prefix: string, spec: Spec, groupSize: number): string {
  if (!spec.grouping) return align(whole + rest, sign, prefix, spec, '>')
  let digits = whole
  if (spec.fill === '0' && spec.align === '=') {
    // Zeros fill up to the width, and are grouped as well.
    padding('', spec.width)
    const room = spec.width - characterCount(sign + prefix + rest)
    let count = digits.length
    while (count + Math.floor((count - 1) / groupSize) < room) count++
    digits = padding(digits, count, '0') + digits
  }
  return align(group(digits, spec.grouping, groupSize) + rest, sign, prefix, spec, '>')
}

function group(digits: string, separator: string, size: number): string {
  const parts: string[] = []
  for (let end = digits.length; end > 0; end -= size) parts.push(digits.slice(Math.max(0, end - size), end))
  return parts.reverse().join(separator)
}

function align(body: string, sign: string, prefix: string, spec: Spec, usual: '<' | '>'): string {
  const text = sign + prefix + body
  const side = spec.align || usual
  const missing = padding(text, spec.width, spec.fill)
  if (side === '<') return text + missing
  if (side === '>') return missing + text
  if (side === '=') return sign + prefix + missing + body
  const count = characterCount(missing)
  const left = sliceCharacters(missing, 0, Math.floor(count / 2))
  return left + text + sliceCharacters(missing, Math.floor(count / 2), count)
}
