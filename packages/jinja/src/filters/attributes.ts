import { lookUpItem } from '../values/access.ts'
import { lower } from '../values/casing.ts'
import { isDigits } from '../values/character-classes.ts'
import { isText, rawText } from '../values/core.ts'
import { like } from '../values/html.ts'
import { type PyValue, Undefined } from '../values/objects.ts'

export type Getter = (item: PyValue) => PyValue

/** Texts in lower case, anything else as it is: how Jinja2 sorts by default. */
export function ignoreCase(value: PyValue): PyValue {
  return isText(value) ? like(value, lower(rawText(value))) : value
}

export const identity: Getter = value => value

/** `"address.city"` or `0` as steps; digits become numbers. */
function pathOf(attribute: PyValue | undefined): PyValue[] {
  if (attribute === null || attribute === undefined) return []
  if (!isText(attribute)) return [attribute]
  return rawText(attribute)
    .split('.')
    .map(part => (isDigits(part) ? Number(part) : part))
}

/** Looks up an attribute path; `fallback` stands in for what is undefined on the way. */
export function attributeGetter(attribute: PyValue | undefined, finish: Getter = identity, fallback: PyValue = null): Getter {
  const path = pathOf(attribute)
  return item => {
    let value = item
    for (const part of path) {
      value = lookUpItem(value, part)
      if (fallback !== null && value instanceof Undefined) value = fallback
    }
    return finish(value)
  }
}

/** Looks up several paths, separated by commas, as a list. */
export function multiAttributeGetter(attribute: PyValue | undefined, finish: Getter): (item: PyValue) => PyValue[] {
  const parts = attribute !== undefined && isText(attribute) ? rawText(attribute).split(',') : [attribute]
  const getters = parts.map(part => attributeGetter(part, finish))
  return item => getters.map(get => get(item))
}
