import { spendItems } from '../budget.ts'
import { isPythonError, TemplateRuntimeError, typeError } from '../errors.ts'
import { reversedIterator } from '../methods/dict-methods.ts'
import { calculate } from '../values/arithmetic.ts'
import { isEqual, isOrdered } from '../values/comparing.ts'
import { isText, isTrue, iterate, length, rawText, toIndex, toList, typeName } from '../values/core.ts'
import { Dict, keyOf } from '../values/dict.ts'
import { escapeText, like, softText } from '../values/html.ts'
import { getItem } from '../values/items.ts'
import { GroupTuple, Markup, PyIterator, type PyValue, Tuple, Undefined } from '../values/objects.ts'
import { pyStr } from '../values/printing.ts'
import { sorted } from '../values/sorting.ts'
import { characters, joinTexts } from '../values/text.ts'
import { attributeGetter, type Getter, identity, ignoreCase, multiAttributeGetter } from './attributes.ts'
import { define, type FilterFunction } from './define.ts'

function argumentError(message: string): TemplateRuntimeError {
  return new TemplateRuntimeError('FilterArgumentError', message)
}

function generator(items: Generator<PyValue, undefined>, name: string): PyIterator {
  return new PyIterator(items, 'generator', `generator object ${name}`)
}

function* batches(value: PyValue, count: PyValue, fill: PyValue): Generator<PyValue, undefined> {
  let batch: PyValue[] = []
  for (const item of iterate(value)) {
    if (isEqual(batch.length, count)) {
      yield batch
      batch = []
    }
    batch.push(item)
  }
  if (!batch.length) return
  if (fill !== null && isOrdered('<', batch.length, count)) {
    const missing = toIndex(count) - batch.length
    spendItems(missing)
    for (let index = 0; index < missing; index++) batch.push(fill)
  }
  yield batch
}

function* slices(value: PyValue, count: PyValue, fill: PyValue): Generator<PyValue, undefined> {
  const items = toList(value)
  const perSlice = calculate('//', items.length, count) as number
  const withExtra = calculate('%', items.length, count) as number
  let offset = 0
  for (let index = 0; index < toIndex(count); index++) {
    spendItems(1)
    const start = offset + index * perSlice
    if (index < withExtra) offset++
    const slice = items.slice(start, offset + (index + 1) * perSlice)
    if (fill !== null && index >= withExtra) slice.push(fill)
    yield slice
  }
}

function* unique(value: PyValue, key: Getter): Generator<PyValue, undefined> {
  const seen = new Set<unknown>()
  for (const item of iterate(value)) {
    const found = keyOf(key(item))
    if (seen.has(found)) continue
    seen.add(found)
    yield item
  }
}

function extreme(value: PyValue, operator: '<' | '>', key: Getter): PyValue {
  let best: { item: PyValue; key: PyValue } | undefined
  for (const item of iterate(value)) {
    const candidate = { item, key: key(item) }
    if (!best || isOrdered(operator, candidate.key, best.key)) best = candidate
  }
  return best ? best.item : new Undefined(() => 'No aggregated item, sequence was empty.')
}

function extremeFilter(pythonName: string, operator: '<' | '>'): FilterFunction {
  return define(
    pythonName,
    ['value', 'case_sensitive?', 'attribute?'],
    (_escaping, value: PyValue, isExact: PyValue = false, attribute: PyValue = null) =>
      extreme(value, operator, attributeGetter(attribute, isTrue(isExact) ? identity : ignoreCase)),
    1,
  )
}

function join(isEscaping: boolean, value: PyValue, separator: PyValue, attribute: PyValue): PyValue {
  const get = attribute === null ? identity : attributeGetter(attribute)
  const items: PyValue[] = []
  for (const item of iterate(value)) items.push(get(item))
  if (!isEscaping) return joinTexts(items.map(pyStr), pyStr(separator))
  if (separator instanceof Markup)
    return new Markup(
      joinTexts(
        items.map(item => escapeText(softText(item))),
        separator.text,
      ),
    )
  if (!items.some(item => item instanceof Markup)) return joinTexts(items.map(pyStr), pyStr(separator))
  return new Markup(joinTexts(items.map(escapeText), escapeText(separator)))
}

function groupBy(value: PyValue, attribute: PyValue, fallback: PyValue): PyValue[] {
  const get = attributeGetter(attribute, identity, fallback)
  const groups: { key: PyValue; items: PyValue[] }[] = []
  for (const item of sorted(toList(value), get)) {
    const key = get(item)
    const last = groups.at(-1)
    if (last && isEqual(last.key, key)) last.items.push(item)
    else groups.push({ key, items: [item] })
  }
  return groups.map(group => new GroupTuple([group.key, group.items]))
}

function sum(value: PyValue, attribute: PyValue, start: PyValue): PyValue {
  const get = attribute === null ? identity : attributeGetter(attribute)
  if (isText(start)) throw typeError("sum() can't sum strings [use ''.join(seq) instead]")
  let total: PyValue = start
  for (const item of iterate(value)) total = calculate('+', total, get(item))
  return total
}

