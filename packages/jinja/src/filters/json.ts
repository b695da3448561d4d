import { Float, floatText } from '@weft/contracts'
import { spend, spendText, textLimit, tooDeep, tooLong } from '../budget.ts'
import { typeError, valueError } from '../errors.ts'
import { isFloat, isText, rawText, toIndex, typeName } from '../values/core.ts'
import { Dict } from '../values/dict.ts'
import { Markup, type PyValue, Tuple } from '../values/objects.ts'
import { intText } from '../values/printing.ts'
import { sorted } from '../values/sorting.ts'
import { repeat } from '../values/text.ts'

const MAX_NESTING = 250

/** The `tojson` filter: `json.dumps` with sorted keys, safe inside HTML. @throws TypeError for what JSON has not */
export function htmlSafeJson(value: PyValue, indent: PyValue): Markup {
  const writer = new JsonWriter(indentText(indent))
  writer.write(value, 0)
  return new Markup(writer.text.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026').replaceAll("'", '\\u0027'))
}

function indentText(indent: PyValue): string | undefined {
  if (indent === null) return undefined
  return isText(indent) ? rawText(indent) : repeat(' ', toIndex(indent))
}

class JsonWriter {
  text = ''
  readonly #indent: string | undefined
  readonly #open = new Set<PyValue>()

  constructor(indent: string | undefined) {
    this.#indent = indent
  }

  #add(text: string): void {
    spend(1)
    this.text += text
    if (this.text.length > textLimit()) throw tooLong()
  }

  write(value: PyValue, depth: number): void {
    if (value === null) this.#add('null')
    else if (typeof value === 'boolean') this.#add(String(value))
    else if (isText(value)) this.#add(jsonString(rawText(value)))
    else if (isFloat(value)) this.#add(jsonFloat(value))
    else if (typeof value === 'number' || typeof value === 'bigint') this.#add(intText(value))
    else this.#writeContainer(value, depth)
  }

  #writeContainer(value: PyValue, depth: number): void {
    if (depth > MAX_NESTING) throw tooDeep()
    if (this.#open.has(value)) throw valueError('Circular reference detected')
    this.#open.add(value)
    if (Array.isArray(value))
      this.#writeItems(
        '[',
        value.map(item => () => this.write(item, depth + 1)),
        ']',
        depth,
      )
    else if (value instanceof Tuple)
      this.#writeItems(
        '[',
        value.items.map(item => () => this.write(item, depth + 1)),
        ']',
        depth,
      )
    else if (value instanceof Dict) this.#writeItems('{', this.#members(value, depth), '}', depth)
    else throw typeError(`Object of type ${typeName(value)} is not JSON serializable`)
    this.#open.delete(value)
  }

  #members(dict: Dict, depth: number): (() => void)[] {
    const pairs = sorted([...dict.pairs()], pair => (pair as PyValue[])[0] as PyValue) as [PyValue, PyValue][]
    return pairs.map(([key, item]) => () => {
      this.#add(`${jsonString(keyText(key))}: `)
      this.write(item, depth + 1)
    })
  }

  #writeItems(open: string, items: (() => void)[], close: string, depth: number): void {
    this.#add(open)
    const line = this.#indent === undefined ? '' : `\n${repeat(this.#indent, depth + 1)}`
    const separator = this.#indent === undefined ? ', ' : `,${line}`
    items.forEach((write, index) => {
      this.#add(index ? separator : line)
      write()
    })
    if (items.length && this.#indent !== undefined) this.#add(`\n${repeat(this.#indent, depth)}`)
    this.#add(close)
  }
}

function keyText(key: PyValue): string {
  if (isText(key)) return rawText(key)
  if (key === null) return 'null'
  if (typeof key === 'boolean') return String(key)
  if (isFloat(key)) return jsonFloat(key)
  if (typeof key === 'number' || typeof key === 'bigint') return intText(key)
  throw typeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`)
}

function jsonFloat(value: number | Float): string {
  const double = value instanceof Float ? value.value : value
  if (Number.isNaN(double)) return 'NaN'
  if (!Number.isFinite(double)) return double > 0 ? 'Infinity' : '-Infinity'
  return floatText(double)
}

const SHORT: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f', '\b': '\\b' }

function jsonString(text: string): string {
  spendText(text.length)
  return `"${text.replace(/["\\]|[^ -~]/g, unit => SHORT[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
}
