import { TemplateSyntaxError } from '../errors.ts'
import { Macro, type MacroShape } from '../runtime/macro.ts'
import { Output } from '../runtime/output.ts'
import { Scope } from '../runtime/scope.ts'
import type { CallBlock, Macro as MacroNode } from '../template/ast.ts'
import { Undefined } from '../values/objects.ts'
import { call, compileArguments, compileExpression } from './expressions.ts'
import { entering, type Frame, innerFrame, reader, writer } from './frame.ts'
import { undeclaredIn } from './names.ts'
import { type CompileBody, printer, type Run } from './run.ts'
import { FunctionSlots } from './symbols.ts'

export function compileMacro(node: MacroNode, frame: Frame, compileBody: CompileBody): Run {
  const build = compileMacroBody(node, node.name, frame, compileBody)
  const reference = frame.symbols.find(node.name)
  const write = reference ? writer(reference) : () => {}
  return scope => {
    const macro = build(scope)
    if (frame.isTopLevel) scope.context.vars.set(node.name, macro)
    write(scope, macro)
  }
}

export function compileCallBlock(node: CallBlock, frame: Frame, compileBody: CompileBody): Run {
  const build = compileMacroBody(node, null, frame, compileBody)
  const callee = compileExpression(node.call.callee, frame)
  const evaluateArguments = compileArguments(node.call, frame)
  const print = printer({ ...frame, escaping: false })
  return (scope, output) => {
    const caller = build(scope)
    const target = callee(scope)
    const { args, keywords } = evaluateArguments(scope)
    output.write(print(scope, call(target, args, new Map([...keywords, ['caller', caller]]))))
  }
}

function compileMacroBody(
  node: MacroNode | CallBlock,
  name: string | null,
  frame: Frame,
  compileBody: CompileBody,
): (scope: Scope) => Macro {
  const inner = innerFrame(frame, new FunctionSlots(frame.symbols.slots))
  const { symbols } = inner
  for (const parameter of node.parameters) symbols.expression(parameter)
  for (const value of node.defaults) symbols.expression(value)
  symbols.statements(node.body)
  const parameters = node.parameters.map(parameter => parameter.name)
  const repeated = parameters.find((parameter, index) => parameters.indexOf(parameter) < index)
  if (repeated) throw new TemplateSyntaxError(`duplicate argument '${repeated}' in function definition`, node.line)
  const special = undeclaredIn(node.body, ['caller', 'kwargs', 'varargs'])
  const callerAt = parameters.indexOf('caller')
  const firstDefault = parameters.length - node.defaults.length
  if (special.has('caller') && callerAt >= 0 && callerAt < firstDefault) {
    const message = 'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.'
    throw new TemplateSyntaxError(message, node.line, 'TemplateAssertionError')
  }
  const shape: MacroShape = {
    name,
    parameters,
    usesCaller: special.has('caller'),
    usesKeywords: special.has('kwargs') && !parameters.includes('kwargs'),
    usesVarargs: special.has('varargs') && !parameters.includes('varargs'),
  }
  const extras = [
    ...(shape.usesCaller && callerAt < 0 ? ['caller'] : []),
    ...(shape.usesKeywords ? ['kwargs'] : []),
    ...(shape.usesVarargs ? ['varargs'] : []),
  ]
  const references = [...parameters.map(parameter => symbols.find(parameter)), ...extras.map(extra => symbols.declareParameter(extra))]
  const writers = references.map(reference => (reference ? writer(reference) : () => {}))
  const enter = entering(symbols)
  const defaults = parameters.map((parameter, index) => {
    const value = node.defaults[index - firstDefault]
    const reference = references[index]
    const read = reference ? reader(reference, symbols.slots) : () => undefined
    const message = `parameter '${parameter}' was not provided`
    return { read, value: value ? compileExpression(value, inner) : () => new Undefined(() => message) }
  })
  const run = compileBody(node.body, inner)
  return outer =>
    new Macro(
      shape,
      values => {
        const scope = new Scope(outer.context, outer)
        writers.forEach((write, index) => {
          write(scope, values[index])
        })
        enter(scope)
        defaults.forEach(({ read, value }, index) => {
          if (read(scope) === undefined) writers[index]?.(scope, value(scope))
        })
        const output = new Output()
        run(scope, output)
        return output.text
      },
      outer.context.escaping,
    )
}
