import { spendItems } from '../budget.ts'
import { TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { isInt, isText, rawText, toIndex, typeName } from './core.ts'
import { Dict } from './dict.ts'
import { Markup, PyObject, type PyValue, Range, Slice, Tuple, Undefined } from './objects.ts'
import { pyRepr } from './printing.ts'
import { characterCount, characters, sliceCharacters } from './text.ts'

/** Python's `value[key]`. @throws TemplateRuntimeError where there is no such item */
export function getItem(value: PyValue, key: PyValue): PyValue {
  if (key instanceof Slice) return getSlice(value, key)
  if (Array.isArray(value)) return at(value, key, 'list')
  if (value instanceof Tuple) return at(value.items, key, 'tuple')
  if (isText(value)) return characterAt(value, key)
  if (value instanceof Dict) {
    const found = value.get(key)
    if (found === undefined) throw new TemplateRuntimeError('KeyError', pyRepr(key))
    return found
  }
  if (value instanceof Range) {
    const index = position(key, value.length, 'range')
    if (index === undefined) throw new TemplateRuntimeError('IndexError', 'range object index out of range')
    return value.at(index)
  }
  if (value instanceof PyObject) return value.item(key)
  throw typeError(`'${typeName(value)}' object is not subscriptable`)
}

function at(items: readonly PyValue[], key: PyValue, kind: string): PyValue {
  const index = position(key, items.length, kind)
  if (index === undefined) throw new TemplateRuntimeError('IndexError', `${kind} index out of range`)
  return items[index] as PyValue
}

/** An index from the start, or `undefined` where it is out of range. */
function position(key: PyValue, count: number, kind: string): number | undefined {
  if (!isInt(key)) throw typeError(`${kind} indices must be integers or slices, not ${typeName(key)}`)
  const index = toIndex(key)
  const fromStart = index < 0 ? index + count : index
  return fromStart >= 0 && fromStart < count ? fromStart : undefined
}

function characterAt(value: string | Markup, key: PyValue): PyValue {
  const text = rawText(value)
  if (!isInt(key)) throw typeError('string indices must be integers')
  const index = position(key, characterCount(text), 'string')
  if (index === undefined) throw new TemplateRuntimeError('IndexError', 'string index out of range')
  const character = sliceCharacters(text, index, index + 1)
  return value instanceof Markup ? new Markup(character) : character
}

/** `value[start:stop:step]`. @throws TemplateRuntimeError where the value cannot be sliced */
export function getSlice(value: PyValue, slice: Slice): PyValue {
  if (value instanceof Undefined) value.fail()
  if (Array.isArray(value)) return pick(value, slice)
  if (value instanceof Tuple) return new Tuple(pick(value.items, slice))
  if (isText(value)) {
    const text = rawText(value)
    const sliced = sliceText(text, slice)
    return value instanceof Markup ? new Markup(sliced) : sliced
  }
  if (value instanceof Range) {
    const { start, stop, step } = bounds(slice, value.length)
    return new Range(value.at(start), value.at(stop), value.step * step)
  }
  if (value instanceof Dict) throw typeError("unhashable type: 'slice'")
  throw typeError(`'${typeName(value)}' object is not subscriptable`)
}

function sliceText(text: string, slice: Slice): string {
  if (slice.step === null || slice.step === 1) {
    const { start, stop } = bounds(slice, characterCount(text))
    return start < stop ? sliceCharacters(text, start, stop) : ''
  }
  return pick(characters(text), slice).join('')
}

function pick<Item>(items: readonly Item[], slice: Slice): Item[] {
  const { start, stop, step } = bounds(slice, items.length)
  if (step === 1) {
    spendItems(stop - start)
    return items.slice(start, Math.max(start, stop))
  }
  const picked: Item[] = []
  for (let index = start; step > 0 ? index < stop : index > stop; index += step) picked.push(items[index] as Item)
  spendItems(picked.length)
  return picked
}

/** Python's `slice.indices(count)`. */
function bounds(slice: Slice, count: number): { start: number; stop: number; step: number } {
  const step = slice.step === null ? 1 : bound(slice.step)
  if (step === 0) throw valueError('slice step cannot be zero')
  const [lowest, highest] = step > 0 ? [0, count] : [-1, count - 1]
  const place = (value: PyValue, absent: number): number => {
    if (value === null) return absent
    const index = bound(value)
    return Math.min(highest, Math.max(lowest, index < 0 ? index + count : index))
  }
  return { start: place(slice.start, step > 0 ? lowest : highest), stop: place(slice.stop, step > 0 ? highest : lowest), step }
}

function bound(value: PyValue): number {
  if (!isInt(value)) throw typeError('slice indices must be integers or None or have an __index__ method')
  return toIndex(value)
}
