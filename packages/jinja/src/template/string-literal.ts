const SIMPLE: Record<string, string> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

const HEX_LENGTHS: Record<string, number> = { x: 2, u: 4, U: 8 }
const NAMED: Record<string, string> = { x: '\\xXX', u: '\\uXXXX', U: '\\UXXXXXXXX' }

/** What the text between a string's quotes stands for: Python's `unicode-escape` over ASCII with the rest escaped. */
export function unescapeString(text: string, fail: (message: string) => never): string {
  if (!text.includes('\\')) return text
  const parts: string[] = []
  let index = 0
  for (;;) {
    const start = text.indexOf('\\', index)
    if (start < 0) break
    parts.push(text.slice(index, start))
    const [value, length] = readEscape(text, start + 1, fail)
    parts.push(value)
    index = start + 1 + length
  }
  parts.push(text.slice(index))
  return parts.join('')
}

/** The value of the escape behind a backslash, and how many characters it takes. */
function readEscape(text: string, at: number, fail: (message: string) => never): [value: string, length: number] {
  const kind = text.charAt(at)
  if (Object.hasOwn(SIMPLE, kind)) return [SIMPLE[kind] ?? '', 1]
  if (kind >= '0' && kind <= '7') {
    const digits = /^[0-7]{1,3}/.exec(text.slice(at, at + 3))?.[0] ?? ''
    return [String.fromCharCode(Number.parseInt(digits, 8)), digits.length]
  }
  if (Object.hasOwn(HEX_LENGTHS, kind)) {
    const count = HEX_LENGTHS[kind] ?? 0
    const digits = text.slice(at + 1, at + 1 + count)
    if (digits.length < count || !/^[0-9a-fA-F]+$/.test(digits)) fail(`truncated ${NAMED[kind]} escape`)
    const code = Number.parseInt(digits, 16)
    if (code > 0x10ffff) fail('illegal Unicode character')
    return [String.fromCodePoint(code), count + 1]
  }
  if (kind === 'N') fail(/^N\{[^}]+\}/.test(text.slice(at, at + 100)) ? 'unknown Unicode character name' : 'malformed \\N character escape')
  const code = text.codePointAt(at) ?? 0
  // A character beyond ASCII has become an escape of its own by now, whose backslash this one escapes.
  if (code > 0x7f) return [`\\${escaped(code)}`, String.fromCodePoint(code).length]
  return [`\\${kind}`, 1]
}

function escaped(code: number): string {
  if (code <= 0xff) return `x${code.toString(16)}`
  return code <= 0xffff ? `u${code.toString(16).padStart(4, '0')}` : `U${code.toString(16).padStart(8, '0')}`
}
