import { TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { Namespace } from '../runtime/globals.ts'
import type { Scope } from '../runtime/scope.ts'
import type { Expression } from '../template/ast.ts'
import { iteratorOf, tryIterator, typeName } from '../values/core.ts'
import type { PyValue } from '../values/objects.ts'
import type { Evaluate } from './expressions.ts'
import { type Frame, reader, writer } from './frame.ts'

export type Store = (scope: Scope, value: PyValue) => void

/** Stores to a name, or unpacks into several. */
export function compileStore(target: Expression, frame: Frame): Store {
  if (target.kind === 'tuple') {
    const stores = target.items.map(item => compileStore(item, frame))
    return (scope, value) => {
      const items = unpack(value, stores.length)
      stores.forEach((store, index) => {
        store(scope, items[index] as PyValue)
      })
    }
  }
  if (target.kind !== 'name') throw new Error(`cannot store to ${target.kind}`)
  const reference = frame.symbols.find(target.name)
  if (!reference) throw new Error(`the name ${target.name} is unknown to its frame`)
  return writer(reference)
}

/** Evaluates and stores; a namespace is checked before anything is evaluated. */
export function compileTarget(target: Expression, frame: Frame, value: Evaluate): (scope: Scope) => void {
  if (target.kind !== 'namespace') {
    const store = compileStore(target, frame)
    return scope => store(scope, value(scope))
  }
  const reference = frame.symbols.find(target.name)
  const read = reference ? reader(reference, frame.symbols.slots) : () => undefined
  return scope => {
    const namespace = read(scope)
    if (!(namespace instanceof Namespace)) {
      throw new TemplateRuntimeError('TemplateRuntimeError', 'cannot assign attribute on non-namespace object')
    }
    namespace.set(target.attribute, value(scope))
  }
}

/** @throws ValueError where the value does not hold exactly `count` items */
function unpack(value: PyValue, count: number): PyValue[] {
  if (!tryIterator(value)) throw typeError(`cannot unpack non-iterable ${typeName(value)} object`)
  const iterator = iteratorOf(value)
  const items: PyValue[] = []
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    if (items.length === count) throw valueError(`too many values to unpack (expected ${count})`)
    items.push(next.value)
  }
  if (items.length < count) throw valueError(`not enough values to unpack (expected ${count}, got ${items.length})`)
  return items
}

/** Makes what was just set at the top level visible in blocks and macros. */
export function assigned(target: Expression, frame: Frame): (scope: Scope) => void {
  if (!frame.isTopLevel) return () => {}
  const names = namesOf(target).map(name => {
    const reference = frame.symbols.find(name)
    return [name, reference ? reader(reference, frame.symbols.slots) : () => undefined] as const
  })
  return scope => {
    for (const [name, read] of names) {
      const value = read(scope)
      if (value !== undefined) scope.context.vars.set(name, value)
    }
  }
}

function namesOf(target: Expression): string[] {
  if (target.kind === 'tuple') return target.items.flatMap(namesOf)
  return target.kind === 'name' ? [target.name] : []
}
