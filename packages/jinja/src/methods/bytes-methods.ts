import { spend, spendText } from '../budget.ts'
import { TemplateRuntimeError, typeError } from '../errors.ts'
import { isInt, isText, rawText, toIndex } from '../values/core.ts'
import { PyObject, type PyValue } from '../values/objects.ts'
import { asciiOnly } from '../values/percent-format.ts'
import { pyRepr } from '../values/printing.ts'
import { type Method, type MethodTable, named, positional } from './method-table.ts'

/** What `str.encode` gives. */
export class Bytes extends PyObject {
  override readonly typeName = 'bytes'
  readonly data: Uint8Array
  constructor(data: Uint8Array) {
    super()
    this.data = data
  }
  override repr(): string {
    spend(this.data.length / 8)
    let text = ''
    for (const byte of this.data) text += byteText(byte)
    const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
    return `b${quote}${quote === "'" ? text.replaceAll("'", "\\'") : text}${quote}`
  }
  override isTrue(): boolean {
    return this.data.length > 0
  }
  override size(): number {
    return this.data.length
  }
  override iterate(): Iterator<PyValue> {
    return this.data[Symbol.iterator]()
  }
  override item(key: PyValue): PyValue {
    if (!isInt(key)) throw typeError('byte indices must be integers or slices')
    const byte = this.data.at(toIndex(key))
    if (byte === undefined) throw new TemplateRuntimeError('IndexError', 'index out of range')
    return byte
  }
}

function byteText(byte: number): string {
  if (byte === 0x5c) return '\\\\'
  if (byte === 0x0a) return '\\n'
  if (byte === 0x0d) return '\\r'
  if (byte === 0x09) return '\\t'
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
}

const LIMITS: Record<string, number> = { ascii: 0x7f, 'us-ascii': 0x7f, 'latin-1': 0xff, latin1: 0xff, 'iso-8859-1': 0xff }

/** `str.encode`. UTF-8, ASCII and Latin-1 are known. */
export function encode(text: string, encoding = 'utf-8', errors = 'strict'): Bytes {
  spendText(text.length)
  const name = encoding.toLowerCase().replaceAll('_', '-')
  if (name === 'utf-8' || name === 'utf8') return new Bytes(new TextEncoder().encode(text))
  const limit = Object.hasOwn(LIMITS, name) ? LIMITS[name] : undefined
  if (limit === undefined) throw new TemplateRuntimeError('LookupError', `unknown encoding: ${encoding}`)
  const bytes: number[] = []
  const items = Array.from(text, character => character.codePointAt(0) ?? 0)
  items.forEach((code, index) => {
    if (code <= limit) bytes.push(code)
    else if (errors === 'replace') bytes.push(0x3f)
    else if (errors !== 'ignore') throw cannotEncode(items, index, limit)
  })
  return new Bytes(Uint8Array.from(bytes))
}

function cannotEncode(items: number[], start: number, limit: number): TemplateRuntimeError {
  let end = start
  while ((items[end + 1] ?? 0) > limit) end++
  const codec = limit === 0x7f ? 'ascii' : 'latin-1'
  const shown = asciiOnly(pyRepr(String.fromCodePoint(items[start] ?? 0)))
  const what = end === start ? `character ${shown} in position ${start}` : `characters in position ${start}-${end}`
  return new TemplateRuntimeError('UnicodeEncodeError', `'${codec}' codec can't encode ${what}: ordinal not in range(${limit + 1})`)
}

function decode(bytes: Bytes, encoding: PyValue = 'utf-8', errors: PyValue = 'strict'): string {
  const name = isText(encoding) ? rawText(encoding).toLowerCase().replaceAll('_', '-') : ''
  const isStrict = errors === 'strict'
  if (name !== 'utf-8' && name !== 'utf8' && !Object.hasOwn(LIMITS, name)) {
    throw new TemplateRuntimeError('LookupError', `unknown encoding: ${name}`)
  }
  const isLatin = LIMITS[name] === 0xff
  try {
    if (isLatin) return Array.from(bytes.data, byte => String.fromCharCode(byte)).join('')
    return new TextDecoder('utf-8', { fatal: isStrict, ignoreBOM: true }).decode(bytes.data)
  } catch (error) {
    throw new TemplateRuntimeError('UnicodeDecodeError', "'utf-8' codec can't decode bytes", { cause: error })
  }
}

export const BYTES_METHODS: MethodTable = new Map<string, Method>([
  named('decode', ['encoding', 'errors'], 0, (bytes: Bytes, encoding?, errors?) => decode(bytes, encoding, errors)),
  positional('bytes', 'hex', 0, 0, (bytes: Bytes) => Array.from(bytes.data, byte => byte.toString(16).padStart(2, '0')).join('')),
])
