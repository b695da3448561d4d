import { deeper } from '../budget.ts'
import { TemplateRuntimeError } from '../errors.ts'
import { isText, rawText } from '../values/core.ts'
import { type Keywords, Markup, PyObject, type PyValue, Undefined } from '../values/objects.ts'
import { pyRepr } from '../values/printing.ts'
import type { Context } from './context.ts'
import { Output } from './output.ts'

/** `self` in a template: its blocks by name. */
export class TemplateReference extends PyObject {
  override readonly typeName = 'TemplateReference'
  override readonly moduleName = 'jinja2.runtime'
  readonly #context: Context
  constructor(context: Context) {
    super()
    this.#context = context
  }
  override item(key: PyValue): PyValue {
    if (!isText(key) || !this.#context.blocks.has(rawText(key))) throw new TemplateRuntimeError('KeyError', pyRepr(key))
    return new BlockReference(rawText(key), this.#context)
  }
  override repr(): string {
    return '<TemplateReference None>'
  }
}

class BlockReference extends PyObject {
  override readonly typeName = 'BlockReference'
  override readonly moduleName = 'jinja2.runtime'
  readonly #name: string
  readonly #context: Context
  constructor(name: string, context: Context) {
    super()
    this.#name = name
    this.#context = context
  }
  override attribute(name: string): PyValue | undefined {
    if (name === 'name') return this.#name
    return name === 'super' ? noParentBlock(this.#name) : undefined
  }
  override isCallable(): boolean {
    return true
  }
  override call(_args: PyValue[], _keywords: Keywords): PyValue {
    const output = new Output()
    deeper(() => this.#context.blocks.get(this.#name)?.(this.#context, output))
    return this.#context.escaping.isOn ? new Markup(output.text) : output.text
  }
  override repr(): string {
    return `<jinja2.runtime.BlockReference object at 0x7f0000000000>`
  }
}

/** `super` in a template without a parent. */
export function noParentBlock(name: string): Undefined {
  return new Undefined(() => `there is no parent block called '${name}'.`)
}
