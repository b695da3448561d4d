import { Float } from '@weft/contracts'
import { spend } from '../budget.ts'
import { TemplateRuntimeError, typeError } from '../errors.ts'
import { Markup, PyObject, type PyValue, Tuple, Undefined } from './objects.ts'

/** Entries are dear: each costs more memory than an item of a list. */
const STEPS_PER_ENTRY = 4

const UNDEFINED_KEY = Symbol('undefined')

/**
 * What a Map may use in place of a Python key, so that keys which are equal in Python are the same: `1`, `1.0` and `True`.
 * Strings stand for themselves, save those beginning with NUL, which is how tuples are marked.
 * @throws TemplateRuntimeError (TypeError) for lists and dicts
 */
export function keyOf(value: PyValue): unknown {
  if (typeof value === 'string') return value.startsWith('\0') ? `\0s${value}` : value
  if (typeof value === 'number' || value === null) return value
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'bigint') return Number(value) === Infinity || BigInt(Number(value)) !== value ? value : Number(value)
  if (value instanceof Float) return value.value
  if (value instanceof Markup) return keyOf(value.text)
  if (value instanceof Undefined) return UNDEFINED_KEY
  if (value instanceof Tuple) return `\0t${value.items.map(item => describeKey(keyOf(item))).join(',')}`
  if (Array.isArray(value)) throw typeError("unhashable type: 'list'")
  if (value instanceof Dict || value.typeName === 'slice') throw typeError(`unhashable type: '${value.typeName}'`)
  return value
}

const objectNumbers = new WeakMap<object, number>()
let lastObjectNumber = 0

function describeKey(key: unknown): string {
  if (typeof key === 'string') return `${key.length}:${key}`
  if (typeof key !== 'object' || key === null) return String(key)
  const known = objectNumbers.get(key) ?? ++lastObjectNumber
  objectNumbers.set(key, known)
  return `#${known}`
}

/** A dict: keys in order of insertion, any hashable value as key. */
export class Dict extends PyObject {
  override readonly typeName = 'dict'
  readonly #entries = new Map<unknown, { key: PyValue; value: PyValue }>()

  static from(pairs: Iterable<readonly [PyValue, PyValue]>): Dict {
    const dict = new Dict()
    for (const [key, value] of pairs) dict.set(key, value)
    return dict
  }

  get count(): number {
    return this.#entries.size
  }

  get(key: PyValue): PyValue | undefined {
    return this.#entries.get(keyOf(key))?.value
  }

  has(key: PyValue): boolean {
    return this.#entries.has(keyOf(key))
  }

  /** Keeps the key that is there already, as Python does. */
  set(key: PyValue, value: PyValue): void {
    const mapKey = keyOf(key)
    const known = this.#entries.get(mapKey)
    if (known) known.value = value
    else {
      spend(STEPS_PER_ENTRY)
      this.#entries.set(mapKey, { key, value })
    }
  }

  delete(key: PyValue): boolean {
    return this.#entries.delete(keyOf(key))
  }

  clear(): void {
    this.#entries.clear()
  }

  *keys(): Generator<PyValue, undefined> {
    for (const entry of this.#entries.values()) yield entry.key
  }

  *values(): Generator<PyValue, undefined> {
    for (const entry of this.#entries.values()) yield entry.value
  }

  *pairs(): Generator<[PyValue, PyValue], undefined> {
    for (const entry of this.#entries.values()) yield [entry.key, entry.value]
  }

  /** The pairs, failing as Python does when the dict grows or shrinks meanwhile. */
  *#guarded<Item>(pick: (entry: { key: PyValue; value: PyValue }) => Item): Generator<Item, undefined> {
    const size = this.#entries.size
    for (const entry of this.#entries.values()) {
      if (this.#entries.size !== size) throw new TemplateRuntimeError('RuntimeError', 'dictionary changed size during iteration')
      yield pick(entry)
    }
  }

  view(kind: DictViewKind): DictView {
    return new DictView(this, kind)
  }

  iterateAs(kind: DictViewKind): Iterator<PyValue> {
    if (kind === 'keys') return this.#guarded(entry => entry.key)
    if (kind === 'values') return this.#guarded(entry => entry.value)
    return this.#guarded(entry => new Tuple([entry.key, entry.value]))
  }

  override repr(): string {
    throw new Error('printed by pyRepr')
  }
  override isTrue(): boolean {
    return this.count > 0
  }
  override size(): number {
    return this.count
  }
  override iterate(): Iterator<PyValue> {
    return this.iterateAs('keys')
  }
}

export type DictViewKind = 'keys' | 'values' | 'items'

/** `dict.keys()` and its like: they follow the dict. */
export class DictView extends PyObject {
  override readonly typeName: string
  readonly dict: Dict
  readonly kind: DictViewKind
  constructor(dict: Dict, kind: DictViewKind) {
    super()
    this.dict = dict
    this.kind = kind
    this.typeName = `dict_${kind}`
  }
  override repr(): string {
    throw new Error('printed by pyRepr')
  }
  override isTrue(): boolean {
    return this.dict.count > 0
  }
  override size(): number {
    return this.dict.count
  }
  override iterate(): Iterator<PyValue> {
    return this.dict.iterateAs(this.kind)
  }
}
