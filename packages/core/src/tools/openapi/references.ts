import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import { ApiSchemaError } from './api-operation.ts'

const MOST_STEPS = 20

/** What stands behind a chain of `$ref`s within the document. @throws ApiSchemaError where it leads nowhere, or in a circle */
export function resolved(root: ValueMap, value: Value | undefined): ValueMap {
  let current = value
  for (let step = 0; isValueMap(current) && typeof current.$ref === 'string'; step++) {
    if (step === MOST_STEPS) throw new ApiSchemaError(`The reference ${current.$ref} leads in a circle.`)
    current = lookUp(root, current.$ref)
  }
  return isValueMap(current) ? current : {}
}

function lookUp(root: ValueMap, reference: string): Value {
  if (!reference.startsWith('#/'))
    throw new ApiSchemaError(`The reference ${reference} leads out of the document. Put what it names into it.`)
  let current: Value = root
  for (const part of reference.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    const next: Value | undefined = isValueMap(current) && Object.hasOwn(current, key) ? current[key] : undefined
    if (next === undefined) throw new ApiSchemaError(`The reference ${reference} leads nowhere.`)
    current = next
  }
  return current
}

/** A schema with the parts of its `allOf` merged into it. Lists are joined; what it says itself wins. */
export function merged(root: ValueMap, schema: ValueMap, depth = 0): ValueMap {
  const parts = Array.isArray(schema.allOf) ? schema.allOf : []
  if (!parts.length) return schema
  if (depth === MOST_STEPS) throw new ApiSchemaError('A schema contains itself by allOf.')
  const { allOf: _, ...whole } = schema
  for (const item of parts) {
    const part = merged(root, resolved(root, item), depth + 1)
    for (const [key, value] of Object.entries(part)) {
      const own = whole[key]
      if (own === undefined) whole[key] = value
      else if (Array.isArray(own) && Array.isArray(value)) whole[key] = [...own, ...value]
      else if (key === 'properties' && isValueMap(own) && isValueMap(value)) whole[key] = { ...value, ...own }
    }
  }
  return whole
}
