import { Float } from '@weft/contracts'
import { isInt } from '../values/core.ts'
import { Dict, DictView } from '../values/dict.ts'
import { builtinMethod, Markup, PyObject, type PyValue, Range, Tuple } from '../values/objects.ts'
import { BYTES_METHODS, Bytes } from './bytes-methods.ts'
import { DICT_METHODS } from './dict-methods.ts'
import { LIST_METHODS, RANGE_METHODS, TUPLE_METHODS } from './list-methods.ts'
import type { MethodTable } from './method-table.ts'
import { FLOAT_ATTRIBUTES, FLOAT_METHODS, INT_ATTRIBUTES, INT_METHODS } from './number-methods.ts'
import { MARKUP_METHODS, stringFormatMethods } from './string-format-methods.ts'
import { STRING_METHODS } from './string-methods.ts'
import { STRING_TESTS } from './string-tests.ts'

const TEXT_METHODS: MethodTable = new Map([
  ...STRING_METHODS,
  ...STRING_TESTS,
  ...stringFormatMethods((value, name) => attributeOf(value, name)),
])
const SAFE_TEXT_METHODS: MethodTable = new Map([...TEXT_METHODS, ...MARKUP_METHODS])

/**
 * Python's `getattr(value, name)`; `undefined` where there is no such attribute. Only what this package defines is found,
 * by tables: no name ever reaches a JavaScript object, and Python's own insides (`__class__`) are not there.
 */
export function attributeOf(value: PyValue, name: string): PyValue | undefined {
  if (value instanceof PyObject) {
    const own = value.attribute(name)
    if (own !== undefined) return own
  }
  return methodOf(value, name)
}

/** The method of a built-in value, bound to it; `undefined` where its class has none of that name. */
export function methodOf(value: PyValue, name: string): PyValue | undefined {
  const found = tableFor(value)
  if (!found) return undefined
  const [owner, table, attributes] = found
  const attribute = attributes?.get(name)
  if (attribute) return attribute(value)
  const run = table.get(name)
  return run && builtinMethod(name, owner, (args, keywords) => run(value, args, keywords))
}

type Found = [owner: string, table: MethodTable, attributes?: ReadonlyMap<string, (value: PyValue) => PyValue>]

function tableFor(value: PyValue): Found | undefined {
  if (typeof value === 'string') return ['str', TEXT_METHODS]
  if (Array.isArray(value)) return ['list', LIST_METHODS]
  if (value instanceof Dict) return ['dict', DICT_METHODS]
  if (value instanceof Markup) return ['Markup', SAFE_TEXT_METHODS]
  if (value instanceof Tuple) return ['tuple', TUPLE_METHODS]
  if (value instanceof Range) return ['range', RANGE_METHODS]
  if (value instanceof Bytes) return ['bytes', BYTES_METHODS]
  if (value === null || value instanceof DictView) return undefined
  if (isInt(value)) return ['int', INT_METHODS, INT_ATTRIBUTES]
  if (typeof value === 'number' || value instanceof Float) return ['float', FLOAT_METHODS, FLOAT_ATTRIBUTES]
  return undefined
}
