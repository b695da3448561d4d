import { typeError } from '../errors.ts'
import { isEqual } from '../values/comparing.ts'
import { iteratorOf, sizeOf } from '../values/core.ts'
import { type Keywords, method, PyObject, type PyValue, Tuple, Undefined } from '../values/objects.ts'

export type RenderLoop = (iterable: PyValue, depth: number) => PyValue

/** The `loop` of a for loop. */
export class LoopContext extends PyObject {
  override readonly typeName = 'LoopContext'
  override readonly moduleName = 'jinja2.runtime'
  readonly #iterable: PyValue
  #iterator: Iterator<PyValue>
  readonly #recurse: RenderLoop | undefined
  readonly #depth0: number
  #index0 = -1
  #length: number | undefined
  #after: PyValue | undefined
  #current: PyValue | undefined
  #before: PyValue | undefined
  #lastChanged: PyValue | undefined

  constructor(iterable: PyValue, recurse?: RenderLoop, depth0 = 0) {
    super()
    this.#iterable = iterable
    this.#iterator = iteratorOf(iterable)
    this.#recurse = recurse
    this.#depth0 = depth0
  }

  /** The next item, or `undefined` at the end. */
  next(): PyValue | undefined {
    const item = this.#peek()
    if (item === undefined) return undefined
    this.#after = undefined
    this.#index0++
    this.#before = this.#current
    this.#current = item
    return item
  }

  #peek(): PyValue | undefined {
    if (this.#after === undefined) {
      const next = this.#iterator.next()
      this.#after = next.done ? undefined : next.value
    }
    return this.#after
  }

  get #size(): number {
    if (this.#length !== undefined) return this.#length
    const size = sizeOf(this.#iterable)
    if (size === undefined) {
      const rest = [...{ [Symbol.iterator]: () => this.#iterator }]
      this.#iterator = rest[Symbol.iterator]()
      this.#length = rest.length + this.#index0 + 1 + (this.#after === undefined ? 0 : 1)
    } else this.#length = size
    return this.#length
  }

  override attribute(name: string): PyValue | undefined {
    switch (name) {
      case 'index':
        return this.#index0 + 1
      case 'index0':
        return this.#index0
      case 'revindex':
        return this.#size - this.#index0
      case 'revindex0':
        return this.#size - this.#index0 - 1
      case 'first':
        return this.#index0 === 0
      case 'last':
        return this.#peek() === undefined
      case 'length':
        return this.#size
      case 'depth':
        return this.#depth0 + 1
      case 'depth0':
        return this.#depth0
      case 'previtem':
        return this.#index0 === 0 ? new Undefined(() => 'there is no previous item') : this.#before
      case 'nextitem':
        return this.#peek() === undefined ? new Undefined(() => 'there is no next item') : this.#after
      case 'cycle':
        return method('LoopContext.cycle', args => this.#cycle(args))
      case 'changed':
        return method('LoopContext.changed', args => this.#changed(args))
      default:
        return undefined
    }
  }

  #cycle(args: PyValue[]): PyValue {
    if (!args.length) throw typeError('no items for cycling given')
    return args[this.#index0 % args.length] as PyValue
  }

  #changed(args: PyValue[]): boolean {
    const value = new Tuple(args)
    if (this.#lastChanged !== undefined && isEqual(this.#lastChanged, value)) return false
    this.#lastChanged = value
    return true
  }

  override size(): number {
    return this.#size
  }

  override iterate(): Iterator<PyValue> {
    return {
      next: () => {
        const item = this.next()
        return item === undefined ? { done: true, value: undefined } : { done: false, value: new Tuple([item, this]) }
      },
    }
  }

  override isTrue(): boolean {
    return this.#size > 0
  }

  override isCallable(): boolean {
    return true
  }

  override call(args: PyValue[], _keywords: Keywords): PyValue {
    if (args.length !== 1) {
      throw typeError(
        args.length
          ? `LoopContext.__call__() takes 2 positional arguments but ${args.length + 1} were given`
          : "LoopContext.__call__() missing 1 required positional argument: 'iterable'",
      )
    }
    if (!this.#recurse) throw typeError("The loop must have the 'recursive' marker to be called recursively.")
    return this.#recurse(args[0] as PyValue, this.#depth0 + 1)
  }

  override repr(): string {
    return `<LoopContext ${this.#index0 + 1}/${this.#size}>`
  }
}
