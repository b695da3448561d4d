import type { Float } from '@weft/contracts'
import type { TemplateSyntaxError } from '../errors.ts'

export interface Token {
  /** `data`, `name`, `string`, `integer`, `float`, `block_begin`, …, or an operator's name such as `add`. */
  type: string
  value: string | number | bigint | Float
  line: number
  /** With type `error`: what the parser fails with once it gets here, as Jinja2 reads no further than it needs. */
  error?: TemplateSyntaxError
}

/** Operators and how the parser names them, longest first. */
export const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['//', 'floordiv'],
  ['**', 'pow'],
  ['==', 'eq'],
  ['!=', 'ne'],
  ['>=', 'gteq'],
  ['<=', 'lteq'],
  ['+', 'add'],
  ['-', 'sub'],
  ['/', 'div'],
  ['*', 'mul'],
  ['%', 'mod'],
  ['~', 'tilde'],
  ['[', 'lbracket'],
  [']', 'rbracket'],
  ['(', 'lparen'],
  [')', 'rparen'],
  ['{', 'lbrace'],
  ['}', 'rbrace'],
  ['>', 'gt'],
  ['<', 'lt'],
  ['=', 'assign'],
  ['.', 'dot'],
  [':', 'colon'],
  ['|', 'pipe'],
  [',', 'comma'],
  [';', 'semicolon'],
])

const OPERATOR_TEXTS = new Map([...OPERATORS].map(([text, type]) => [type, text]))

const DESCRIPTIONS = new Map([
  ['block_begin', 'begin of statement block'],
  ['block_end', 'end of statement block'],
  ['variable_begin', 'begin of print statement'],
  ['variable_end', 'end of print statement'],
  ['data', 'template data / text'],
  ['eof', 'end of template'],
])

/** A kind of token in words, as error messages have it. */
export function describeType(type: string): string {
  return OPERATOR_TEXTS.get(type) ?? DESCRIPTIONS.get(type) ?? type
}

export function describeToken(token: Token): string {
  return token.type === 'name' ? String(token.value) : describeType(token.type)
}

/** A wanted token in words: `comma` or `name:endif`. */
export function describeWanted(wanted: string): string {
  return wanted.startsWith('name:') ? wanted.slice('name:'.length) : describeType(wanted)
}

/** Whether the token is of the wanted type (`comma`), or the wanted word (`name:in`). */
export function isToken(token: Token, wanted: string): boolean {
  if (token.type === wanted) return true
  return token.type === 'name' && wanted.startsWith('name:') && token.value === wanted.slice('name:'.length)
}
