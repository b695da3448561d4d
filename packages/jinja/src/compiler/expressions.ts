import { deeper, spend } from '../budget.ts'
import { TemplateRuntimeError, TemplateSyntaxError, typeError } from '../errors.ts'
import { FILTERS, type FilterFunction } from '../filters/index.ts'
import { TESTS } from '../filters/tests.ts'
import type { Scope } from '../runtime/scope.ts'
import type { CallArguments, Compare, CompareOperator, Expression, Filter, Name, Test } from '../template/ast.ts'
import { lookUpAttribute, lookUpItem } from '../values/access.ts'
import { type ArithmeticOperator, calculate, sign } from '../values/arithmetic.ts'
import { contains, isEqual, isOrdered } from '../values/comparing.ts'
import { isText, isTrue, iterate, rawText, tryIterator, typeName } from '../values/core.ts'
import { Dict } from '../values/dict.ts'
import { escapeText, softText } from '../values/html.ts'
import { getSlice } from '../values/items.ts'
import { type Keywords, Markup, NO_KEYWORDS, PyObject, type PyValue, Slice, Tuple, Undefined } from '../values/objects.ts'
import { pyRepr, pyStr } from '../values/printing.ts'
import { joinTexts } from '../values/text.ts'
import { conditionalFrame, type Frame, reader } from './frame.ts'

export type Evaluate = (scope: Scope) => PyValue

/** Compiles an expression to a closure. @throws TemplateSyntaxError for unknown filters and tests */
export function compileExpression(node: Expression, frame: Frame): Evaluate {
  switch (node.kind) {
    case 'constant': {
      const { value } = node
      return () => value
    }
    case 'name':
    case 'namespace':
      return compileName(node.name, frame)
    case 'tuple': {
      const items = compileAll(node.items, frame)
      return scope => new Tuple(items.map(item => item(scope)))
    }
    case 'list': {
      const items = compileAll(node.items, frame)
      return scope => items.map(item => item(scope))
    }
    case 'dict':
      return compileDict(node.items, frame)
    case 'unary': {
      const operand = compileExpression(node.operand, frame)
      const { operator } = node
      return operator === 'not' ? scope => !isTrue(operand(scope)) : scope => sign(operator, operand(scope))
    }
    case 'binary':
      return compileBinary(node.operator, compileExpression(node.left, frame), compileExpression(node.right, frame))
    case 'compare':
      return compileCompare(node, frame)
    case 'concat':
      return compileConcat(node.items, frame)
    case 'conditional':
      return compileConditional(node, conditionalFrame(frame))
    case 'attribute': {
      const object = compileExpression(node.object, frame)
      const { name } = node
      return scope => lookUpAttribute(object(scope), name)
    }
    case 'item':
      return compileItem(node.object, node.key, frame)
    case 'slice':
      return compileSlice(node, frame)
    case 'call':
      return compileCall(compileExpression(node.callee, frame), compileArguments(node, frame))
    case 'filter': {
      const input = node.input && compileExpression(node.input, frame)
      if (!input) throw new Error('a filter without an input belongs to a block')
      return compileFilter(node, frame, input)
    }
    case 'test':
      return compileTest(node, frame)
  }
}

function compileAll(nodes: Expression[], frame: Frame): Evaluate[] {
  return nodes.map(node => compileExpression(node, frame))
}

function compileName(name: Name['name'], frame: Frame): Evaluate {
  const reference = frame.symbols.find(name)
  if (!reference) throw new Error(`the name ${name} is unknown to its frame`)
  const read = reader(reference, frame.symbols.slots)
  return scope => {
    const value = read(scope)
    return value === undefined ? Undefined.named(name) : value
  }
}

function compileDict(items: { key: Expression; value: Expression }[], frame: Frame): Evaluate {
  const pairs = items.map(item => [compileExpression(item.key, frame), compileExpression(item.value, frame)] as const)
  return scope => {
    const dict = new Dict()
    for (const [key, value] of pairs) dict.set(key(scope), value(scope))
    return dict
  }
}

function compileBinary(operator: ArithmeticOperator | 'and' | 'or', left: Evaluate, right: Evaluate): Evaluate {
  if (operator !== 'and' && operator !== 'or') return scope => calculate(operator, left(scope), right(scope))
  const stopsAt = operator === 'or'
  return scope => {
    const value = left(scope)
    return isTrue(value) === stopsAt ? value : right(scope)
  }
}

function compileCompare(node: Compare, frame: Frame): Evaluate {
  const first = compileExpression(node.first, frame)
  const rest = node.rest.map(item => [item.operator, compileExpression(item.operand, frame)] as const)
  return scope => {
    let left = first(scope)
    for (const [operator, operand] of rest) {
      const right = operand(scope)
      if (!compare(operator, left, right)) return false
      left = right
    }
    return true
  }
}

function compare(operator: CompareOperator, left: PyValue, right: PyValue): boolean {
  if (operator === '==') return isEqual(left, right)
  if (operator === '!=') return !isEqual(left, right)
  if (operator === 'in') return contains(right, left)
  if (operator === 'not in') return !contains(right, left)
  return isOrdered(operator, left, right)
}

