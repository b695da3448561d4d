import type { Scope } from '../runtime/scope.ts'
import type { PyValue } from '../values/objects.ts'
import type { FunctionSlots, Load, Reference } from './symbols.ts'
import { Symbols } from './symbols.ts'

/** What the compiler knows about the place it is at. */
export interface Frame {
  symbols: Symbols
  /** Whether printing escapes here; `dynamic` where only the running template knows. */
  escaping: boolean | 'dynamic'
  /** At the template's top level, where what is set becomes visible to blocks and macros. */
  isTopLevel: boolean
  /** Inside a condition: unknown filters and tests fail when they are reached, not before. */
  isConditional: boolean
}

/** The frame of a scope inside another, with `slots` of its own where it is a function of its own. */
export function innerFrame(frame: Frame, slots: FunctionSlots = frame.symbols.slots): Frame {
  return { symbols: new Symbols(slots, frame.symbols), escaping: frame.escaping, isTopLevel: false, isConditional: false }
}

export function conditionalFrame(frame: Frame): Frame {
  return { ...frame, isConditional: true }
}

function hopsTo(reference: Reference, from: FunctionSlots): number {
  let hops = 0
  for (let slots: FunctionSlots | undefined = from; slots && slots !== reference.owner; slots = slots.parent) hops++
  return hops
}

function outward(scope: Scope, hops: number): Scope {
  let found = scope
  for (let left = hops; left > 0 && found.parent; left--) found = found.parent
  return found
}

/** Reads a variable from code in the function with the given slots; `undefined` where it is not set. */
export function reader(reference: Reference, from: FunctionSlots): (scope: Scope) => PyValue | undefined {
  const { index } = reference
  const hops = hopsTo(reference, from)
  if (hops === 0) return scope => scope.slots[index]
  return scope => outward(scope, hops).slots[index]
}

export function writer(reference: Reference): (scope: Scope, value: PyValue | undefined) => void {
  const { index } = reference
  return (scope, value) => {
    scope.slots[index] = value
  }
}

/** Gives the scope's variables what they hold at its beginning. */
export function entering(symbols: Symbols): (scope: Scope) => void {
  const actions = [...symbols.loads]
    .filter(([, load]) => load.from !== 'parameter')
    .map(([reference, load]) => ({ write: writer(reference), read: loader(load, symbols.slots) }))
  return scope => {
    for (const { write, read } of actions) write(scope, read(scope))
  }
}

function loader(load: Load, slots: FunctionSlots): (scope: Scope) => PyValue | undefined {
  if (load.from === 'context') return scope => scope.context.resolve(load.name)
  return load.from === 'outer' ? reader(load.reference, slots) : () => undefined
}

/** Forgets the scope's variables at its end. */
export function leaving(symbols: Symbols): (scope: Scope) => void {
  const indices = [...symbols.loads.keys()].map(reference => reference.index)
  return scope => {
    for (const index of indices) scope.slots[index] = undefined
  }
}
