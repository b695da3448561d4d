import type { Float } from '@weft/contracts'
import type { BinaryOperator, Call, CallArguments, Compare, CompareOperator, Expression, Filter, Name, SliceExpression } from './ast.ts'
import { describeToken, type Token } from './token.ts'
import type { TokenStream } from './token-stream.ts'

const COMPARISONS: Record<string, CompareOperator> = { eq: '==', ne: '!=', lt: '<', lteq: '<=', gt: '>', gteq: '>=' }
const SUMS: Record<string, BinaryOperator> = { add: '+', sub: '-' }
const PRODUCTS: Record<string, BinaryOperator> = { mul: '*', div: '/', floordiv: '//', mod: '%' }
const POWERS: Record<string, BinaryOperator> = { pow: '**' }
const CONSTANTS: Record<string, boolean | null> = { true: true, True: true, false: false, False: false, none: null, None: null }
const ARGUMENT_STARTS = new Set(['name', 'string', 'integer', 'float', 'lparen', 'lbracket', 'lbrace'])

interface TupleOptions {
  /** Only names and literals. */
  isSimple?: boolean
  hasConditions?: boolean
  endsBefore?: string
  isInParentheses?: boolean
}

/** Jinja2's expression grammar, whose precedences are its own: `~` binds tighter than `+`, `-` tighter than `**`. */
export class ExpressionParser {
  readonly stream: TokenStream

  constructor(stream: TokenStream) {
    this.stream = stream
  }

  parseExpression(hasConditions = true): Expression {
    return this.stream.nested(() => (hasConditions ? this.#parseConditional() : this.#parseOr()))
  }

  #parseConditional(): Expression {
    let { line } = this.stream.current
    let then = this.#parseOr()
    while (this.stream.skipIf('name:if')) {
      const test = this.#parseOr()
      const otherwise = this.stream.skipIf('name:else') ? this.stream.nested(() => this.#parseConditional()) : undefined
      then = { kind: 'conditional', test, then, otherwise, line }
      line = this.stream.current.line
    }
    return then
  }

  #parseOr(): Expression {
    return this.#parseWords('or', () => this.#parseWords('and', () => this.#parseNot()))
  }

  #parseWords(operator: 'or' | 'and', parseOperand: () => Expression): Expression {
    let { line } = this.stream.current
    let left = parseOperand()
    while (this.stream.skipIf(`name:${operator}`)) {
      left = { kind: 'binary', operator, left, right: parseOperand(), line }
      line = this.stream.current.line
    }
    return left
  }

  #parseNot(): Expression {
    if (!this.stream.is('name:not')) return this.#parseCompare()
    const { line } = this.stream.next()
    return { kind: 'unary', operator: 'not', operand: this.stream.nested(() => this.#parseNot()), line }
  }

  #parseCompare(): Expression {
    const { line } = this.stream.current
    const first = this.#parseSum()
    const rest: Compare['rest'] = []
    for (;;) {
      const operator = this.#takeComparison()
      if (!operator) break
      rest.push({ operator, operand: this.#parseSum() })
    }
    return rest.length ? { kind: 'compare', first, rest, line } : first
  }

  #takeComparison(): CompareOperator | undefined {
    const operator = COMPARISONS[this.stream.current.type]
    if (operator) {
      this.stream.next()
      return operator
    }
    if (this.stream.skipIf('name:in')) return 'in'
    if (!this.stream.is('name:not') || this.stream.following.type !== 'name' || this.stream.following.value !== 'in') return undefined
    this.stream.next()
    this.stream.next()
    return 'not in'
  }

  #parseSum(): Expression {
    return this.#parseChain(SUMS, () => this.#parseConcat())
  }

  #parseConcat(): Expression {
    const { line } = this.stream.current
    const items = [this.#parseProduct()]
    while (this.stream.skipIf('tilde')) items.push(this.#parseProduct())
    return items.length === 1 ? (items[0] as Expression) : { kind: 'concat', items, line }
  }

  #parseProduct(): Expression {
    return this.#parseChain(PRODUCTS, () => this.#parseChain(POWERS, () => this.#parseUnary()))
  }

