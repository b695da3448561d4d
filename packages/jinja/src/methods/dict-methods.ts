import { TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { iterate, toList, tryIterator, typeName } from '../values/core.ts'
import { Dict } from '../values/dict.ts'
import { type Keywords, PyIterator, type PyValue, Tuple, Undefined } from '../values/objects.ts'
import { pyRepr } from '../values/printing.ts'
import { type Method, type MethodTable, positional } from './method-table.ts'

/** What `dict(...)` and `dict.update(...)` do. @throws TypeError, ValueError where the source holds no pairs */
export function updateDict(dict: Dict, args: PyValue[], keywords: Keywords, name: string): void {
  if (args.length > 1) throw typeError(`${name} expected at most 1 argument, got ${args.length}`)
  const [source] = args
  if (source instanceof Dict) for (const [key, value] of source.pairs()) dict.set(key, value)
  else if (source !== undefined) addPairs(dict, source)
  for (const [key, value] of keywords) dict.set(key, value)
}

function addPairs(dict: Dict, source: PyValue): void {
  let index = 0
  for (const pair of iterate(source)) {
    if (!tryIterator(pair)) throw typeError(`cannot convert dictionary update sequence element #${index} to a sequence`)
    const items = toList(pair)
    if (items.length !== 2) {
      throw valueError(`dictionary update sequence element #${index} has length ${items.length}; 2 is required`)
    }
    dict.set(items[0] as PyValue, items[1] as PyValue)
    index++
  }
}

function pop(dict: Dict, key: PyValue, fallback?: PyValue): PyValue {
  const value = dict.get(key)
  if (value === undefined) {
    if (fallback !== undefined) return fallback
    throw new TemplateRuntimeError('KeyError', pyRepr(key))
  }
  dict.delete(key)
  return value
}

function popItem(dict: Dict): PyValue {
  let last: PyValue | undefined
  for (const key of dict.keys()) last = key
  if (last === undefined) throw new TemplateRuntimeError('KeyError', "'popitem(): dictionary is empty'")
  return new Tuple([last, pop(dict, last)])
}

function setDefault(dict: Dict, key: PyValue, value: PyValue = null): PyValue {
  const known = dict.get(key)
  if (known !== undefined) return known
  dict.set(key, value)
  return value
}

const update: Method = (self, args, keywords) => {
  updateDict(self as Dict, args, keywords, 'update')
  return null
}

export const DICT_METHODS: MethodTable = new Map<string, Method>([
  positional('dict', 'clear', 0, 0, (dict: Dict) => {
    dict.clear()
    return null
  }),
  positional('dict', 'copy', 0, 0, (dict: Dict) => Dict.from(dict.pairs())),
  positional('dict', 'fromkeys', 1, 2, (_dict: Dict, keys, value?) => {
    const made = new Dict()
    for (const key of iterate(keys as PyValue)) made.set(key, value ?? null)
    return made
  }),
  positional('dict', 'get', 1, 2, (dict: Dict, key, fallback = null) => {
    const value = dict.get(key as PyValue)
    return value === undefined ? fallback : value
  }),
  positional('dict', 'items', 0, 0, (dict: Dict) => dict.view('items')),
  positional('dict', 'keys', 0, 0, (dict: Dict) => dict.view('keys')),
  positional('dict', 'values', 0, 0, (dict: Dict) => dict.view('values')),
  positional('dict', 'pop', 1, 2, (dict: Dict, key, fallback?) => pop(dict, key as PyValue, fallback)),
  positional('dict', 'popitem', 0, 0, (dict: Dict) => popItem(dict)),
  positional('dict', 'setdefault', 1, 2, (dict: Dict, key, value?) => setDefault(dict, key as PyValue, value)),
  ['update', update],
])

/** Python's `reversed(value)`. @throws TypeError where the value has no order from behind */
export function reversedIterator(value: PyValue): PyIterator {
  if (value instanceof Dict) return reverse(toList(value), 'dict_reversekeyiterator')
  if (Array.isArray(value)) return reverse(toList(value), 'list_reverseiterator')
  if (value instanceof Undefined) return reverse([], 'reversed')
  const kind = typeName(value)
  if (value instanceof Tuple || kind === 'str' || kind === 'Markup') return reverse(toList(value), 'reversed')
  if (kind === 'range') return reverse(toList(value), 'range_iterator')
  if (kind === 'dict_keys' || kind === 'dict_values' || kind === 'dict_items') {
    return reverse(toList(value), `dict_reverse${kind.slice(5, -1)}iterator`)
  }
  throw typeError(`'${kind}' object is not reversible`)
}

function reverse(items: PyValue[], kind: string): PyIterator {
  return new PyIterator(items.reverse()[Symbol.iterator](), kind, `${kind} object`)
}
