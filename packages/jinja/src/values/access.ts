import { isPythonError, TemplateRuntimeError } from '../errors.ts'
import { attributeOf, methodOf } from '../methods/index.ts'
import { isText, objectTypeName, rawText, typeName } from './core.ts'
import { Dict } from './dict.ts'
import { getItem } from './items.ts'
import { Markup, PyObject, type PyValue, Tuple, Undefined } from './objects.ts'
import { pyRepr } from './printing.ts'

/** Jinja2's `value.name`: the attribute, else the item, else undefined. */
export function lookUpAttribute(value: PyValue, name: string): PyValue {
  if (value instanceof Dict) {
    const method = methodOf(value, name)
    const found = method === undefined ? value.get(name) : method
    return found === undefined ? missing(value, name) : found
  }
  const attribute = attributeOf(value, name)
  if (attribute !== undefined) return attribute
  if (value instanceof PyObject && !(value instanceof Tuple) && !(value instanceof Markup)) return itemOrMissing(value, name)
  return missing(value, name)
}

/** Jinja2's `value[key]`: the item, else (for texts) the attribute, else undefined. */
export function lookUpItem(value: PyValue, key: PyValue): PyValue {
  if (value instanceof Dict && typeof key === 'string') {
    const item = value.get(key)
    const found = item === undefined ? methodOf(value, key) : item
    return found === undefined ? missing(value, key) : found
  }
  if (value instanceof Undefined) value.fail()
  const found = itemOrMissing(value, key)
  if (!(found instanceof Missing) || !isText(key)) return found
  const attribute = attributeOf(value, rawText(key))
  return attribute === undefined ? found : attribute
}

function itemOrMissing(value: PyValue, key: PyValue): PyValue {
  try {
    return getItem(value, key)
  } catch (error) {
    if (isPythonError(error, 'TypeError', 'KeyError', 'IndexError', 'AttributeError')) return missing(value, key)
    throw error
  }
}

/** Tells an undefined made here from one that was stored. */
class Missing extends Undefined {}

/** Python's own insides: what templates use to get out of their sandbox. */
const INTERNAL = /^__.*__$/s

/** Jinja2's undefined for a missing attribute or item. @throws TemplateRuntimeError (SecurityError) for Python's insides */
export function missing(value: PyValue, key: PyValue): Undefined {
  if (isText(key) && INTERNAL.test(rawText(key))) {
    const message = `access to attribute ${pyRepr(key)} of ${pyRepr(typeName(value))} object is unsafe.`
    throw new TemplateRuntimeError('SecurityError', message)
  }
  return new Missing(() => {
    if (!isText(key)) return `${objectTypeName(value)} has no element ${pyRepr(key)}`
    return `${pyRepr(objectTypeName(value))} has no attribute ${pyRepr(key)}`
  })
}
