import { float } from '@weft/contracts'
import { TemplateSyntaxError } from '../errors.ts'
import { isIdentifier } from '../values/character-classes.ts'
import { int } from '../values/core.ts'
import { pyRepr } from '../values/printing.ts'
import { SPACE, strip } from '../values/text.ts'
import { unescapeString } from './string-literal.ts'
import { OPERATORS, type Token } from './token.ts'

// All are sticky, and none can match the same stretch in more than one way.
const RAW_BEGIN = new RegExp(`\\{%([-+]?)${SPACE}*raw${SPACE}*(?:-%\\}${SPACE}*|%\\})`, 'y')
const RAW_END = new RegExp(`\\{%([-+]?)${SPACE}*endraw${SPACE}*(?:\\+%\\}|-%\\}${SPACE}*|%\\})`, 'g')
const BLOCK_END = new RegExp(`\\+%\\}|-%\\}${SPACE}*|%\\}`, 'y')
const VARIABLE_END = new RegExp(`-\\}\\}${SPACE}*|\\}\\}`, 'y')
const SPACES = new RegExp(`${SPACE}+`, 'y')
const FLOAT = /(?<!\.)[0-9]+(?:_[0-9]+)*(?:(?:\.[0-9]+(?:_[0-9]+)*)?[eE][+-]?[0-9]+(?:_[0-9]+)*|\.[0-9]+(?:_[0-9]+)*)/y
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?[0-9])*|0(?:_?0)*/y
const NAME = /[\p{L}\p{N}\p{M}\p{Pc}·・]+/uy

const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' }
const MAX_INTEGER_DIGITS = 4300

/** The template's tokens, ending with `eof`, or with an `error` where there is no going on. */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run()
}

/** Line breaks become `\n`, and one at the end is dropped. */
function normalize(source: string): string {
  const text = source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source
  return text.endsWith('\n') ? text.slice(0, -1) : text
}

class Lexer {
  readonly #source: string
  readonly #tokens: Token[] = []
  #position = 0
  #line = 1
  #brackets: string[] = []

  constructor(source: string) {
    this.#source = normalize(source)
  }

  run(): Token[] {
    try {
      while (this.#position < this.#source.length) this.#readData()
      this.#add('eof', '')
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error
      this.#tokens.push({ type: 'error', value: '', line: this.#line, error })
    }
    return this.#tokens
  }

  #add(type: string, value: Token['value']): void {
    this.#tokens.push({ type, value, line: this.#line })
  }

  #fail(message: string): never {
    throw new TemplateSyntaxError(message, this.#line)
  }

