import { deeper, spend } from '../budget.ts'
import { TemplateSyntaxError } from '../errors.ts'
import { LoopContext } from '../runtime/loop-context.ts'
import { Output } from '../runtime/output.ts'
import { Scope } from '../runtime/scope.ts'
import type { Expression, For } from '../template/ast.ts'
import { isTrue, iterate, iteratorOf } from '../values/core.ts'
import { Markup, PyIterator, type PyValue } from '../values/objects.ts'
import { compileStore } from './assignment.ts'
import { compileExpression } from './expressions.ts'
import { entering, type Frame, innerFrame, leaving, writer } from './frame.ts'
import { blocksIn, namesIn, undeclaredIn } from './names.ts'
import type { CompileBody, Run } from './run.ts'
import { FunctionSlots } from './symbols.ts'

/** Runs a loop over what it is given, in the scope of its function. */
type Loop = (scope: Scope, iterable: PyValue, output: Output, recurse?: (items: PyValue, depth: number) => PyValue, depth?: number) => void

export function compileFor(node: For, frame: Frame, compileBody: CompileBody): Run {
  const iterable = compileExpression(node.iterable, frame)
  const slots = node.isRecursive ? new FunctionSlots(frame.symbols.slots) : frame.symbols.slots
  const loop = compileLoop(node, frame, slots, compileBody)
  if (!node.isRecursive) return (scope, output) => loop(scope, iterable(scope), output)
  const isSafe = frame.escaping
  return (outer, output) => {
    const render = (items: PyValue, depth: number): PyValue =>
      deeper(() => {
        const inner = new Output()
        loop(new Scope(outer.context, outer), items, inner, render, depth)
        const marks = isSafe === 'dynamic' ? outer.context.escaping.isOn : isSafe
        return marks ? new Markup(inner.text) : inner.text
      })
    const text = render(iterable(outer), 0)
    output.write(text instanceof Markup ? text.text : (text as string))
  }
}

function compileLoop(node: For, frame: Frame, slots: FunctionSlots, compileBody: CompileBody): Loop {
  const inner = innerFrame(frame, slots)
  const isExtended =
    node.isRecursive || undeclaredIn(node.body, ['loop']).has('loop') || [...blocksIn([node])].some(block => block.isScoped)
  const writeLoop = isExtended ? writer(inner.symbols.declareParameter('loop')) : undefined
  inner.symbols.parameters(node.target)
  inner.symbols.statements(node.body)
  for (const name of namesIn([node], true)) {
    if (name.use === 'store' && name.name === 'loop') {
      throw new TemplateSyntaxError("Can't assign to special loop variable in for-loop target", name.line, 'TemplateAssertionError')
    }
  }
  const filter = node.test && compileLoopFilter(node.target, node.test, frame)
  const store = compileStore(node.target, inner)
  const enter = entering(inner.symbols)
  const leave = leaving(inner.symbols)
  const body = compileBody(node.body, inner)
  const otherwise = compileElse(node, frame, slots, compileBody)
  const step = (scope: Scope, item: PyValue, output: Output): void => {
    spend(1)
    store(scope, item)
    enter(scope)
    body(scope, output)
  }
  return (scope, iterable, output, recurse, depth) => {
    const items = filter ? filter(scope, iterable) : iterable
    let isEmpty = true
    if (writeLoop) {
      const loop = new LoopContext(items, recurse, depth)
      for (let item = loop.next(); item !== undefined; item = loop.next()) {
        isEmpty = false
        writeLoop(scope, loop)
        step(scope, item, output)
      }
    } else {
      const iterator = iteratorOf(items)
      for (let next = iterator.next(); !next.done; next = iterator.next()) {
        isEmpty = false
        step(scope, next.value, output)
      }
    }
    leave(scope)
    if (isEmpty) otherwise?.(scope, output)
  }
}

function compileElse(node: For, frame: Frame, slots: FunctionSlots, compileBody: CompileBody): Run | undefined {
  if (!node.otherwise.length) return undefined
  const inner = innerFrame(frame, slots)
  inner.symbols.statements(node.otherwise)
  const enter = entering(inner.symbols)
  const leave = leaving(inner.symbols)
  const run = compileBody(node.otherwise, inner)
  return (scope, output) => {
    enter(scope)
    run(scope, output)
    leave(scope)
  }
}

/** The items for which a loop's `if` holds, found one by one as the loop goes. */
function compileLoopFilter(target: Expression, test: Expression, frame: Frame): (scope: Scope, items: PyValue) => PyValue {
  const inner = innerFrame(frame, new FunctionSlots(frame.symbols.slots))
  inner.symbols.parameters(target)
  inner.symbols.expression(test)
  const enter = entering(inner.symbols)
  const store = compileStore(target, inner)
  const holds = compileExpression(test, inner)
  function* filtered(outer: Scope, items: PyValue): Generator<PyValue, undefined> {
    const scope = new Scope(outer.context, outer)
    enter(scope)
    for (const item of iterate(items)) {
      store(scope, item)
      if (isTrue(holds(scope))) yield item
    }
  }
  return (outer, items) => new PyIterator(filtered(outer, items))
}
