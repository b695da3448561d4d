import { deeper } from '../budget.ts'
import { TemplateRuntimeError, TemplateSyntaxError, typeError } from '../errors.ts'
import { noParentBlock, TemplateReference } from '../runtime/blocks.ts'
import type { BlockCode, Context } from '../runtime/context.ts'
import { Output } from '../runtime/output.ts'
import { Scope } from '../runtime/scope.ts'
import type { AssignBlock, Autoescape, Block, FilterBlock, If, Load, OutputPart, Statement, With } from '../template/ast.ts'
import { isTrue } from '../values/core.ts'
import { Markup, type PyValue } from '../values/objects.ts'
import { pyStr } from '../values/printing.ts'
import { assigned, compileTarget } from './assignment.ts'
import { compileExpression, compileFilter, type Evaluate } from './expressions.ts'
import { conditionalFrame, entering, type Frame, innerFrame, leaving, reader, writer } from './frame.ts'
import { compileFor } from './loops.ts'
import { compileCallBlock, compileMacro } from './macros.ts'
import { blocksIn, undeclaredIn } from './names.ts'
import { printer, type Run } from './run.ts'
import { FunctionSlots, Symbols } from './symbols.ts'

/** A template ready to be rendered any number of times. */
export interface CompiledTemplate {
  root: BlockCode
  blocks: ReadonlyMap<string, BlockCode>
}

/** @throws TemplateSyntaxError */
export function compileTemplate(statements: Statement[]): CompiledTemplate {
  const found = new Map<string, Block>()
  for (const block of blocksIn(statements)) {
    if (found.has(block.name)) throw new TemplateSyntaxError(`block '${block.name}' defined twice`, block.line, 'TemplateAssertionError')
    found.set(block.name, block)
  }
  const root = compileFunction(statements, undefined)
  const blocks = new Map<string, BlockCode>()
  for (const block of found.values()) blocks.set(block.name, compileFunction(block.body, block.name))
  return { root, blocks }
}

/** The template's root, or with a name one of its blocks, which sees nothing of what surrounds it. */
function compileFunction(body: Statement[], block: string | undefined): BlockCode {
  const symbols = new Symbols(new FunctionSlots())
  const frame: Frame = { symbols, escaping: false, isTopLevel: block === undefined, isConditional: false }
  const special = undeclaredIn(body, block === undefined ? ['self'] : ['self', 'super'])
  const writeSelf = special.has('self') ? writer(symbols.declareParameter('self')) : undefined
  const writeSuper = special.has('super') ? writer(symbols.declareParameter('super')) : undefined
  symbols.statements(body)
  const enter = entering(symbols)
  const run = compileBody(body, frame)
  return (context, output) => {
    const scope = new Scope(context)
    writeSelf?.(scope, new TemplateReference(context))
    if (block !== undefined) writeSuper?.(scope, noParentBlock(block))
    enter(scope)
    run(scope, output)
  }
}

function compileBody(body: Statement[], frame: Frame): Run {
  const statements = body.map(statement => compileStatement(statement, frame))
  if (statements.length === 1) return statements[0] as Run
  return (scope, output) => {
    for (const run of statements) run(scope, output)
  }
}

function compileStatement(node: Statement, frame: Frame): Run {
  switch (node.kind) {
    case 'output':
      return compileOutput(node.parts, frame)
    case 'for':
      return compileFor(node, frame, compileBody)
    case 'if':
      return compileIf(node, frame)
    case 'macro':
      return compileMacro(node, frame, compileBody)
    case 'call-block':
      return compileCallBlock(node, frame, compileBody)
    case 'filter-block':
      return compileFilterBlock(node, frame)
    case 'with':
      return compileWith(node, frame)
    case 'block':
      return compileBlock(node, frame)
    case 'autoescape':
      return compileAutoescape(node, frame)
    case 'assign': {
      const assign = compileTarget(node.target, frame, compileExpression(node.value, frame))
      const publish = assigned(node.target, frame)
      return scope => {
        assign(scope)
        publish(scope)
      }
    }
    case 'assign-block':
      return compileAssignBlock(node, frame)
    case 'load':
      return compileLoad(node, frame)
  }
}

function compileOutput(parts: OutputPart[], frame: Frame): Run {
  const print = printer(frame)
  const pieces = parts.map(part => (typeof part === 'string' ? part : compileExpression(part, frame)))
  return (scope, output) => {
    for (const piece of pieces) output.write(typeof piece === 'string' ? piece : print(scope, piece(scope)))
  }
}

function compileIf(node: If, outer: Frame): Run {
  const frame = conditionalFrame(outer)
  const branches = node.branches.map(branch => [compileExpression(branch.test, frame), compileBody(branch.body, frame)] as const)
  const otherwise = compileBody(node.otherwise, frame)
  return (scope, output) => {
    for (const [test, run] of branches) {
      if (isTrue(test(scope))) return run(scope, output)
    }
    otherwise(scope, output)
  }
}

