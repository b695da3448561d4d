import type { Float } from '@weft/contracts'
import { TemplateRuntimeError, typeError } from '../errors.ts'

/**
 * What expressions evaluate to. Numbers are as in `Value`: an integral `number` or a `bigint` is an int, any other
 * `number` or a `Float` is a float. Lists are arrays; everything else that Python has and JSON has not is a `PyObject`.
 */
export type PyValue = null | boolean | number | bigint | Float | string | PyValue[] | PyObject

export type Keywords = ReadonlyMap<string, PyValue>
export const NO_KEYWORDS: Keywords = new Map()

/** A value with a class of its own. What a class does not override, its values cannot do. */
export abstract class PyObject {
  /** The class's name, as in error messages. */
  abstract readonly typeName: string
  /** The class's module where it is not a built-in. */
  readonly moduleName: string | undefined = undefined

  abstract repr(): string

  str(): string {
    return this.repr()
  }

  isTrue(): boolean {
    return true
  }

  /** The attribute, or `undefined` where there is none. */
  attribute(_name: string): PyValue | undefined {
    return undefined
  }

  /** Python's `self[key]`. @throws TemplateRuntimeError where there is no such item */
  item(_key: PyValue): PyValue {
    throw typeError(`'${this.typeName}' object is not subscriptable`)
  }

  /** Number of items; `undefined` where the class has no length. */
  size(): number | undefined {
    return undefined
  }

  /** An iterator over the items; `undefined` where the class is not iterable. */
  iterate(): Iterator<PyValue> | undefined {
    return undefined
  }

  isCallable(): boolean {
    return false
  }

  call(_args: PyValue[], _keywords: Keywords): PyValue {
    throw typeError(`'${this.typeName}' object is not callable`)
  }
}

/** Text that is safe to put into HTML as it is: `markupsafe.Markup`. */
export class Markup extends PyObject {
  override readonly typeName = 'Markup'
  override readonly moduleName = 'markupsafe'
  readonly text: string
  constructor(text: string) {
    super()
    this.text = text
  }
  override repr(): string {
    throw new Error('printed by pyRepr')
  }
  override isTrue(): boolean {
    return this.text !== ''
  }
}

export class Tuple extends PyObject {
  override readonly typeName: string = 'tuple'
  readonly items: readonly PyValue[]
  constructor(items: readonly PyValue[]) {
    super()
    this.items = items
  }
  override repr(): string {
    throw new Error('printed by pyRepr')
  }
  override isTrue(): boolean {
    return this.items.length > 0
  }
  override size(): number {
    return this.items.length
  }
  override iterate(): Iterator<PyValue> {
    return this.items[Symbol.iterator]()
  }
}

/** What `groupby` yields: a tuple whose two items have names. */
export class GroupTuple extends Tuple {
  override readonly typeName = '_GroupTuple'
  override readonly moduleName = 'jinja2.filters'
  override attribute(name: string): PyValue | undefined {
    if (name === 'grouper') return this.items[0]
    return name === 'list' ? this.items[1] : undefined
  }
}

/** An iterator that is used up by being read: generators, `map`, `reversed`. */
export class PyIterator extends PyObject {
  override readonly typeName: string
  readonly #iterator: Iterator<PyValue>
  readonly #shownAs: string
  constructor(iterator: Iterator<PyValue>, typeName = 'generator', shownAs = 'generator object') {
    super()
    this.#iterator = iterator
    this.typeName = typeName
    this.#shownAs = shownAs
  }
  override repr(): string {
    return `<${this.#shownAs} at ${ADDRESS}>`
  }
  override iterate(): Iterator<PyValue> {
    // Without `return`: a loop that stops early must not close what the template may go on reading.
    return { next: () => this.#iterator.next() }
  }
}

/** What Python would print as an object's address. */
export const ADDRESS = '0x7f0000000000'

export class Range extends PyObject {
  override readonly typeName = 'range'
  readonly start: number
  readonly stop: number
  readonly step: number
  readonly length: number
  constructor(start: number, stop: number, step: number) {
    super()
    this.start = start
    this.stop = stop
    this.step = step
    this.length = Math.max(0, step > 0 ? Math.ceil((stop - start) / step) : Math.ceil((start - stop) / -step))
  }
  at(index: number): number {
    return this.start + index * this.step
  }
  override repr(): string {
    return this.step === 1 ? `range(${this.start}, ${this.stop})` : `range(${this.start}, ${this.stop}, ${this.step})`
  }
  override isTrue(): boolean {
    return this.length > 0
  }
  override size(): number {
    return this.length
  }
  override *iterate(): Iterator<PyValue> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }
  override attribute(name: string): PyValue | undefined {
    if (name === 'start' || name === 'stop' || name === 'step') return this[name]
    return undefined
  }
}

/** `start:stop:step` inside brackets. */
export class Slice extends PyObject {
  override readonly typeName = 'slice'
  readonly start: PyValue
  readonly stop: PyValue
  readonly step: PyValue
  constructor(start: PyValue, stop: PyValue, step: PyValue) {
    super()
    this.start = start
    this.stop = stop
    this.step = step
  }
  override repr(): string {
    return `slice(${[this.start, this.stop, this.step].map(String).join(', ')})`
  }
}

/** A variable, attribute or item that is not there. It prints as nothing, is false and empty, and fails at most other uses. */
export class Undefined extends PyObject {
  override readonly typeName = 'Undefined'
  override readonly moduleName = 'jinja2.runtime'
  readonly #message: () => string
  constructor(message: () => string) {
    super()
    this.#message = message
  }
  static named(name: string): Undefined {
    return new Undefined(() => `'${name}' is undefined`)
  }
  get message(): string {
    return this.#message()
  }
  fail(): never {
    throw new TemplateRuntimeError('UndefinedError', this.message)
  }
  override repr(): string {
    return 'Undefined'
  }
  override str(): string {
    return ''
  }
  override isTrue(): boolean {
    return false
  }
  override attribute(): never {
    this.fail()
  }
  override item(): never {
    this.fail()
  }
  override size(): number {
    return 0
  }
  override iterate(): Iterator<PyValue> {
    return [][Symbol.iterator]()
  }
  override isCallable(): boolean {
    return true
  }
  override call(): never {
    this.fail()
  }
}

/** Anything made of code of ours: global functions, bound methods, classes. */
export class Callable extends PyObject {
  override readonly typeName: string
  readonly #shownAs: string
  readonly #run: (args: PyValue[], keywords: Keywords) => PyValue
  constructor(typeName: string, shownAs: string, run: (args: PyValue[], keywords: Keywords) => PyValue) {
    super()
    this.typeName = typeName
    this.#shownAs = shownAs
    this.#run = run
  }
  override repr(): string {
    return this.#shownAs
  }
  override isCallable(): boolean {
    return true
  }
  override call(args: PyValue[], keywords: Keywords): PyValue {
    return this.#run(args, keywords)
  }
}

/** A method of a Python built-in, bound to its object. */
export function builtinMethod(name: string, owner: string, run: (args: PyValue[], keywords: Keywords) => PyValue): Callable {
  return new Callable('builtin_function_or_method', `<built-in method ${name} of ${owner} object at ${ADDRESS}>`, run)
}

/** A method of a class that Jinja2 itself defines. */
export function method(qualifiedName: string, run: (args: PyValue[], keywords: Keywords) => PyValue): Callable {
  return new Callable('method', `<bound method ${qualifiedName}>`, run)
}
