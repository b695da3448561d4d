import { spendItems } from '../budget.ts'
import { TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { isEqual } from '../values/comparing.ts'
import { isTrue, iterate, toIndex } from '../values/core.ts'
import { NO_KEYWORDS, PyObject, type PyValue, type Range, type Tuple } from '../values/objects.ts'
import { pyRepr } from '../values/printing.ts'
import { sorted } from '../values/sorting.ts'
import type { Method, MethodTable } from './method-table.ts'
import { positional } from './method-table.ts'

type List = PyValue[]

function indexOf(items: readonly PyValue[], wanted: PyValue, start = 0, stop = items.length): number {
  spendItems(items.length)
  const place = (index: number): number => (index < 0 ? Math.max(0, index + items.length) : index)
  for (let index = place(start); index < Math.min(place(stop), items.length); index++) {
    if (items[index] === wanted || isEqual(items[index] as PyValue, wanted)) return index
  }
  return -1
}

function count(items: readonly PyValue[], wanted: PyValue): number {
  spendItems(items.length)
  return items.filter(item => item === wanted || isEqual(item, wanted)).length
}

function pop(list: List, at?: PyValue): PyValue {
  if (!list.length) throw new TemplateRuntimeError('IndexError', 'pop from empty list')
  const wanted = at === undefined ? -1 : toIndex(at)
  const index = wanted < 0 ? wanted + list.length : wanted
  if (index < 0 || index >= list.length) throw new TemplateRuntimeError('IndexError', 'pop index out of range')
  spendItems((list.length - index) / 16)
  return list.splice(index, 1)[0] as PyValue
}

function insert(list: List, at: PyValue, item: PyValue): null {
  const wanted = toIndex(at)
  spendItems(list.length / 16)
  list.splice(wanted < 0 ? Math.max(0, wanted + list.length) : wanted, 0, item)
  return null
}

function remove(list: List, item: PyValue): null {
  const index = indexOf(list, item)
  if (index < 0) throw valueError('list.remove(x): x not in list')
  list.splice(index, 1)
  return null
}

function extend(list: List, items: PyValue): null {
  if (items === list) {
    spendItems(list.length)
    list.push(...list.slice())
  } else for (const item of iterate(items)) list.push(item)
  return null
}

const sort: Method = (self, args, keywords) => {
  if (args.length) throw typeError('sort() takes no positional arguments')
  for (const name of keywords.keys()) {
    if (name !== 'key' && name !== 'reverse') throw typeError(`'${name}' is an invalid keyword argument for sort()`)
  }
  const list = self as List
  const key = keywords.get('key') ?? null
  const keyOf = (item: PyValue): PyValue => (key instanceof PyObject ? key.call([item], NO_KEYWORDS) : item)
  const ordered = sorted(list, keyOf, isTrue(keywords.get('reverse') ?? false))
  ordered.forEach((item, index) => {
    list[index] = item
  })
  return null
}

function found(index: number, wanted: PyValue, kind: 'list' | 'tuple'): number {
  if (index >= 0) return index
  throw valueError(kind === 'list' ? `${pyRepr(wanted)} is not in list` : 'tuple.index(x): x not in tuple')
}

const asIndex = (value: PyValue | undefined): number | undefined => (value === undefined ? undefined : toIndex(value))

export const LIST_METHODS: MethodTable = new Map<string, Method>([
  positional('list', 'append', 1, 1, (list: List, item) => {
    list.push(item as PyValue)
    return null
  }),
  positional('list', 'clear', 0, 0, (list: List) => {
    list.length = 0
    return null
  }),
  positional('list', 'copy', 0, 0, (list: List) => {
    spendItems(list.length)
    return [...list]
  }),
  positional('list', 'count', 1, 1, (list: List, item) => count(list, item as PyValue)),
  positional('list', 'extend', 1, 1, (list: List, items) => extend(list, items as PyValue)),
  positional('list', 'index', 1, 3, (list: List, item, start?, stop?) =>
    found(indexOf(list, item as PyValue, asIndex(start), asIndex(stop)), item as PyValue, 'list'),
  ),
  positional('list', 'insert', 2, 2, (list: List, at, item) => insert(list, at as PyValue, item as PyValue)),
  positional('list', 'pop', 0, 1, (list: List, at?) => pop(list, at)),
  positional('list', 'remove', 1, 1, (list: List, item) => remove(list, item as PyValue)),
  positional('list', 'reverse', 0, 0, (list: List) => {
    spendItems(list.length)
    list.reverse()
    return null
  }),
  ['sort', sort],
])

export const TUPLE_METHODS: MethodTable = new Map<string, Method>([
  positional('tuple', 'count', 1, 1, (tuple: Tuple, item) => count(tuple.items, item as PyValue)),
  positional('tuple', 'index', 1, 3, (tuple: Tuple, item, start?, stop?) =>
    found(indexOf(tuple.items, item as PyValue, asIndex(start), asIndex(stop)), item as PyValue, 'tuple'),
  ),
])

export const RANGE_METHODS: MethodTable = new Map<string, Method>([
  positional('range', 'count', 1, 1, (range: Range, item) => (rangeIndex(range, item as PyValue) < 0 ? 0 : 1)),
  positional('range', 'index', 1, 1, (range: Range, item) => {
    const index = rangeIndex(range, item as PyValue)
    if (index < 0) throw valueError(`${pyRepr(item as PyValue)} is not in range`)
    return index
  }),
])

function rangeIndex(range: Range, item: PyValue): number {
  if (typeof item !== 'number' && typeof item !== 'boolean') return -1
  const index = (Number(item) - range.start) / range.step
  return Number.isInteger(index) && index >= 0 && index < range.length ? index : -1
}
