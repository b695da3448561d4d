import { TemplateSyntaxError } from '../errors.ts'
import { isSpaceText } from '../values/character-classes.ts'
import type {
  Autoescape,
  Block,
  CallBlock,
  Expression,
  FilterBlock,
  For,
  If,
  Load,
  Macro,
  Name,
  Output,
  OutputPart,
  Signature,
  Statement,
  With,
} from './ast.ts'
import { ExpressionParser } from './expression-parser.ts'
import { tokenize } from './lexer.ts'
import { describeWanted } from './token.ts'
import { TokenStream } from './token-stream.ts'

/** The statements of a template. @throws TemplateSyntaxError */
export function parse(source: string): Statement[] {
  return new Parser(new TokenStream(tokenize(source))).parseTemplate()
}

const CONSTANT_NAMES = new Set(['true', 'false', 'none', 'True', 'False', 'None'])

class Parser {
  readonly #stream: TokenStream
  readonly #expressions: ExpressionParser
  /** Tags that are open, innermost last. */
  readonly #tags: string[] = []
  /** The tags that may end each open body. */
  readonly #ends: (readonly string[])[] = []

  constructor(stream: TokenStream) {
    this.#stream = stream
    this.#expressions = new ExpressionParser(stream)
  }

  parseTemplate(): Statement[] {
    return this.#parseBody()
  }

  #parseBody(ends?: readonly string[]): Statement[] {
    const stream = this.#stream
    const body: Statement[] = []
    let parts: OutputPart[] = []
    let partsLine = 1
    const flush = (): void => {
      if (parts.length) body.push({ kind: 'output', parts, line: partsLine } satisfies Output)
      parts = []
    }
    const add = (part: OutputPart, line: number): void => {
      if (!parts.length) partsLine = line
      parts.push(part)
    }
    if (ends) this.#ends.push(ends)
    try {
      for (;;) {
        const token = stream.current
        if (token.type === 'data') add(String(stream.next().value), token.line)
        else if (token.type === 'variable_begin') {
          stream.next()
          add(this.#expressions.parseTuple(), token.line)
          stream.expect('variable_end')
        } else if (token.type === 'block_begin') {
          flush()
          stream.next()
          if (ends && stream.isAny(ends)) return body
          body.push(stream.nested(() => this.#parseStatement()))
          stream.expect('block_end')
        } else {
          flush()
          return body
        }
      }
    } finally {
      if (ends) this.#ends.pop()
    }
  }

  #parseStatement(): Statement {
    const token = this.#stream.current
    if (token.type !== 'name') this.#stream.fail('tag name expected', token.line)
    const tag = String(token.value)
    const parseTag = TAGS.get(tag)
    if (!parseTag) this.#failUnknown(tag, this.#ends, token.line)
    this.#tags.push(tag)
    const statement = parseTag(this)
    this.#tags.pop()
    return statement
  }

  #failUnknown(tag: string | undefined, ends: readonly (readonly string[])[], line: number): never {
    const words = [tag === undefined ? 'Unexpected end of template.' : `Encountered unknown tag '${tag}'.`]
    const looking = ends
      .at(-1)
      ?.map(end => `'${describeWanted(end)}'`)
      .join(' or ')
    if (looking && tag !== undefined && ends.some(list => list.some(end => describeWanted(end) === tag))) {
      words.push(`You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${looking}.`)
    } else if (looking) words.push(`Jinja was looking for the following tags: ${looking}.`)
    const open = this.#tags.at(-1)
    if (open !== undefined) words.push(`The innermost block that needs to be closed is '${open}'.`)
    this.#stream.fail(words.join(' '), line)
  }

  /** The statements up to one of the tags, which becomes the current token; with `isLast` it is passed too. */
  #parseUntil(ends: readonly string[], isLast = false): Statement[] {
    this.#stream.skipIf('colon')
    this.#stream.expect('block_end')
    const body = this.#parseBody(ends)
    if (this.#stream.is('eof')) this.#failUnknown(undefined, [...this.#ends, ends], this.#stream.current.line)
    if (isLast) this.#stream.next()
    return body
  }

