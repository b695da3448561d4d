/** Gives the context its `console`. Called with a function that takes a finished line. */
export const JAVASCRIPT_PRELUDE = `(write => {
  const { stringify } = JSON
  const show = value => {
    if (typeof value === 'string') return value
    if (typeof value === 'function') return '[Function: ' + (value.name || 'anonymous') + ']'
    if (value instanceof Error) return value.name + ': ' + value.message
    if (typeof value === 'object' && value !== null) {
      try { return stringify(value) } catch { return '[object]' }
    }
    return typeof value === 'bigint' ? value + 'n' : String(value)
  }
  const log = (...values) => write(values.map(show).join(' '))
  globalThis.console = { log, info: log, debug: log, warn: log, error: log, trace: log, dir: log, table: log }
})`

const BASE64 = `const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const toBase64 = bytes => {
    let text = ''
    for (let at = 0; at < bytes.length; at += 3) {
      const [a, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]]
      text += alphabet[a >> 2] + alphabet[((a & 3) << 4) | ((b ?? 0) >> 4)]
      text += b === undefined ? '==' : alphabet[((b & 15) << 2) | ((c ?? 0) >> 6)] + (c === undefined ? '=' : alphabet[c & 63])
    }
    return text
  }
  const fromBase64 = text => {
    const bytes = []
    let [bits, count] = [0, 0]
    for (const character of text) {
      const value = alphabet.indexOf(character === '-' ? '+' : character === '_' ? '/' : character)
      if (value < 0) continue
      bits = (bits << 6) | value
      count += 6
      if (count >= 8) {
        count -= 8
        bytes.push((bits >> count) & 255)
      }
    }
    return bytes
  }`

const UTF8 = `const toUtf8 = text => {
    const bytes = []
    for (const character of String(text).toWellFormed()) {
      const code = character.codePointAt(0)
      if (code < 0x80) bytes.push(code)
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    }
    return bytes
  }
  const fromUtf8 = bytes => {
    let text = ''
    for (let at = 0; at < bytes.length; ) {
      const first = bytes[at]
      const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
      let code = length === 1 ? first : first & (0xff >> (length + 1))
      let isWhole = length > 0 && at + length <= bytes.length
      for (let next = 1; isWhole && next < length; next++) {
        if ((bytes[at + next] & 0xc0) !== 0x80) isWhole = false
        else code = (code << 6) | (bytes[at + next] & 63)
      }
      text += isWhole && code <= 0x10ffff ? String.fromCodePoint(code) : '\\ufffd'
      at += isWhole ? length : 1
    }
    return text
  }`

/** Functions of Node that code often uses, by their global name; only put into a context whose code names them. */
export const WEB_FUNCTIONS: Record<string, string> = {
  btoa: `{ ${BASE64}
  globalThis.btoa = text => toBase64([...String(text)].map(character => {
    const code = character.codePointAt(0)
    if (code > 255) throw new Error('Invalid character')
    return code
  })) }`,
  atob: `{ ${BASE64}
  globalThis.atob = text => String.fromCharCode(...fromBase64(String(text))) }`,
  TextEncoder: `{ ${UTF8}
  globalThis.TextEncoder = class TextEncoder { encoding = 'utf-8'; encode(text = '') { return Uint8Array.from(toUtf8(text)) } } }`,
  TextDecoder: `{ ${UTF8}
  globalThis.TextDecoder = class TextDecoder {
    encoding = 'utf-8'
    decode(bytes = []) { return fromUtf8(new Uint8Array(bytes.buffer ? bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) : bytes)) }
  } }`,
  Buffer: `{ ${BASE64}
  ${UTF8}
  const encodings = {
    utf8: [toUtf8, fromUtf8],
    base64: [fromBase64, toBase64],
    base64url: [fromBase64, bytes => toBase64(bytes).replace(/[+/=]/g, c => ({ '+': '-', '/': '_' })[c] ?? '')],
    hex: [text => (text.match(/[0-9a-f]{2}/gi) ?? []).map(pair => parseInt(pair, 16)), bytes => [...bytes].map(b => b.toString(16).padStart(2, '0')).join('')],
    latin1: [text => [...text].map(c => c.charCodeAt(0) & 255), bytes => [...bytes].map(b => String.fromCharCode(b)).join('')],
  }
  Object.assign(encodings, { 'utf-8': encodings.utf8, binary: encodings.latin1, ascii: encodings.latin1 })
  const coding = name => {
    const found = encodings[String(name ?? 'utf8').toLowerCase()]
    if (!found) throw new TypeError('Unknown encoding: ' + name)
    return found
  }
  globalThis.Buffer = class Buffer extends Uint8Array {
    static from(source, encoding) { return super.from(typeof source === 'string' ? coding(encoding)[0](source) : new Uint8Array(source)) }
    static alloc(size, fill = 0) { return new Buffer(size).fill(fill) }
    static isBuffer(value) { return value instanceof Buffer }
    static byteLength(text, encoding) { return Buffer.from(text, encoding).length }
    static concat(list) { return Buffer.from(list.flatMap(part => [...part])) }
    toString(encoding) { return coding(encoding)[1](this) }
    toJSON() { return { type: 'Buffer', data: [...this] } }
    equals(other) { return this.toString('hex') === Buffer.from(other).toString('hex') }
  } }`,
}

export function webFunctionsIn(code: string): string[] {
  return Object.keys(WEB_FUNCTIONS).filter(name => code.includes(name))
}
