import { floatText, parseJson, pythonJson } from '@weft/contracts'
import { TextBuilder } from '../text-builder.ts'

/** Deeper than this, indents are larger than what they indent. */
const MAX_DEPTH = 500

const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[ !#-[\]-\uffff]*)*")|(-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)|(true|false|null))/y

/** JSON with an indent of two. Values are not built, which takes many times the text's memory, unless keys repeat. @throws SyntaxError */
export function jsonText(text: string): string {
  return rewritten(text) ?? pythonJson(parseJson(text), 2)
}

interface Level {
  close: '}' | ']'
  /** Of an object, to see those that repeat. */
  keys: Set<string> | undefined
  isEmpty: boolean
}

/** Undefined for what is no JSON or does not say all by itself: the whole has to be understood then. */
function rewritten(text: string): string | undefined {
  const written = new TextBuilder()
  const levels: Level[] = []
  let expected: 'value' | 'first' | 'key' | 'colon' | 'more' = 'value'
  TOKEN.lastIndex = 0
  const line = () => `\n${'  '.repeat(levels.length)}`
  for (;;) {
    const level = levels.at(-1)
    if (!level && expected === 'more') break
    const token = nextToken(text)
    if (!token || levels.length > MAX_DEPTH) return undefined
    const [, mark, string] = token
    if (expected === 'more' || (expected === 'first' && mark === level?.close)) {
      if (level && mark === level.close) {
        levels.pop()
        written.add(level.isEmpty ? level.close : line() + level.close)
        expected = 'more'
      } else if (mark === ',') {
        written.add(`,${line()}`)
        expected = level?.keys ? 'key' : 'value'
      } else return undefined
      continue
    }
    if (expected === 'colon') {
      if (mark !== ':') return undefined
      written.add(': ')
      expected = 'value'
      continue
    }
    if (expected === 'first') written.add(line())
    if (level) level.isEmpty = false
    if (level?.keys && expected !== 'value') {
      if (string === undefined) return undefined
      const key = stringText(string)
      if (level.keys.has(key)) return undefined
      level.keys.add(key)
      written.add(key)
      expected = 'colon'
    } else if (mark === '{' || mark === '[') {
      levels.push({ close: mark === '{' ? '}' : ']', keys: mark === '{' ? new Set() : undefined, isEmpty: true })
      written.add(mark)
      expected = 'first'
    } else {
      const scalar = scalarText(token)
      if (scalar === undefined) return undefined
      written.add(scalar)
      expected = 'more'
    }
  }
  return text.slice(TOKEN.lastIndex).trim() ? undefined : written.toString()
}

/** A text with millions of escapes is more than a regular expression can hold. */
function nextToken(text: string): RegExpExecArray | null {
  try {
    return TOKEN.exec(text)
  } catch {
    return null
  }
}

function stringText(token: string): string {
  return token.includes('\\') ? JSON.stringify(JSON.parse(token)) : token
}

function scalarText([, , string, number, fraction, exponent, word]: RegExpExecArray): string | undefined {
  if (string !== undefined) return stringText(string)
  if (word !== undefined) return word
  if (number === undefined) return undefined
  if (fraction === undefined && exponent === undefined) return number === '-0' ? '0' : number
  const value = Number(number)
  return Number.isFinite(value) ? floatText(value) : undefined
}