  /** Moves over a stretch, counting its lines. */
  #advance(text: string): void {
    for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) this.#line++
    this.#position += text.length
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position
    return pattern.exec(this.#source)
  }

  /** Template text up to the next tag, then that tag. */
  #readData(): void {
    const source = this.#source
    const start = this.#position
    let open = start
    for (;;) {
      open = source.indexOf('{', open)
      if (open < 0 || open + 1 >= source.length) {
        this.#addData(source.slice(start), false)
        return
      }
      const next = source[open + 1]
      if (next === '%' || next === '{' || next === '#') break
      open++
    }
    this.#addData(source.slice(start, open), source[open + 2] === '-')
    this.#readTag()
  }

  #addData(text: string, isTrimmed: boolean): void {
    const shown = isTrimmed ? strip(text, 'right') : text
    if (shown) this.#add('data', shown)
    this.#advance(text)
  }

  #readTag(): void {
    const raw = this.#match(RAW_BEGIN)
    if (raw) {
      this.#readRaw(raw[0])
      return
    }
    const kind = this.#source[this.#position + 1]
    const sign = this.#source[this.#position + 2]
    const begin = this.#source.slice(this.#position, this.#position + (sign === '-' || sign === '+' ? 3 : 2))
    if (kind === '#') {
      this.#skipComment(begin)
      return
    }
    const type = kind === '%' ? 'block' : 'variable'
    this.#add(`${type}_begin`, begin)
    this.#position += begin.length
    this.#readExpression(type, type === 'block' ? BLOCK_END : VARIABLE_END)
  }

  #readRaw(begin: string): void {
    this.#advance(begin)
    RAW_END.lastIndex = this.#position
    const end = RAW_END.exec(this.#source)
    if (!end) {
      if (this.#position < this.#source.length) this.#fail('Missing end of raw directive')
      return
    }
    this.#addData(this.#source.slice(this.#position, end.index), end[1] === '-')
    this.#advance(end[0])
  }

  #skipComment(begin: string): void {
    this.#position += begin.length
    const end = this.#source.indexOf('#}', this.#position)
    if (end < 0) {
      if (this.#position < this.#source.length) this.#fail('Missing end of comment tag')
      return
    }
    const isTrimming = end > this.#position && this.#source[end - 1] === '-'
    this.#advance(this.#source.slice(this.#position, end + 2))
    if (isTrimming) this.#advance(this.#match(SPACES)?.[0] ?? '')
  }

  #readExpression(type: string, end: RegExp): void {
    this.#brackets = []
    while (this.#position < this.#source.length) {
      const found = this.#brackets.length ? null : this.#match(end)
      if (found) {
        this.#add(`${type}_end`, found[0])
        this.#advance(found[0])
        return
      }
      this.#readToken()
    }
  }

  #readToken(): void {
    const space = this.#match(SPACES)
    const number = space ? null : this.#match(FLOAT)
    const integer = space || number ? null : this.#match(INTEGER)
    const name = space || number || integer ? null : this.#match(NAME)
    const character = this.#source.charAt(this.#position)
    if (space) this.#advance(space[0])
    else if (number) this.#take('float', number[0], float(Number(number[0].replaceAll('_', ''))))
    else if (integer) this.#take('integer', integer[0], this.#integer(integer[0].replaceAll('_', '')))
    else if (name) this.#take('name', name[0], this.#identifier(name[0]))
    else if (character === '"' || character === "'") this.#readString(character)
    else this.#readOperator()
  }

  #identifier(name: string): string {
    if (!isIdentifier(name)) this.#fail('Invalid character in identifier')
    return name
  }

  #take(type: string, text: string, value: Token['value']): void {
    this.#add(type, value)
    this.#advance(text)
  }

  #integer(text: string): number | bigint {
    if (text.length > MAX_INTEGER_DIGITS) this.#fail('Exceeds the limit (4300) for integer string conversion')
    const small = Number(text)
    return Number.isSafeInteger(small) ? small : int(BigInt(text))
  }

  #readString(quote: string): void {
    const source = this.#source
    let end = this.#position + 1
    while (end < source.length && source[end] !== quote) end += source[end] === '\\' ? 2 : 1
    if (end >= source.length) this.#unexpected()
    const text = source.slice(this.#position, end + 1)
    const value = unescapeString(text.slice(1, -1), message => this.#fail(message))
    this.#take('string', text, value)
  }

  #unexpected(): never {
    const code = this.#source.codePointAt(this.#position) ?? 0
    const index = Array.from(this.#source.slice(0, this.#position)).length
    this.#fail(`unexpected char ${pyRepr(String.fromCodePoint(code))} at ${index}`)
  }

  #readOperator(): void {
    const two = this.#source.slice(this.#position, this.#position + 2)
    const text = OPERATORS.has(two) ? two : two.charAt(0)
    const type = OPERATORS.get(text)
    if (!type) this.#unexpected()
    const closing = CLOSING[text]
    if (closing) this.#brackets.push(closing)
    else if (text === ')' || text === ']' || text === '}') {
      const expected = this.#brackets.pop()
      if (expected === undefined) this.#fail(`unexpected '${text}'`)
      if (expected !== text) this.#fail(`unexpected '${text}', expected '${expected}'`)
    }
    this.#take(type, text, text)
  }
}
