import { TemplateRuntimeError, valueError } from '../errors.ts'
import { typeName } from './core.ts'
import { formatValue } from './format-spec.ts'
import { escapeText } from './html.ts'
import { getItem } from './items.ts'
import { Markup, type PyValue } from './objects.ts'
import { asciiOnly } from './percent-format.ts'
import { pyRepr, pyStr } from './printing.ts'
import { joinTexts } from './text.ts'

/** The attribute, or `undefined` where there is none. */
export type AttributeLookup = (value: PyValue, name: string) => PyValue | undefined

/** What a format's fields are looked up in. */
export interface FormatArguments {
  positional: readonly PyValue[]
  /** @throws KeyError where there is no such name */
  named(name: string): PyValue
  getAttribute: AttributeLookup
}

/** `format.format(*args, **kwargs)`. @throws TemplateRuntimeError with Python's message */
export function formatBraces(format: string | Markup, args: FormatArguments): string | Markup {
  if (!(format instanceof Markup)) return new BraceFormatter(args, false).run(format, 2)
  return new Markup(new BraceFormatter(args, true).run(format.text, 2))
}

class BraceFormatter {
  readonly #args: FormatArguments
  readonly #isSafe: boolean
  #nextIndex: number | 'manual' = 0

  constructor(args: FormatArguments, isSafe: boolean) {
    this.#args = args
    this.#isSafe = isSafe
  }

  run(format: string, depth: number): string {
    if (depth < 0) throw valueError('Max string recursion exceeded')
    const parts: string[] = []
    let index = 0
    while (index < format.length) {
      const start = nextBrace(format, index)
      parts.push(format.slice(index, start))
      if (start >= format.length) break
      const brace = format[start]
      if (format[start + 1] === brace) {
        parts.push(brace ?? '')
        index = start + 2
      } else if (brace === '}') throw valueError("Single '}' encountered in format string")
      else {
        const end = fieldEnd(format, start + 1)
        parts.push(this.#field(format.slice(start + 1, end), depth))
        index = end + 1
      }
    }
    return joinTexts(parts, '')
  }

  #field(field: string, depth: number): string {
    const end = nameEnd(field)
    const path = field.slice(0, end)
    let rest = field.slice(end)
    let value = this.#resolve(path)
    if (rest.startsWith('!')) {
      const conversion = rest[1]
      if (conversion === undefined) throw valueError('end of string while looking for conversion specifier')
      if (rest[2] !== undefined && rest[2] !== ':') throw valueError("expected ':' after conversion specifier")
      value = convert(value, conversion)
      rest = rest.slice(2)
    }
    const spec = rest.startsWith(':') ? this.run(rest.slice(1), depth - 1) : ''
    if (!this.#isSafe) return formatValue(value, spec)
    return value instanceof Markup ? formatValue(value, spec) : escapeText(formatValue(value, spec))
  }

  #resolve(path: string): PyValue {
    const head = /^[^.[]*/.exec(path)?.[0] ?? ''
    let value = this.#first(head)
    let rest = path.slice(head.length)
    while (rest) {
      if (rest.startsWith('.')) {
        const name = /^\.([^.[]*)/.exec(rest)?.[1] ?? ''
        if (!name) throw valueError('Empty attribute in format string')
        value = this.#attribute(value, name)
        rest = rest.slice(name.length + 1)
      } else if (rest.startsWith('[')) {
        const end = rest.indexOf(']')
        if (end < 0) throw valueError("Missing ']' in format string")
        if (end === 1) throw valueError('Empty attribute in format string')
        const key = rest.slice(1, end)
        value = getItem(value, /^[0-9]+$/.test(key) ? Number(key) : key)
        rest = rest.slice(end + 1)
      } else throw valueError("Only '.' or '[' may follow ']' in format field specifier")
    }
    return value
  }

  #attribute(value: PyValue, name: string): PyValue {
    const found = this.#args.getAttribute(value, name)
    if (found === undefined) throw missingAttribute(value, name)
    return found
  }

  #first(name: string): PyValue {
    if (name !== '' && !/^[0-9]+$/.test(name)) return this.#args.named(name)
    if (name === '') {
      if (this.#nextIndex === 'manual') throw valueError('cannot switch from manual field specification to automatic field numbering')
      return this.#at(this.#nextIndex++)
    }
    if (typeof this.#nextIndex === 'number' && this.#nextIndex > 0) {
      throw valueError('cannot switch from automatic field numbering to manual field specification')
    }
    this.#nextIndex = 'manual'
    return this.#at(Number(name))
  }

  #at(index: number): PyValue {
    const value = this.#args.positional[index]
    if (value === undefined) {
      throw new TemplateRuntimeError('IndexError', `Replacement index ${index} out of range for positional args tuple`)
    }
    return value
  }
}

function nextBrace(text: string, from: number): number {
  for (let index = from; index < text.length; index++) if (text[index] === '{' || text[index] === '}') return index
  return text.length
}

function fieldEnd(format: string, start: number): number {
  if (start >= format.length) throw valueError("Single '{' encountered in format string")
  let depth = 1
  let isIndex = false
  for (let index = start; index < format.length; index++) {
    const character = format[index]
    if (character === '[' && depth === 1) isIndex = true
    if (isIndex) {
      if (character === ']') isIndex = false
      continue
    }
    if (character === '{') depth++
    else if (character === '}' && --depth === 0) return index
  }
  throw valueError("expected '}' before end of string")
}

/** Where a field's name ends and its conversion or spec begins. */
function nameEnd(field: string): number {
  let isIndex = false
  for (let index = 0; index < field.length; index++) {
    const character = field[index]
    if (character === '[') isIndex = true
    else if (character === ']') isIndex = false
    else if (!isIndex && character === '{') throw valueError("unexpected '{' in field name")
    else if (!isIndex && (character === '!' || character === ':')) return index
  }
  return field.length
}

function convert(value: PyValue, conversion: string): PyValue {
  if (conversion === 's') return pyStr(value)
  if (conversion === 'r') return pyRepr(value)
  if (conversion === 'a') return asciiOnly(pyRepr(value))
  throw valueError(`Unknown conversion specifier ${conversion}`)
}

function missingAttribute(value: PyValue, name: string): TemplateRuntimeError {
  return new TemplateRuntimeError('AttributeError', `'${typeName(value)}' object has no attribute '${name}'`)
}