function compileFilterBlock(node: FilterBlock, frame: Frame): Run {
  const inner = innerFrame(frame)
  inner.symbols.statements(node.body)
  inner.symbols.expression(node.filter)
  const filtered = compileCaptured(node.body, inner, node.filter)
  return (scope, output) => output.write(pyStr(filtered(scope)))
}

/** The text of a body, sent through filters where there are any. */
function compileCaptured(body: Statement[], frame: Frame, filter: FilterBlock['filter'] | undefined): Evaluate {
  const enter = entering(frame.symbols)
  const leave = leaving(frame.symbols)
  const run = compileBody(body, frame)
  // Between capturing and filtering the text lies in a slot of the scope, as any variable does.
  const reference = frame.symbols.declareParameter(CAPTURED)
  const write = writer(reference)
  const read = reader(reference, frame.symbols.slots)
  const isSafe = (scope: Scope): boolean => (frame.escaping === 'dynamic' ? scope.context.escaping.isOn : frame.escaping)
  const chain = filter ? compileChain(filter, frame, scope => read(scope) ?? '') : undefined
  return scope => {
    const output = new Output()
    enter(scope)
    run(scope, output)
    write(scope, isSafe(scope) ? new Markup(output.text) : output.text)
    const value = chain ? chain(scope) : output.text
    leave(scope)
    return value
  }
}

/** No template can spell this name. */
const CAPTURED = '(captured)'

/** Filters one behind another, the first of which takes the captured text. */
function compileChain(node: FilterBlock['filter'], frame: Frame, text: Evaluate): Evaluate {
  const { input } = node
  return compileFilter(node, frame, input?.kind === 'filter' ? compileChain(input, frame, text) : text)
}

function compileWith(node: With, frame: Frame): Run {
  const inner = innerFrame(frame)
  for (const target of node.targets) inner.symbols.expression(target)
  inner.symbols.statements(node.body)
  const enter = entering(inner.symbols)
  const leave = leaving(inner.symbols)
  const assignments = node.targets.map((target, index) => {
    const value = node.values[index]
    if (!value) throw new Error('with has as many values as targets')
    return compileTarget(target, inner, compileExpression(value, frame))
  })
  const run = compileBody(node.body, inner)
  return (scope, output) => {
    enter(scope)
    for (const assign of assignments) assign(scope)
    run(scope, output)
    leave(scope)
  }
}

function compileBlock(node: Block, frame: Frame): Run {
  const { name } = node
  const locals = node.isScoped
    ? [...frame.symbols.allStores()].map(([key, reference]) => [key, reader(reference, frame.symbols.slots)] as const)
    : undefined
  const contextFor = (scope: Scope): Context => {
    if (!locals) return scope.context
    const values = new Map<string, PyValue>()
    for (const [key, read] of locals) {
      const value = read(scope)
      if (value !== undefined) values.set(key, value)
    }
    return scope.context.derived(values)
  }
  return (scope, output) => {
    if (node.isRequired) throw new TemplateRuntimeError('TemplateRuntimeError', `Required block '${name}' not found`)
    deeper(() => scope.context.blocks.get(name)?.(contextFor(scope), output))
  }
}

function compileAutoescape(node: Autoescape, frame: Frame): Run {
  const inner = innerFrame(frame)
  inner.symbols.expression(node.isOn)
  inner.symbols.statements(node.body)
  const enter = entering(inner.symbols)
  const leave = leaving(inner.symbols)
  const isOn = compileExpression(node.isOn, inner)
  inner.escaping = node.isOn.kind === 'constant' ? isTrue(node.isOn.value) : 'dynamic'
  const run = compileBody(node.body, inner)
  return (scope, output) => {
    const { escaping } = scope.context
    const before = escaping.isOn
    enter(scope)
    escaping.isOn = isTrue(isOn(scope))
    run(scope, output)
    escaping.isOn = before
    leave(scope)
  }
}

function compileAssignBlock(node: AssignBlock, frame: Frame): Run {
  const inner = innerFrame(frame)
  inner.symbols.statements(node.body)
  if (node.filter) inner.symbols.expression(node.filter)
  const captured = compileCaptured(node.body, inner, node.filter)
  const assign = compileTarget(node.target, frame, scope => {
    const value = captured(scope)
    return scope.context.escaping.isOn && !(value instanceof Markup) ? new Markup(pyStr(value)) : value
  })
  const publish = assigned(node.target, frame)
  return scope => {
    assign(scope)
    publish(scope)
  }
}

function compileLoad(node: Load, frame: Frame): Run {
  if (node.tag === 'extends' && !frame.isTopLevel) {
    throw new TemplateSyntaxError('cannot use extend from a non top-level scope', node.line, 'TemplateAssertionError')
  }
  const template = compileExpression(node.template, frame)
  return scope => {
    template(scope)
    throw typeError('no loader for this environment specified')
  }
}
