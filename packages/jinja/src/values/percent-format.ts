import { TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { isInt, isNumeric, isText, rawText, toIndex, typeName } from './core.ts'
import { Dict } from './dict.ts'
import { type FloatStyle, floatDigits } from './float-digits.ts'
import { escapeText } from './html.ts'
import { toDouble, truncate } from './numbers.ts'
import { Markup, type PyValue, Tuple, Undefined } from './objects.ts'
import { intText, pyRepr, pyStr } from './printing.ts'
import { checked, joinTexts, padding, sliceCharacters } from './text.ts'

interface Directive {
  flags: string
  width: number
  precision: number | undefined
}

/** Where a format's values come from: a tuple one by one, a mapping by name. */
class Arguments {
  readonly #values: readonly PyValue[]
  readonly #mapping: PyValue | undefined
  readonly #isSingle: boolean
  #next = 0
  #usedMapping = false

  constructor(argument: PyValue) {
    this.#isSingle = !(argument instanceof Tuple)
    this.#values = argument instanceof Tuple ? argument.items : [argument]
    this.#mapping = argument instanceof Dict || Array.isArray(argument) || argument instanceof Undefined ? argument : undefined
  }

  next(): PyValue {
    if (this.#next >= this.#values.length) throw typeError('not enough arguments for format string')
    return this.#values[this.#next++] as PyValue
  }

  named(name: string): PyValue {
    if (!(this.#mapping instanceof Dict)) throw typeError('format requires a mapping')
    this.#usedMapping = true
    const value = this.#mapping.get(name)
    if (value === undefined) throw new TemplateRuntimeError('KeyError', pyRepr(name))
    return value
  }

  /** @throws TypeError where values are left over */
  finish(): void {
    const isMapping = this.#isSingle && this.#mapping !== undefined
    if (this.#next < this.#values.length && !isMapping && !this.#usedMapping) {
      throw typeError('not all arguments converted during string formatting')
    }
  }
}

/** `text % argument`. @throws TemplateRuntimeError with Python's message */
export function formatPercent(format: string | Markup, argument: PyValue): string | Markup {
  const isSafe = format instanceof Markup
  const text = rawText(format)
  const values = new Arguments(argument)
  const parts: string[] = []
  let index = 0
  for (;;) {
    const start = text.indexOf('%', index)
    if (start < 0) break
    parts.push(text.slice(index, start))
    index = formatDirective(text, start + 1, values, parts, isSafe)
  }
  parts.push(text.slice(index))
  values.finish()
  const result = joinTexts(parts, '')
  return isSafe ? new Markup(result) : result
}

function formatDirective(text: string, start: number, values: Arguments, parts: string[], isSafe: boolean): number {
  let index = start
  let name: string | undefined
  if (text[index] === '(') {
    const end = closingParenthesis(text, index)
    name = text.slice(index + 1, end)
    index = end + 1
  }
  const directive: Directive = { flags: '', width: 0, precision: undefined }
  while ('#0- +'.includes(text.charAt(index) || '!')) directive.flags += text[index++]
  const number = (): number => {
    if (text[index] === '*') {
      index++
      const value = values.next()
      if (!isInt(value)) throw typeError('* wants int')
      return toIndex(value)
    }
    const from = index
    while (text[index] !== undefined && /[0-9]/.test(text.charAt(index))) index++
    return Number(text.slice(from, index) || '0')
  }
  directive.width = number()
  if (directive.width < 0) {
    directive.flags += '-'
    directive.width = -directive.width
  }
  if (text[index] === '.') {
    index++
    directive.precision = Math.max(0, number())
  }
  if ('hlL'.includes(text.charAt(index) || '!')) index++
  const kind = text[index]
  if (kind === undefined) throw valueError('incomplete format')
  if (kind === '%' && index === start) parts.push('%')
  else if (kind === '%' && name === undefined) {
    values.next()
    parts.push('%')
  } else {
    const value = (): PyValue => (name === undefined ? values.next() : values.named(name))
    parts.push(convert(kind, value, directive, index, isSafe))
  }
  return index + 1
}

function closingParenthesis(text: string, open: number): number {
  let depth = 0
  for (let index = open; index < text.length; index++) {
    if (text[index] === '(') depth++
    else if (text[index] === ')' && --depth === 0) return index
  }
  throw valueError('incomplete format key')
}

function convert(kind: string, next: () => PyValue, directive: Directive, index: number, isSafe: boolean): string {
  if ('srac'.includes(kind)) return pad(textFor(kind, next(), directive, isSafe), '', directive, false)
  if ('diuoxX'.includes(kind)) return formatInt(kind, next(), directive)
  if ('eEfFgG'.includes(kind)) return formatFloat(kind, next(), directive)
  const code = (kind.codePointAt(0) ?? 0).toString(16)
  throw valueError(`unsupported format character '${code.length > 2 ? '?' : kind}' (0x${code}) at index ${index}`)
}

function textFor(kind: string, value: PyValue, directive: Directive, isSafe: boolean): string {
  if (kind === 'c') return character(value)
  let text = kind === 's' ? pyStr(value) : pyRepr(value)
  if (kind === 'a') text = asciiOnly(text)
  if (isSafe) text = kind === 's' ? escapeText(value) : escapeText(text)
  return directive.precision === undefined ? text : sliceCharacters(text, 0, directive.precision)
}

function character(value: PyValue): string {
  if (isText(value)) {
    const text = rawText(value)
    if (Array.from(text).length === 1) return text
    throw typeError('%c requires int or char')
  }
  if (!isInt(value)) throw typeError('%c requires int or char')
  const code = toIndex(value)
  if (code < 0 || code > 0x10ffff) throw new TemplateRuntimeError('OverflowError', '%c arg not in range(0x110000)')
  return String.fromCodePoint(code)
}

/** `ascii(value)`: the repr with every character beyond ASCII escaped. */
export function asciiOnly(repr: string): string {
  return checked(
    repr.replace(/[^\0-\x7f]/gu, item => {
      const code = item.codePointAt(0) ?? 0
      if (code <= 0xff) return `\\x${code.toString(16)}`
      return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
    }),
  )
}

function formatInt(kind: string, value: PyValue, directive: Directive): string {
  if (value instanceof Undefined) value.fail()
  const isDecimal = 'diu'.includes(kind)
  if (!isNumeric(value)) {
    throw typeError(`%${kind} format: ${isDecimal ? 'a real number' : 'an integer'} is required, not ${typeName(value)}`)
  }
  if (!isInt(value) && !isDecimal) throw typeError(`%${kind} format: an integer is required, not ${typeName(value)}`)
  const whole = BigInt(isInt(value) ? value : truncate(toDouble(value)))
  const magnitude = whole < 0n ? -whole : whole
  const radix = kind === 'o' ? 8 : isDecimal ? 10 : 16
  let digits = isDecimal ? intText(magnitude) : magnitude.toString(radix)
  digits = padding(digits, directive.precision ?? 0, '0') + digits
  const prefix = directive.flags.includes('#') && !isDecimal ? (kind === 'o' ? '0o' : '0x') : ''
  const text = prefix + digits
  return pad(kind === 'X' ? text.toUpperCase() : text, signText(whole < 0n, directive), directive, true, prefix.length)
}

function formatFloat(kind: string, value: PyValue, directive: Directive): string {
  if (value instanceof Undefined) value.fail()
  if (!isNumeric(value)) throw typeError(`must be real number, not ${typeName(value)}`)
  const double = toDouble(value)
  const digits = floatDigits(double, kind.toLowerCase() as FloatStyle, directive.precision ?? 6, directive.flags.includes('#'))
  const isNegative = double < 0 || Object.is(double, -0)
  return pad(kind < 'a' ? digits.toUpperCase() : digits, signText(isNegative, directive), directive, Number.isFinite(double))
}

function signText(isNegative: boolean, directive: Directive): string {
  if (isNegative) return '-'
  if (directive.flags.includes('+')) return '+'
  return directive.flags.includes(' ') ? ' ' : ''
}

function pad(body: string, sign: string, directive: Directive, takesZeros: boolean, prefixLength = 0): string {
  const text = sign + body
  if (directive.flags.includes('-')) return text + padding(text, directive.width)
  if (takesZeros && directive.flags.includes('0')) {
    return sign + body.slice(0, prefixLength) + padding(text, directive.width, '0') + body.slice(prefixLength)
  }
  return padding(text, directive.width) + text
}