function compileConcat(nodes: Expression[], frame: Frame): Evaluate {
  const items = compileAll(nodes, frame)
  if (frame.escaping !== true)
    return scope =>
      joinTexts(
        items.map(item => pyStr(item(scope))),
        '',
      )
  return scope => {
    const texts = items.map(item => softText(item(scope)))
    if (!texts.some(text => text instanceof Markup)) return joinTexts(texts.map(rawText), '')
    return new Markup(joinTexts(texts.map(escapeText), ''))
  }
}

function compileConditional(node: Extract<Expression, { kind: 'conditional' }>, frame: Frame): Evaluate {
  const test = compileExpression(node.test, frame)
  const then = compileExpression(node.then, frame)
  const { line } = node
  const message = `the inline if-expression on line ${line} evaluated to false and no else section was defined.`
  const otherwise: Evaluate = node.otherwise ? compileExpression(node.otherwise, frame) : () => new Undefined(() => message)
  return scope => (isTrue(test(scope)) ? then(scope) : otherwise(scope))
}

function compileItem(objectNode: Expression, keyNode: Expression, frame: Frame): Evaluate {
  const object = compileExpression(objectNode, frame)
  const key = compileExpression(keyNode, frame)
  if (keyNode.kind === 'slice') return scope => getSlice(object(scope), key(scope) as Slice)
  return scope => lookUpItem(object(scope), key(scope))
}

function compileSlice(node: Extract<Expression, { kind: 'slice' }>, frame: Frame): Evaluate {
  const part = (item: Expression | undefined): Evaluate => (item ? compileExpression(item, frame) : () => null)
  const [start, stop, step] = [part(node.start), part(node.stop), part(node.step)]
  return scope => new Slice(start(scope), stop(scope), step(scope))
}

export interface Arguments {
  args: PyValue[]
  keywords: Keywords
}

export type EvaluateArguments = (scope: Scope) => Arguments

export function compileArguments(node: CallArguments & { line: number }, frame: Frame): EvaluateArguments {
  const args = compileAll(node.args, frame)
  const keywords = node.keywords.map(keyword => [keyword.name, compileExpression(keyword.value, frame)] as const)
  const repeated = keywords.find(([name], index) => keywords.findIndex(([other]) => other === name) < index)
  if (repeated) throw new TemplateSyntaxError(`keyword argument repeated: ${repeated[0]}`, node.line)
  const moreArgs = node.moreArgs && compileExpression(node.moreArgs, frame)
  const moreKeywords = node.moreKeywords && compileExpression(node.moreKeywords, frame)
  if (!keywords.length && !moreArgs && !moreKeywords) {
    return scope => ({ args: args.map(argument => argument(scope)), keywords: NO_KEYWORDS })
  }
  return scope => {
    const values = args.map(argument => argument(scope))
    if (moreArgs) values.push(...unpackArguments(moreArgs(scope)))
    const named = new Map<string, PyValue>()
    for (const [name, value] of keywords) named.set(name, value(scope))
    if (moreKeywords) unpackKeywords(moreKeywords(scope), named)
    return { args: values, keywords: named }
  }
}

function unpackArguments(value: PyValue): Iterable<PyValue> {
  if (!tryIterator(value)) throw typeError(`Value after * must be an iterable, not ${typeName(value)}`)
  return iterate(value)
}

function unpackKeywords(value: PyValue, named: Map<string, PyValue>): void {
  if (!(value instanceof Dict)) {
    throw typeError(`jinja2.runtime.Context.call() argument after ** must be a mapping, not ${typeName(value)}`)
  }
  for (const [key, item] of value.pairs()) {
    if (!isText(key)) throw typeError('keywords must be strings')
    const name = rawText(key)
    if (named.has(name)) throw typeError(`jinja2.runtime.Context.call() got multiple values for keyword argument '${name}'`)
    named.set(name, item)
  }
}

export function compileCall(callee: Evaluate, evaluateArguments: EvaluateArguments): Evaluate {
  return scope => {
    const target = callee(scope)
    const { args, keywords } = evaluateArguments(scope)
    return call(target, args, keywords)
  }
}

export function call(target: PyValue, args: PyValue[], keywords: Keywords): PyValue {
  spend(1)
  if (!(target instanceof PyObject)) throw typeError(`'${typeName(target)}' object is not callable`)
  return deeper(() => target.call(args, keywords))
}

/** @throws TemplateSyntaxError, or for conditional frames a runtime error when run, where there is no such filter */
export function compileFilter(node: Filter, frame: Frame, input: Evaluate): Evaluate {
  return compileNamed('filter', FILTERS, node, frame, input)
}

function compileTest(node: Test, frame: Frame): Evaluate {
  return compileNamed('test', TESTS, node, frame, compileExpression(node.input, frame))
}

function compileNamed(
  kind: 'filter' | 'test',
  table: ReadonlyMap<string, FilterFunction>,
  node: Filter | Test,
  frame: Frame,
  input: Evaluate,
): Evaluate {
  const run = table.get(node.name)
  if (!run && !frame.isConditional) {
    throw new TemplateSyntaxError(`No ${kind} named ${pyRepr(node.name)}.`, node.line, 'TemplateAssertionError')
  }
  const evaluateArguments = compileArguments(node, frame)
  return scope => {
    const value = input(scope)
    const { args, keywords } = evaluateArguments(scope)
    if (!run) throw new TemplateRuntimeError('TemplateRuntimeError', `No ${kind} named ${pyRepr(node.name)} found.`)
    spend(1)
    return run(scope.context.escaping, [value, ...args], keywords)
  }
}
