import { TemplateRuntimeError, TemplateSyntaxError } from '../errors.ts'
import { describeToken, describeWanted, isToken, type Token } from './token.ts'

const MAX_NESTING = 120

/** The parser's place in the tokens. */
export class TokenStream {
  readonly #tokens: Token[]
  #index = 0
  #nesting = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  get current(): Token {
    return this.#at(this.#index)
  }

  get following(): Token {
    return this.#at(this.#index + 1)
  }

  #at(index: number): Token {
    const token = (this.#tokens[index] ?? this.#tokens.at(-1)) as Token
    if (token.error) throw token.error
    return token
  }

  next(): Token {
    const token = this.current
    if (token.type !== 'eof') this.#index++
    return token
  }

  is(wanted: string): boolean {
    return isToken(this.current, wanted)
  }

  isAny(wanted: readonly string[]): boolean {
    return wanted.some(item => this.is(item))
  }

  skipIf(wanted: string): boolean {
    if (!this.is(wanted)) return false
    this.next()
    return true
  }

  /** @throws TemplateSyntaxError where the current token is not the wanted one */
  expect(wanted: string): Token {
    const token = this.current
    if (isToken(token, wanted)) return this.next()
    const words = describeWanted(wanted)
    if (token.type === 'eof') this.fail(`unexpected end of template, expected ${quote(words)}.`)
    this.fail(`expected token ${quote(words)}, got ${quote(describeToken(token))}`)
  }

  fail(message: string, line = this.current.line): never {
    throw new TemplateSyntaxError(message, line)
  }

  /** Runs `parse` one level deeper, so that nobody's brackets can exhaust the stack. */
  nested<Result>(parse: () => Result): Result {
    if (this.#nesting >= MAX_NESTING) throw new TemplateRuntimeError('RecursionError', 'maximum recursion depth exceeded')
    this.#nesting++
    try {
      return parse()
    } finally {
      this.#nesting--
    }
  }
}

function quote(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`
}
