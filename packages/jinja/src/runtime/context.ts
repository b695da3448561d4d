import type { Value, ValueMap } from '@weft/contracts'
import { fromValue } from '../values/core.ts'
import type { PyValue } from '../values/objects.ts'
import type { Output } from './output.ts'

export type BlockCode = (context: Context, output: Output) => void

/** Whether text is escaped where it is printed; `{% autoescape %}` changes it for a while. */
export interface EscapeState {
  isOn: boolean
}

type Lookup = (name: string) => PyValue | undefined

/** What a template sees by name: what it was given, then the globals, and what it has set itself at its top level. */
export class Context {
  readonly blocks: ReadonlyMap<string, BlockCode>
  readonly escaping: EscapeState
  readonly vars = new Map<string, PyValue>()
  readonly #given: Lookup

  constructor(given: Lookup, blocks: ReadonlyMap<string, BlockCode>, escaping: EscapeState) {
    this.#given = given
    this.blocks = blocks
    this.escaping = escaping
  }

  resolve(name: string): PyValue | undefined {
    return this.vars.has(name) ? this.vars.get(name) : this.#given(name)
  }

  /** A context that sees this one's variables and some more. */
  derived(locals: ReadonlyMap<string, PyValue>): Context {
    return new Context(name => (locals.has(name) ? locals.get(name) : this.resolve(name)), this.blocks, this.escaping)
  }
}

/** Looks up a template's variables, each converted at its first use, and then the globals. */
export function lookUpIn(variables: ValueMap, globals: ReadonlyMap<string, PyValue>): Lookup {
  const converted = new Map<string, PyValue>()
  return name => {
    const known = converted.get(name)
    if (known !== undefined) return known
    if (!Object.hasOwn(variables, name)) return globals.get(name)
    const value = fromValue(variables[name] as Value)
    converted.set(name, value)
    return value
  }
}
