import { typeError } from '../errors.ts'
import type { EscapeState } from '../runtime/context.ts'
import type { Keywords, PyValue } from '../values/objects.ts'

/** A filter or test: its first argument is what it is applied to. */
export type FilterFunction = (escaping: EscapeState, args: PyValue[], keywords: Keywords) => PyValue

type Body = (escaping: EscapeState, ...args: never[]) => PyValue

/**
 * A filter as the Python function of that name: `parameters` as Python has them, the optional ones with `?`. The body gets
 * them in order, `undefined` where absent. `passed` counts what Jinja2 hands to the function before them.
 * @throws TypeError in Python's words where a call does not fit
 */
export function define(pythonName: string, parameters: string[], body: Body, passed = 0): FilterFunction {
  const names = parameters.map(parameter => parameter.replace('?', ''))
  const required = parameters.filter(parameter => !parameter.endsWith('?')).length
  return (escaping, args, keywords) => {
    if (args.length > names.length) throw typeError(tooMany(pythonName, required + passed, names.length + passed, args.length + passed))
    const values: (PyValue | undefined)[] = args
    if (keywords.size) bindKeywords(pythonName, names, args.length, keywords, values)
    const missing = names.slice(0, required).filter((_name, index) => values[index] === undefined)
    if (missing.length) throw typeError(missingText(pythonName, missing))
    return (body as (escaping: EscapeState, ...args: (PyValue | undefined)[]) => PyValue)(escaping, ...values)
  }
}

function bindKeywords(pythonName: string, names: string[], given: number, keywords: Keywords, values: (PyValue | undefined)[]): void {
  for (const [name, value] of keywords) {
    const index = names.indexOf(name)
    if (index < 0) throw typeError(`${pythonName}() got an unexpected keyword argument '${name}'`)
    if (index < given) throw typeError(`${pythonName}() got multiple values for argument '${name}'`)
    values[index] = value
  }
}

function tooMany(pythonName: string, least: number, most: number, given: number): string {
  const takes = least === most ? `${most}` : `from ${least} to ${most}`
  return `${pythonName}() takes ${takes} positional argument${most === 1 ? '' : 's'} but ${given} ${given === 1 ? 'was' : 'were'} given`
}

function missingText(pythonName: string, names: string[]): string {
  const quoted = names.map(name => `'${name}'`)
  const last = quoted.pop() ?? ''
  const list = quoted.length ? `${quoted.join(', ')}${quoted.length > 1 ? ',' : ''} and ${last}` : last
  return `${pythonName}() missing ${names.length} required positional argument${names.length === 1 ? '' : 's'}: ${list}`
}

/** A filter that is one of Python's built-ins with a single argument. */
export function builtin(pythonName: string, body: (value: PyValue) => PyValue): FilterFunction {
  return (_escaping, args, keywords) => {
    if (keywords.size) throw typeError(`${pythonName}() takes no keyword arguments`)
    if (args.length !== 1) throw typeError(`${pythonName}() takes exactly one argument (${args.length} given)`)
    return body(args[0] as PyValue)
  }
}
