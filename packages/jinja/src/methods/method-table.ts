import { typeError } from '../errors.ts'
import type { Keywords, PyValue } from '../values/objects.ts'

export type Method = (self: PyValue, args: PyValue[], keywords: Keywords) => PyValue
export type MethodTable = ReadonlyMap<string, Method>

/** A method written with as many parameters as it takes; absent ones are `undefined`. */
type Body = (self: never, ...args: PyValue[]) => PyValue

/**
 * A method that takes between `least` and `most` positional arguments and no keywords, as most of Python's built-ins do.
 * @throws TypeError in the words of Python's own argument checks
 */
export function positional(owner: string, name: string, least: number, most: number, body: Body): [string, Method] {
  return [
    name,
    (self, args, keywords) => {
      checkArguments(owner, name, least, most, args.length, keywords)
      return (body as (self: PyValue, ...args: PyValue[]) => PyValue)(self, ...args)
    },
  ]
}

/** A method whose parameters may also be given by name. */
export function named(name: string, parameters: string[], least: number, body: Body): [string, Method] {
  return [
    name,
    (self, args, keywords) => {
      if (args.length + keywords.size > parameters.length) {
        throw typeError(`${name}() takes at most ${count(parameters.length)} (${args.length + keywords.size} given)`)
      }
      const values: (PyValue | undefined)[] = [...args]
      for (const [key, value] of keywords) {
        const index = parameters.indexOf(key)
        if (index < 0) throw typeError(`'${key}' is an invalid keyword argument for ${name}()`)
        if (index < args.length) throw typeError(`argument for ${name}() given by name ('${key}') and position (${index + 1})`)
        values[index] = value
      }
      for (let index = 0; index < least; index++) {
        if (values[index] === undefined) throw typeError(`${name}() missing required argument '${parameters[index]}' (pos ${index + 1})`)
      }
      return (body as (self: PyValue, ...args: (PyValue | undefined)[]) => PyValue)(self, ...values)
    },
  ]
}

function checkArguments(owner: string, name: string, least: number, most: number, given: number, keywords: Keywords): void {
  if (keywords.size) throw typeError(`${owner}.${name}() takes no keyword arguments`)
  if (given >= least && given <= most) return
  if (most === 0) throw typeError(`${owner}.${name}() takes no arguments (${given} given)`)
  if (least === most && most === 1) throw typeError(`${owner}.${name}() takes exactly one argument (${given} given)`)
  if (least === most) throw typeError(`${name} expected ${count(most)}, got ${given}`)
  if (given < least) throw typeError(`${name} expected at least ${count(least)}, got ${given}`)
  throw typeError(`${name} expected at most ${count(most)}, got ${given}`)
}

function count(arguments_: number): string {
  return `${arguments_} argument${arguments_ === 1 ? '' : 's'}`
}
