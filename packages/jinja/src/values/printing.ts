import { Float, floatText, pythonStringRepr } from '@weft/contracts'
import { spend, spendText, textLimit, tooDeep, tooLong } from '../budget.ts'
import { valueError } from '../errors.ts'
import { Dict, DictView } from './dict.ts'
import { Markup, type PyValue, Tuple } from './objects.ts'

/** Python 3.10 refuses to print longer ints. */
const MAX_INT_DIGITS = 4300
const MAX_NESTING = 250

/** Python's `str(value)`. Safe text loses its mark. */
export function pyStr(value: PyValue): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' && Number.isInteger(value)) return String(value)
  if (value instanceof Markup) return value.text
  if (value !== null && typeof value === 'object' && 'str' in value && !isPrintedHere(value)) return value.str()
  return pyRepr(value)
}

/** Python's `repr(value)`. */
export function pyRepr(value: PyValue): string {
  const writer = new ReprWriter()
  writer.write(value, 0)
  return writer.text
}

function isPrintedHere(value: PyValue): boolean {
  return value instanceof Tuple || value instanceof Dict || value instanceof DictView
}

export function intText(value: number | bigint): string {
  if (typeof value === 'number') return String(value)
  const text = value.toString()
  if (text.length > MAX_INT_DIGITS + (value < 0n ? 1 : 0)) {
    throw valueError(
      `Exceeds the limit (${MAX_INT_DIGITS}) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit`,
    )
  }
  return text
}

/** Writes values while it watches length and depth: shared lists can print as exponentially more than they hold. */
class ReprWriter {
  text = ''
  readonly #open = new Set<PyValue>()

  #add(text: string): void {
    this.text += text
    if (this.text.length > textLimit()) throw tooLong()
  }

  write(value: PyValue, depth: number): void {
    spend(1)
    if (value === null) this.#add('None')
    else if (typeof value === 'boolean') this.#add(value ? 'True' : 'False')
    else if (typeof value === 'string') this.#addString(value)
    else if (typeof value === 'bigint') this.#add(intText(value))
    else if (typeof value === 'number') this.#add(Number.isInteger(value) ? intText(value) : floatText(value))
    else if (value instanceof Float) this.#add(floatText(value.value))
    else if (value instanceof Markup) this.#addString(value.text, 'Markup(', ')')
    else this.#writeContainer(value, depth)
  }

  #addString(text: string, before = '', after = ''): void {
    spendText(text.length)
    this.#add(before + pythonStringRepr(text) + after)
  }

  #writeContainer(value: Exclude<PyValue, null | boolean | number | bigint | string | Float>, depth: number): void {
    if (depth > MAX_NESTING) throw tooDeep()
    if (!Array.isArray(value) && !isPrintedHere(value)) {
      this.#add(value.repr())
      return
    }
    if (this.#open.has(value)) {
      this.#add(Array.isArray(value) ? '[...]' : value instanceof Tuple ? '(...)' : '{...}')
      return
    }
    this.#open.add(value)
    if (Array.isArray(value)) this.#writeItems('[', value, ']', depth)
    else if (value instanceof Tuple) this.#writeItems('(', value.items, value.items.length === 1 ? ',)' : ')', depth)
    else if (value instanceof Dict) this.#writeDict(value, depth)
    else if (value instanceof DictView) {
      this.#add(`${value.typeName}(`)
      this.#writeItems('[', [...iterable(value.iterate())], '])', depth)
    }
    this.#open.delete(value)
  }

  #writeItems(open: string, items: readonly PyValue[], close: string, depth: number): void {
    this.#add(open)
    items.forEach((item, index) => {
      if (index) this.#add(', ')
      this.write(item, depth + 1)
    })
    this.#add(close)
  }

  #writeDict(dict: Dict, depth: number): void {
    let separator = '{'
    for (const [key, item] of dict.pairs()) {
      this.#add(separator)
      this.write(key, depth + 1)
      this.#add(': ')
      this.write(item, depth + 1)
      separator = ', '
    }
    this.#add(separator === '{' ? '{}' : '}')
  }
}

function iterable(iterator: Iterator<PyValue>): Iterable<PyValue> {
  return { [Symbol.iterator]: () => iterator }
}
