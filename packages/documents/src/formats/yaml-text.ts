import { floatText } from '@weft/contracts'
import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Pair, parseAllDocuments, type Scalar } from 'yaml'

/** YAML text written anew: block style, keys in their order, texts quoted where YAML 1.1 would read something else. @throws SyntaxError */
export function yamlText(text: string): string {
  const documents = parseAllDocuments(text, { version: '1.1', intAsBigInt: true, uniqueKeys: false })
  if (!Array.isArray(documents)) return ''
  return documents.map((document, index) => `${index ? '---' : ''}${documentText(document, index > 0)}`).join('')
}

function documentText(document: Document.Parsed, isMarked: boolean): string {
  const [error] = document.errors
  if (error) throw new SyntaxError(error.message)
  const writer = new Writer(document)
  const body = writer.block(document.contents, -INDENT, isMarked ? 3 : 0)
  // a bare value needs the mark of the document's end, as it could go on
  const isOpen = !isMap(document.contents) && !isSeq(document.contents) && !/['"\]}]$/.test(body)
  const text = isMarked || !/^\s/.test(body) ? body : body.replace(/^\s/, '')
  return `${text}\n${isOpen ? '...\n' : ''}`
}

const INDENT = 2
const WIDTH = 80

/** Aliases of aliases grow without bound: a document is given up beyond so many values. */
const MAX_VALUES = 1_000_000

class Writer {
  readonly #document: Document.Parsed
  /** Finding a target is a walk through the document. */
  readonly #targets = new Map<unknown, unknown>()
  #values = 0

  constructor(document: Document.Parsed) {
    this.#document = document
  }

  /** What follows a key, a dash or the document's mark: a space and a value, or lines of their own. `column` is where it goes on. */
  block(node: unknown, indent: number, column: number): string {
    if (++this.#values > MAX_VALUES) throw new SyntaxError('the document repeats its parts too often')
    const value = this.#resolved(node)
    if (isMap(value) && value.items.length) return this.#map(this.#merged(value.items as Pair[]), indent + INDENT, indent < 0 && !column)
    if (isSeq(value) && value.items.length) {
      const own = Math.max(indent, 0)
      return this.#list(value.items, own, indent < 0 && !column)
    }
    return ` ${this.#inline(value, indent + INDENT + (indent < 0 ? INDENT : 0), column + 1, true)}`
  }

  #resolved(node: unknown): unknown {
    if (!isAlias(node)) return node
    const known = this.#targets.get(node)
    if (known !== undefined) return known
    const target = node.resolve(this.#document)
    this.#targets.set(node, target)
    return target
  }

  #map(pairs: Pair[], indent: number, isFirst: boolean): string {
    const pad = `\n${' '.repeat(indent)}`
    const text = pairs.map(pair => pad + this.#pair(pair, indent)).join('')
    return isFirst ? text.slice(1) : text
  }

  #pair(pair: Pair, indent: number): string {
    const key = this.#inline(this.#resolved(pair.key), indent, indent, false)
    return `${key}:${this.block(pair.value, indent, indent + key.length + 1)}`
  }

  #list(items: unknown[], indent: number, isFirst: boolean): string {
    const pad = `\n${' '.repeat(indent)}`
    const text = items.map(item => `${pad}-${this.#item(item, indent)}`).join('')
    return isFirst ? text.slice(1) : text
  }

  /** Maps and lists begin on the dash's own line. */
  #item(item: unknown, indent: number): string {
    const value = this.#resolved(item)
    const isSequence = isSeq(value) && value.items.length > 0
    const text = isSequence ? this.#list(value.items, indent + INDENT, false) : this.block(value, indent, indent + 1)
    return text.startsWith('\n') ? ` ${text.slice(1 + indent + INDENT)}` : text
  }

  /** Pairs with those of `<<` in front, where the map has no key of the name itself. */
  #merged(pairs: Pair[]): Pair[] {
    const own = pairs.filter(pair => !isMergeKey(pair))
    if (own.length === pairs.length) return pairs
    const sources = pairs.filter(isMergeKey).flatMap(pair => this.#mapsOf(pair.value))
    const inherited = new Map<unknown, Pair>()
    for (const source of sources) for (const pair of this.#merged(source)) if (!inherited.has(keyOf(pair))) inherited.set(keyOf(pair), pair)
    const overriding = new Map(own.map(pair => [keyOf(pair), pair]))
    const kept = [...inherited].map(([key, pair]) => overriding.get(key) ?? pair)
    return [...kept, ...own.filter(pair => !inherited.has(keyOf(pair)))]
  }

  #mapsOf(node: unknown): Pair[][] {
    const value = this.#resolved(node)
    if (isMap(value)) return [value.items as Pair[]]
    return isSeq(value) ? value.items.flatMap(item => this.#mapsOf(item)) : []
  }

  #inline(value: unknown, indent: number, column: number, canSplit: boolean): string {
    if (isMap(value)) return '{}'
    if (isSeq(value)) return '[]'
    return isScalar(value) ? scalarText(value, indent, column, canSplit) : 'null'
  }
}