function reverse(value: PyValue): PyValue {
  if (isText(value)) return like(value, characters(rawText(value)).reverse().join(''))
  try {
    return reversedIterator(value)
  } catch (error) {
    if (!isPythonError(error, 'TypeError')) throw error
  }
  try {
    return toList(value).reverse()
  } catch (error) {
    if (isPythonError(error, 'TypeError')) throw argumentError('argument must be iterable')
    throw error
  }
}

function first(value: PyValue): PyValue {
  for (const item of iterate(value)) return item
  return new Undefined(() => 'No first item, sequence was empty.')
}

function last(value: PyValue): PyValue {
  for (const item of iterate(reversedIterator(value))) return item
  return new Undefined(() => 'No last item, sequence was empty.')
}

function random(value: PyValue): PyValue {
  if (value instanceof Undefined) value.fail()
  const count = length(value)
  if (!count) return new Undefined(() => 'No random item, sequence was empty.')
  return getItem(value, Math.floor(Math.random() * count))
}

function dictSort(value: PyValue, isExact: boolean, by: PyValue, isReversed: boolean): PyValue {
  if (by !== 'key' && by !== 'value') throw argumentError('You can only sort by either "key" or "value"')
  if (value instanceof Undefined) value.fail()
  if (!(value instanceof Dict)) throw new TemplateRuntimeError('AttributeError', `'${typeName(value)}' object has no attribute 'items'`)
  const position = by === 'key' ? 0 : 1
  const pairs = [...value.pairs()].map(pair => new Tuple(pair))
  const key = (pair: PyValue): PyValue => (pair as Tuple).items[position] as PyValue
  return sorted(pairs, pair => (isExact ? key(pair) : ignoreCase(key(pair))), isReversed)
}

export const SEQUENCE_FILTERS: ReadonlyMap<string, FilterFunction> = new Map<string, FilterFunction>([
  [
    'batch',
    define('do_batch', ['value', 'linecount', 'fill_with?'], (_escaping, value: PyValue, count: PyValue, fill: PyValue = null) =>
      generator(batches(value, count, fill), 'do_batch'),
    ),
  ],
  [
    'slice',
    define('sync_do_slice', ['value', 'slices', 'fill_with?'], (_escaping, value: PyValue, count: PyValue, fill: PyValue = null) =>
      generator(slices(value, count, fill), 'sync_do_slice'),
    ),
  ],
  [
    'unique',
    define(
      'do_unique',
      ['value', 'case_sensitive?', 'attribute?'],
      (_escaping, value: PyValue, isExact: PyValue = false, attribute: PyValue = null) =>
        generator(unique(value, attributeGetter(attribute, isTrue(isExact) ? identity : ignoreCase)), 'do_unique'),
      1,
    ),
  ],
  ['min', extremeFilter('do_min', '<')],
  ['max', extremeFilter('do_max', '>')],
  [
    'join',
    define(
      'sync_do_join',
      ['value', 'd?', 'attribute?'],
      (escaping, value: PyValue, separator: PyValue = '', attribute: PyValue = null) => join(escaping.isOn, value, separator, attribute),
      1,
    ),
  ],
  ['first', define('sync_do_first', ['seq'], (_escaping, value: PyValue) => first(value), 1)],
  ['last', define('do_last', ['seq'], (_escaping, value: PyValue) => last(value), 1)],
  ['random', define('do_random', ['seq'], (_escaping, value: PyValue) => random(value), 1)],
  ['list', define('sync_do_list', ['value'], (_escaping, value: PyValue) => toList(value))],
  ['reverse', define('do_reverse', ['value'], (_escaping, value: PyValue) => reverse(value))],
  [
    'sum',
    define(
      'sync_do_sum',
      ['iterable', 'attribute?', 'start?'],
      (_escaping, value: PyValue, attribute: PyValue = null, start: PyValue = 0) => sum(value, attribute, start),
      1,
    ),
  ],
  [
    'sort',
    define(
      'do_sort',
      ['value', 'reverse?', 'case_sensitive?', 'attribute?'],
      (_escaping, value: PyValue, isReversed: PyValue = false, isExact: PyValue = false, attribute: PyValue = null) =>
        sorted(toList(value), multiAttributeGetter(attribute, isTrue(isExact) ? identity : ignoreCase), isTrue(isReversed)),
      1,
    ),
  ],
  [
    'groupby',
    define(
      'sync_do_groupby',
      ['value', 'attribute', 'default?'],
      (_escaping, value: PyValue, attribute: PyValue, fallback: PyValue = null) => groupBy(value, attribute, fallback),
      1,
    ),
  ],
  [
    'dictsort',
    define(
      'do_dictsort',
      ['value', 'case_sensitive?', 'by?', 'reverse?'],
      (_escaping, value: PyValue, isExact: PyValue = false, by: PyValue = 'key', isReversed: PyValue = false) =>
        dictSort(value, isTrue(isExact), by, isTrue(isReversed)),
    ),
  ],
])
