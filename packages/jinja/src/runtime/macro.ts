import { typeError } from '../errors.ts'
import { Dict } from '../values/dict.ts'
import { type Keywords, Markup, PyObject, type PyValue, Tuple, Undefined } from '../values/objects.ts'
import { pyRepr } from '../values/printing.ts'
import type { EscapeState } from './context.ts'

/** Which of the special variables a macro's body uses. */
export interface MacroShape {
  /** `null` for call blocks. */
  name: string | null
  parameters: string[]
  usesCaller: boolean
  usesKeywords: boolean
  usesVarargs: boolean
}

/** Renders a macro's body: its parameters, then caller, kwargs and varargs where used. Absent parameters are `undefined`. */
export type MacroBody = (values: (PyValue | undefined)[]) => string

export class Macro extends PyObject {
  override readonly typeName = 'Macro'
  override readonly moduleName = 'jinja2.runtime'
  readonly #shape: MacroShape
  readonly #body: MacroBody
  readonly #escaping: EscapeState

  constructor(shape: MacroShape, body: MacroBody, escaping: EscapeState) {
    super()
    this.#shape = shape
    this.#body = body
    this.#escaping = escaping
  }

  override attribute(name: string): PyValue | undefined {
    const shape = this.#shape
    switch (name) {
      case 'name':
        return shape.name
      case 'arguments':
        return new Tuple(shape.parameters)
      case 'catch_kwargs':
        return shape.usesKeywords
      case 'catch_varargs':
        return shape.usesVarargs
      case 'caller':
        return shape.usesCaller
      case 'explicit_caller':
        return shape.parameters.includes('caller')
      default:
        return undefined
    }
  }

  override isCallable(): boolean {
    return true
  }

  override call(args: PyValue[], keywords: Keywords): PyValue {
    const text = this.#body(this.#bind(args, new Map(keywords)))
    return this.#escaping.isOn ? new Markup(text) : text
  }

  #bind(args: PyValue[], left: Map<string, PyValue>): (PyValue | undefined)[] {
    const { parameters, usesCaller, usesKeywords, usesVarargs } = this.#shape
    const values: (PyValue | undefined)[] = args.slice(0, parameters.length)
    let hasCaller = values.length === parameters.length && parameters.includes('caller')
    for (const name of parameters.slice(values.length)) {
      values.push(take(left, name))
      hasCaller ||= name === 'caller'
    }
    if (usesCaller && !hasCaller) values.push(take(left, 'caller') ?? new Undefined(() => 'No caller defined'))
    if (usesKeywords) values.push(Dict.from(left))
    else this.#refuseKeywords(left)
    if (usesVarargs) values.push(new Tuple(args.slice(parameters.length)))
    else if (args.length > parameters.length) {
      throw typeError(`macro ${pyRepr(this.#shape.name)} takes not more than ${parameters.length} argument(s)`)
    }
    return values
  }

  #refuseKeywords(left: Map<string, PyValue>): void {
    const [name] = left.keys()
    if (name === undefined) return
    const macro = `macro ${pyRepr(this.#shape.name)}`
    if (left.has('caller')) {
      throw typeError(`${macro} was invoked with two values for the special caller argument. This is most likely a bug.`)
    }
    throw typeError(`${macro} takes no keyword argument ${pyRepr(name)}`)
  }

  override repr(): string {
    return `<Macro ${this.#shape.name === null ? 'anonymous' : pyRepr(this.#shape.name)}>`
  }
}

function take(from: Map<string, PyValue>, name: string): PyValue | undefined {
  const value = from.get(name)
  from.delete(name)
  return value
}