function isMergeKey(pair: Pair): boolean {
  return (
    isPair(pair) &&
    isScalar(pair.key) &&
    (pair.key.value === '<<' || typeof pair.key.value === 'symbol') &&
    pair.key.type !== 'QUOTE_DOUBLE'
  )
}

function keyOf(pair: Pair): unknown {
  return isScalar(pair.key) ? pair.key.value : pair.key
}

function scalarText(scalar: Scalar, indent: number, column: number, canSplit: boolean): string {
  const { value } = scalar
  const { source, tag, type } = scalar
  // the parser sees a boolean in `y` and a time of day in `06:00`, which Python's does not
  if (type === 'PLAIN' && !tag && source !== undefined && !isNotText(source)) return stringText(source, indent, column, canSplit)
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return numberText(value)
  if (value instanceof Date) return timeText(source ?? value.toISOString())
  return stringText(String(value), indent, column, canSplit)
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const text = floatText(value)
  return text.includes('.') ? text : text.replace('e', '.0e')
}

function timeText(source: string): string {
  const parts = /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?[ \t]*(Z|[-+]\d\d?(?::\d\d)?)?)?$/.exec(source)
  if (!parts) return source
  const [, year, month = '', day = '', hour, minute, second, fraction, zone] = parts
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  if (hour === undefined) return date
  const micros = fraction && Number(fraction) ? `.${fraction.slice(0, 6).padEnd(6, '0')}` : ''
  const offset =
    zone === 'Z'
      ? '+00:00'
      : (zone?.replace(/^([-+])(\d\d?)$/, (_, sign: string, hours: string) => `${sign}${hours.padStart(2, '0')}:00`) ?? '')
  return `${date} ${hour.padStart(2, '0')}:${minute}:${second}${micros}${offset}`
}

/** What YAML 1.1 reads as something other than text. */
const NOT_TEXT = [
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^(?:~|null|Null|NULL|<<|=|)$/,
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/,
]

function isNotText(text: string): boolean {
  return NOT_TEXT.some(pattern => pattern.test(text))
}

/** Places where plain text would mean YAML: at its start, before a space, after a space. */
const INDICATORS = /^(?:---|\.\.\.)|^[#,[\]{}&*!|>'"%@`]|^[?:-](?=\s|$)|:(?=\s|$)|\s#/
const ONLY_DOUBLE_QUOTED = /[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]| \n/u

function stringText(text: string, indent: number, column: number, canSplit: boolean): string {
  if (ONLY_DOUBLE_QUOTED.test(text) || (!canSplit && text.includes('\n'))) return doubleQuoted(text, indent, column, canSplit)
  const isPlain = !isNotText(text) && !INDICATORS.test(text) && !/^\s|\s$|\n/.test(text)
  if (isPlain) return folded(text, indent, column, canSplit)
  if (/\n /.test(text)) return doubleQuoted(text, indent, column, canSplit)
  return `'${folded(text.replaceAll("'", "''"), indent, column + 1, canSplit)}'`
}

/** Breaks the line at the first single space beyond the width; a line break of the text becomes an empty line. */
function folded(text: string, indent: number, start: number, canSplit: boolean): string {
  const pad = `\n${' '.repeat(indent)}`
  let column = start
  let result = ''
  let end = 0
  for (const piece of text.split(/( +|\n+)/)) {
    end += piece.length
    if (piece.startsWith('\n')) {
      result += `\n${'\n'.repeat(piece.length)}${' '.repeat(indent)}`
      column = indent
    } else if (piece === ' ' && canSplit && column > WIDTH && end < text.length) {
      result += pad
      column = indent
    } else {
      result += piece
      column += [...piece].length
    }
  }
  return result
}

// biome-ignore format: a table
const ESCAPES: Record<string, string> = {
  '\0': '0', '\x07': 'a', '\b': 'b', '\t': 't', '\n': 'n', '\v': 'v', '\f': 'f', '\r': 'r', '\x1b': 'e',
  '"': '"', '\\': '\\', '\x85': 'N', '\xa0': '_', '\u2028': 'L', '\u2029': 'P',
}

function doubleQuoted(text: string, indent: number, start: number, canSplit: boolean): string {
  const characters = [...text]
  const pad = `\\\n${' '.repeat(indent)}`
  let result = '"'
  let column = start + 1
  for (const [index, character] of characters.entries()) {
    const piece = escaped(character)
    const isInside = index > 0 && index < characters.length - 1
    if (character === ' ' && isInside && canSplit && column > WIDTH) {
      result += `${pad}\\ `
      column = indent + 2
    } else {
      result += piece
      column += piece.length
    }
  }
  return `${result}"`
}

function escaped(character: string): string {
  const known = ESCAPES[character]
  if (known && character !== '\xa0') return `\\${known}`
  const code = character.codePointAt(0) ?? 0
  if (code >= 0x20 && code !== 0x7f && code !== 0xfeff && !(code > 0x7f && code < 0xa0)) return character
  return code <= 0xff ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}` : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
}