  #parseChain(operators: Record<string, BinaryOperator>, parseOperand: () => Expression): Expression {
    let { line } = this.stream.current
    let left = parseOperand()
    for (let operator = operators[this.stream.current.type]; operator; operator = operators[this.stream.current.type]) {
      this.stream.next()
      left = { kind: 'binary', operator, left, right: parseOperand(), line }
      line = this.stream.current.line
    }
    return left
  }

  #parseUnary(hasFilters = true): Expression {
    const { type, line } = this.stream.current
    let node: Expression
    if (type === 'sub' || type === 'add') {
      this.stream.next()
      const operand = this.stream.nested(() => this.#parseUnary(false))
      node = { kind: 'unary', operator: type === 'sub' ? '-' : '+', operand, line }
    } else node = this.parsePrimary()
    node = this.#parsePostfix(node)
    return hasFilters ? this.#parseFilters(node) : node
  }

  parsePrimary(): Expression {
    const token = this.stream.current
    const { line } = token
    switch (token.type) {
      case 'name':
        this.stream.next()
        return nameOrConstant(token)
      case 'string':
        return this.#parseStrings()
      case 'integer':
      case 'float':
        this.stream.next()
        return { kind: 'constant', value: token.value as number | bigint | Float, line }
      case 'lparen': {
        this.stream.next()
        const inner = this.stream.nested(() => this.parseTuple({ isInParentheses: true }))
        this.stream.expect('rparen')
        return inner
      }
      case 'lbracket':
        return this.#parseList()
      case 'lbrace':
        return this.#parseDict()
      default:
        this.stream.fail(`unexpected '${describeToken(token)}'`, line)
    }
  }

  #parseStrings(): Expression {
    const { line } = this.stream.current
    let value = ''
    while (this.stream.current.type === 'string') value += this.stream.next().value
    return { kind: 'constant', value, line }
  }

  /** One expression, or several behind commas as a tuple. */
  parseTuple(options: TupleOptions = {}): Expression {
    const { stream } = this
    let { line } = stream.current
    const items: Expression[] = []
    let isTuple = false
    for (;;) {
      if (items.length) stream.expect('comma')
      if (stream.isAny(['variable_end', 'block_end', 'rparen']) || (options.endsBefore && stream.is(options.endsBefore))) break
      items.push(options.isSimple ? this.stream.nested(() => this.parsePrimary()) : this.parseExpression(options.hasConditions ?? true))
      if (stream.current.type !== 'comma') break
      isTuple = true
      line = stream.current.line
    }
    if (!isTuple) {
      if (items[0]) return items[0]
      if (!options.isInParentheses) stream.fail(`Expected an expression, got '${describeToken(stream.current)}'`)
    }
    return { kind: 'tuple', items, line }
  }

  #parseList(): Expression {
    const { line } = this.stream.expect('lbracket')
    const items = this.#parseItems('rbracket', () => this.parseExpression())
    return { kind: 'list', items, line }
  }

  #parseDict(): Expression {
    const { line } = this.stream.expect('lbrace')
    const items = this.#parseItems('rbrace', () => {
      const key = this.parseExpression()
      this.stream.expect('colon')
      return { key, value: this.parseExpression() }
    })
    return { kind: 'dict', items, line }
  }

  #parseItems<Item>(end: string, parseItem: () => Item): Item[] {
    const items: Item[] = []
    while (!this.stream.is(end)) {
      if (items.length) this.stream.expect('comma')
      if (this.stream.is(end)) break
      items.push(parseItem())
    }
    this.stream.expect(end)
    return items
  }

  #parsePostfix(start: Expression): Expression {
    let node = start
    for (;;) {
      const { type } = this.stream.current
      if (type === 'dot' || type === 'lbracket') node = this.#parseSubscript(node)
      else if (type === 'lparen') node = this.#parseCall(node)
      else return node
    }
  }

  #parseFilters(start: Expression): Expression {
    let node = start
    for (;;) {
      const { type, value } = this.stream.current
      if (type === 'pipe') node = this.parseFilter(node) as Filter
      else if (type === 'name' && value === 'is') node = this.#parseTest(node)
      else if (type === 'lparen') node = this.#parseCall(node)
      else return node
    }
  }

  #parseSubscript(object: Expression): Expression {
    const { type, line } = this.stream.next()
    if (type === 'dot') {
      const token = this.stream.next()
      if (token.type === 'name') return { kind: 'attribute', object, name: String(token.value), line }
      if (token.type !== 'integer') this.stream.fail('expected name or number', token.line)
      return { kind: 'item', object, key: { kind: 'constant', value: token.value as number, line: token.line }, line }
    }
    const keys: Expression[] = []
    while (!this.stream.is('rbracket')) {
      if (keys.length) this.stream.expect('comma')
      keys.push(this.#parseKey())
    }
    this.stream.expect('rbracket')
    return { kind: 'item', object, key: keys.length === 1 ? (keys[0] as Expression) : { kind: 'tuple', items: keys, line }, line }
  }

  #parseKey(): Expression {
    const { line } = this.stream.current
    let start: Expression | undefined
    if (!this.stream.is('colon')) {
      start = this.parseExpression()
      if (!this.stream.is('colon')) return start
    }
    this.stream.next()
    const part = (): Expression | undefined => (this.stream.isAny(['colon', 'rbracket', 'comma']) ? undefined : this.parseExpression())
    const slice: SliceExpression = { kind: 'slice', start, stop: part(), step: undefined, line }
    if (this.stream.skipIf('colon')) slice.step = this.stream.isAny(['rbracket', 'comma']) ? undefined : this.parseExpression()
    return slice
  }

  #parseCall(callee: Expression): Call {
    const { line } = this.stream.current
    return { kind: 'call', callee, ...this.#parseArguments(), line }
  }

  #parseArguments(): CallArguments {
    const { stream } = this
    const { line } = stream.expect('lparen')
    const found: CallArguments = { args: [], keywords: [], moreArgs: undefined, moreKeywords: undefined }
    const ensure = (isValid: boolean): void => {
      if (!isValid) stream.fail('invalid syntax for function call expression', line)
    }
    for (let isFirst = true; !stream.is('rparen'); isFirst = false) {
      if (!isFirst) {
        stream.expect('comma')
        if (stream.is('rparen')) break
      }
      if (stream.skipIf('mul')) {
        ensure(!found.moreArgs && !found.moreKeywords)
        found.moreArgs = this.parseExpression()
      } else if (stream.skipIf('pow')) {
        ensure(!found.moreKeywords)
        found.moreKeywords = this.parseExpression()
      } else if (stream.current.type === 'name' && stream.following.type === 'assign') {
        ensure(!found.moreKeywords)
        const name = String(stream.next().value)
        stream.next()
        found.keywords.push({ name, value: this.parseExpression() })
      } else {
        ensure(!found.moreArgs && !found.moreKeywords && !found.keywords.length)
        found.args.push(this.parseExpression())
      }
    }
    stream.expect('rparen')
    return found
  }

  #parseDottedName(): { name: string; line: number } {
    const token = this.stream.expect('name')
    let name = String(token.value)
    while (this.stream.skipIf('dot')) name += `.${this.stream.expect('name').value}`
    return { name, line: token.line }
  }

  /** `|name(…)|name…`; with `isInline` the first comes without its bar. */
  parseFilter(input: Expression | undefined, isInline = false): Filter | undefined {
    let node = input
    for (let isFirst = isInline; isFirst || this.stream.is('pipe'); isFirst = false) {
      if (!isFirst) this.stream.next()
      const { name, line } = this.#parseDottedName()
      node = { kind: 'filter', name, input: node, ...(this.stream.is('lparen') ? this.#parseArguments() : noArguments()), line }
    }
    return node as Filter | undefined
  }

  #parseTest(input: Expression): Expression {
    const { line } = this.stream.next()
    const isNegated = this.stream.skipIf('name:not')
    const { name } = this.#parseDottedName()
    const test: Expression = { kind: 'test', name, input, ...this.#parseTestArguments(), line }
    return isNegated ? { kind: 'unary', operator: 'not', operand: test, line } : test
  }

  #parseTestArguments(): CallArguments {
    const { stream } = this
    if (stream.is('lparen')) return this.#parseArguments()
    if (!ARGUMENT_STARTS.has(stream.current.type) || stream.isAny(['name:else', 'name:or', 'name:and'])) return noArguments()
    if (stream.is('name:is')) stream.fail('You cannot chain multiple tests with is')
    return { ...noArguments(), args: [this.#parsePostfix(this.parsePrimary())] }
  }
}

function noArguments(): CallArguments {
  return { args: [], keywords: [], moreArgs: undefined, moreKeywords: undefined }
}

function nameOrConstant(token: Token): Expression {
  const name = String(token.value)
  if (Object.hasOwn(CONSTANTS, name)) return { kind: 'constant', value: CONSTANTS[name] ?? null, line: token.line }
  return { kind: 'name', name, use: 'load', line: token.line } satisfies Name
}