  #parseTarget(options: { endsBefore?: string; hasNamespace?: boolean } = {}): Expression {
    const stream = this.#stream
    if (options.hasNamespace && stream.following.type === 'dot') {
      const { value, line } = stream.expect('name')
      stream.next()
      return { kind: 'namespace', name: String(value), attribute: String(stream.expect('name').value), line }
    }
    const target = this.#expressions.parseTuple({ isSimple: true, ...(options.endsBefore && { endsBefore: options.endsBefore }) })
    store(target, 'store')
    this.#checkAssignable(target)
    return target
  }

  #checkAssignable(target: Expression): void {
    if (!isAssignable(target)) this.#stream.fail(`can't assign to '${CLASS_NAMES[target.kind] ?? target.kind}'`, target.line)
  }

  #parseName(use: Name['use']): Name {
    const { value, line } = this.#stream.expect('name')
    const name = String(value)
    if (CONSTANT_NAMES.has(name)) this.#stream.fail("can't assign to 'name'", line)
    return { kind: 'name', name, use, line }
  }

  parseSet(): Statement {
    const { line } = this.#stream.next()
    const target = this.#parseTarget({ hasNamespace: true })
    if (this.#stream.skipIf('assign')) return { kind: 'assign', target, value: this.#expressions.parseTuple(), line }
    const filter = this.#expressions.parseFilter(undefined)
    return { kind: 'assign-block', target, filter, body: this.#parseUntil(['name:endset'], true), line }
  }

  parseFor(): For {
    const stream = this.#stream
    const { line } = stream.next()
    const target = this.#parseTarget({ endsBefore: 'name:in' })
    stream.expect('name:in')
    const iterable = this.#expressions.parseTuple({ hasConditions: false, endsBefore: 'name:recursive' })
    const test = stream.skipIf('name:if') ? this.#expressions.parseExpression() : undefined
    const isRecursive = stream.skipIf('name:recursive')
    const body = this.#parseUntil(['name:endfor', 'name:else'])
    const otherwise = stream.next().value === 'endfor' ? [] : this.#parseUntil(['name:endfor'], true)
    return { kind: 'for', target, iterable, body, otherwise, test, isRecursive, line }
  }

  parseIf(): If {
    const stream = this.#stream
    const { line } = stream.next()
    const node: If = { kind: 'if', branches: [], otherwise: [], line }
    for (;;) {
      const test = this.#expressions.parseTuple({ hasConditions: false })
      node.branches.push({ test, body: this.#parseUntil(['name:elif', 'name:else', 'name:endif']) })
      const { value } = stream.next()
      if (value === 'elif') continue
      if (value === 'else') node.otherwise = this.#parseUntil(['name:endif'], true)
      return node
    }
  }

  parseWith(): With {
    const { line } = this.#stream.next()
    const targets: Expression[] = []
    const values: Expression[] = []
    while (!this.#stream.is('block_end')) {
      if (targets.length) this.#stream.expect('comma')
      const target = this.#parseTarget()
      store(target, 'parameter')
      targets.push(target)
      this.#stream.expect('assign')
      values.push(this.#expressions.parseExpression())
    }
    return { kind: 'with', targets, values, body: this.#parseUntil(['name:endwith'], true), line }
  }

  parseAutoescape(): Autoescape {
    const { line } = this.#stream.next()
    const isOn = this.#expressions.parseExpression()
    return { kind: 'autoescape', isOn, body: this.#parseUntil(['name:endautoescape'], true), line }
  }

  parseBlock(): Block {
    const stream = this.#stream
    const { line } = stream.next()
    const name = String(stream.expect('name').value)
    const isScoped = stream.skipIf('name:scoped')
    const isRequired = stream.skipIf('name:required')
    if (stream.is('sub')) {
      stream.fail('Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.')
    }
    const body = this.#parseUntil(['name:endblock'], true)
    if (isRequired && !body.every(isBlank)) stream.fail('Required blocks can only contain comments or whitespace')
    stream.skipIf(`name:${name}`)
    return { kind: 'block', name, body, isScoped, isRequired, line }
  }

  parseLoad(): Load {
    const token = this.#stream.next()
    const tag = String(token.value) as Load['tag']
    const node: Load = { kind: 'load', tag, template: this.#expressions.parseExpression(), names: [], line: token.line }
    if (tag === 'include') {
      if (this.#stream.is('name:ignore') && this.#stream.following.value === 'missing') {
        this.#stream.next()
        this.#stream.next()
      }
      this.#skipContext()
    } else if (tag === 'import') {
      this.#stream.expect('name:as')
      node.names = [this.#parseName('store').name]
      this.#skipContext()
    } else if (tag === 'from') node.names = this.#parseImportedNames()
    return node
  }

  #skipContext(): boolean {
    if (!this.#stream.isAny(['name:with', 'name:without']) || this.#stream.following.value !== 'context') return false
    this.#stream.next()
    this.#stream.next()
    return true
  }

  #parseImportedNames(): string[] {
    const stream = this.#stream
    stream.expect('name:import')
    const names: string[] = []
    for (;;) {
      if (names.length) stream.expect('comma')
      if (stream.current.type !== 'name') stream.expect('name')
      if (this.#skipContext()) return names
      const { name, line } = this.#parseName('store')
      if (name.startsWith('_')) {
        throw new TemplateSyntaxError('names starting with an underline can not be imported', line, 'TemplateAssertionError')
      }
      names.push(stream.skipIf('name:as') ? this.#parseName('store').name : name)
      if (this.#skipContext() || !stream.is('comma')) return names
    }
  }

  #parseSignature(): Signature {
    const stream = this.#stream
    const signature: Signature = { parameters: [], defaults: [] }
    stream.expect('lparen')
    while (!stream.is('rparen')) {
      if (signature.parameters.length) stream.expect('comma')
      const parameter = this.#parseName('parameter')
      if (stream.skipIf('assign')) signature.defaults.push(this.#expressions.parseExpression())
      else if (signature.defaults.length) stream.fail('non-default argument follows default argument')
      signature.parameters.push(parameter)
    }
    stream.expect('rparen')
    return signature
  }

  parseCallBlock(): CallBlock {
    const { line } = this.#stream.next()
    const signature = this.#stream.is('lparen') ? this.#parseSignature() : { parameters: [], defaults: [] }
    const call = this.#expressions.parseExpression()
    if (call.kind !== 'call') this.#stream.fail('expected call', line)
    return { kind: 'call-block', ...signature, call, body: this.#parseUntil(['name:endcall'], true), line }
  }

  parseFilterBlock(): FilterBlock {
    const { line } = this.#stream.next()
    const filter = this.#expressions.parseFilter(undefined, true)
    if (!filter) this.#stream.fail('expected a filter', line)
    return { kind: 'filter-block', filter, body: this.#parseUntil(['name:endfilter'], true), line }
  }

  parseMacro(): Macro {
    const { line } = this.#stream.next()
    const { name } = this.#parseName('store')
    return { kind: 'macro', name, ...this.#parseSignature(), body: this.#parseUntil(['name:endmacro'], true), line }
  }

  parsePrint(): Output {
    const { line } = this.#stream.next()
    const parts: OutputPart[] = []
    while (!this.#stream.is('block_end')) {
      if (parts.length) this.#stream.expect('comma')
      parts.push(this.#expressions.parseExpression())
    }
    return { kind: 'output', parts, line }
  }
}

const TAGS: ReadonlyMap<string, (parser: Parser) => Statement> = new Map<string, (parser: Parser) => Statement>([
  ['for', parser => parser.parseFor()],
  ['if', parser => parser.parseIf()],
  ['block', parser => parser.parseBlock()],
  ['extends', parser => parser.parseLoad()],
  ['include', parser => parser.parseLoad()],
  ['import', parser => parser.parseLoad()],
  ['from', parser => parser.parseLoad()],
  ['print', parser => parser.parsePrint()],
  ['macro', parser => parser.parseMacro()],
  ['set', parser => parser.parseSet()],
  ['with', parser => parser.parseWith()],
  ['autoescape', parser => parser.parseAutoescape()],
  ['call', parser => parser.parseCallBlock()],
  ['filter', parser => parser.parseFilterBlock()],
])

/** Jinja2's names of nodes, as `can't assign to` has them. */
const CLASS_NAMES: Record<string, string> = { constant: 'const' }

function isAssignable(target: Expression): boolean {
  if (target.kind === 'tuple') return target.items.every(isAssignable)
  return target.kind === 'name' || target.kind === 'namespace'
}

function store(target: Expression, use: Name['use']): void {
  if (target.kind === 'name') target.use = use
  else if (target.kind === 'tuple') for (const item of target.items) store(item, use)
}

function isBlank(statement: Statement): boolean {
  return statement.kind === 'output' && statement.parts.every(part => typeof part === 'string' && isSpaceText(part))
}
