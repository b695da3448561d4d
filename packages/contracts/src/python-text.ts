import { Float, type Value } from './value.ts'

/** `str(value)` as Python 3 prints it. Users see this in prompts, answers and templates. */
export function pythonStr(value: Value): string {
  return typeof value === 'string' ? value : pythonRepr(value)
}

/** `repr(value)` as Python 3 prints it: `None`, `True`, `1.0`, `'text'`, `['a', 1]`, `{'key': 'value'}`. */
export function pythonRepr(value: Value): string {
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'string') return pythonStringRepr(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return Number.isInteger(value) ? integerText(value) : floatText(value)
  if (value instanceof Float) return floatText(value.value)
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, item]) => `${pythonStringRepr(key)}: ${pythonRepr(item)}`)
    .join(', ')}}`
}

function integerText(value: number): string {
  return Math.abs(value) < 1e21 ? String(value) : BigInt(value).toString()
}

/** `repr` of a Python float: shortest digits, exponent below 1e-4 and from 1e16. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [digits = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 16) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const plain = Math.abs(value) < 1e-6 ? value.toFixed(Math.max(0, digits.replace(/[-.]/g, '').length - 1 - exponent)) : String(value)
  return plain.includes('.') ? plain : `${plain}.0`
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Characters Python's `repr` escapes: what is not printable, save the space. */
const NOT_PRINTABLE = /[\\\n\r\t]|[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu

/** `repr` of a Python string: quoted, with what cannot be seen escaped. */
export function pythonStringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const body = text.replace(NOT_PRINTABLE, escapeCharacter)
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote
}

function escapeCharacter(character: string): string {
  const known = ESCAPES[character]
  if (known) return known
  const code = character.codePointAt(0) ?? 0
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}

/** `json.dumps(value, ensure_ascii=False)` with Python's separators: one line, `", "` and `": "`; or indented. */
export function pythonJson(value: Value, indent = 0, depth = 0): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === null) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return jsonNotFinite(value)
  if (typeof value !== 'object' || value instanceof Float) return pythonRepr(value)
  const isList = Array.isArray(value)
  const items = isList
    ? value.map(item => pythonJson(item, indent, depth + 1))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${pythonJson(item, indent, depth + 1)}`)
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  if (!items.length) return open + close
  if (!indent) return open + items.join(', ') + close
  const pad = `\n${' '.repeat(indent * (depth + 1))}`
  return `${open}${pad}${items.join(`,${pad}`)}\n${' '.repeat(indent * depth)}${close}`
}

/** Python writes the numbers that JSON does not have. */
function jsonNotFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? 'Infinity' : '-Infinity'
}
