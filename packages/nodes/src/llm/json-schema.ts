import { Float, isValueMap, toNumber, type Value, type ValueMap, valuesEqual } from '@weft/contracts'

/** Where and how a value breaks a schema; `path` as in `tags[0].name`, empty for the whole. */
export interface SchemaViolation {
  path: string
  message: string
}

/**
 * The first way a value breaks a JSON Schema, or undefined. Knows what schemas of structured output use: types, enums, constants,
 * properties, items, combinations, local references, and the limits of numbers, texts and lists. Other keywords are not checked.
 */
export function findSchemaViolation(
  value: Value,
  schema: Value | undefined,
  path = '',
  root = schema,
  depth = 0,
): SchemaViolation | undefined {
  if (!isValueMap(schema) || depth > 64) return schema === false ? { path, message: 'is not allowed' } : undefined
  const check = (inner: Value | undefined, at: Value = value, atPath = path) => findSchemaViolation(at, inner, atPath, root, depth + 1)
  if (typeof schema.$ref === 'string') return check(resolveReference(schema.$ref, root))
  return (
    checkType(value, schema, path) ??
    checkChoice(value, schema, path) ??
    checkLimits(value, schema, path) ??
    checkMembers(value, schema, path, check) ??
    checkItems(value, schema, path, check) ??
    checkCombinations(value, schema, path, check)
  )
}

type Check = (schema: Value | undefined, value?: Value, path?: string) => SchemaViolation | undefined

function checkType(value: Value, schema: ValueMap, path: string): SchemaViolation | undefined {
  const types = [schema.type ?? []].flat().filter(type => typeof type === 'string')
  if (!types.length || types.some(type => hasType(value, type))) return undefined
  return { path, message: `must be ${types.join(' or ')}, not ${typeName(value)}` }
}

function hasType(value: Value, type: string): boolean {
  const actual = typeName(value)
  if (type === 'number') return actual === 'number' || actual === 'integer'
  if (type === 'integer') return actual === 'integer' || value instanceof Float
  return actual === type
}

function typeName(value: Value): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'integer'
  if (value instanceof Float) return 'number'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function checkChoice(value: Value, schema: ValueMap, path: string): SchemaViolation | undefined {
  const allowed = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const as Value] : undefined
  if (!allowed || allowed.some(item => valuesEqual(item, value))) return undefined
  return { path, message: `must be one of ${JSON.stringify(allowed)}` }
}

function checkLimits(value: Value, schema: ValueMap, path: string): SchemaViolation | undefined {
  const limit = (name: string) => toNumber(schema[name])
  const number = toNumber(value)
  const bounds: [number | undefined, string, number | undefined, (size: number, bound: number) => boolean][] = [
    [number, 'at least', limit('minimum'), (size, bound) => size >= bound],
    [number, 'at most', limit('maximum'), (size, bound) => size <= bound],
    [number, 'more than', limit('exclusiveMinimum'), (size, bound) => size > bound],
    [number, 'less than', limit('exclusiveMaximum'), (size, bound) => size < bound],
    [typeof value === 'string' ? value.length : undefined, 'no shorter than', limit('minLength'), (size, bound) => size >= bound],
    [typeof value === 'string' ? value.length : undefined, 'no longer than', limit('maxLength'), (size, bound) => size <= bound],
    [Array.isArray(value) ? value.length : undefined, 'no shorter than', limit('minItems'), (size, bound) => size >= bound],
    [Array.isArray(value) ? value.length : undefined, 'no longer than', limit('maxItems'), (size, bound) => size <= bound],
  ]
  for (const [size, words, bound, holds] of bounds) {
    if (size !== undefined && bound !== undefined && !holds(size, bound)) return { path, message: `must be ${words} ${bound}` }
  }
  return undefined
}

function checkMembers(value: Value, schema: ValueMap, path: string, check: Check): SchemaViolation | undefined {
  if (!isValueMap(value)) return undefined
  const properties = isValueMap(schema.properties) ? schema.properties : {}
  const member = (name: string) => (path ? `${path}.${name}` : name)
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (typeof name === 'string' && !Object.hasOwn(value, name)) return { path: member(name), message: 'is missing' }
  }
  for (const [name, item] of Object.entries(value)) {
    const inner = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties
    const violation = check(inner, item, member(name))
    if (violation) return violation
  }
  return undefined
}

function checkItems(value: Value, schema: ValueMap, path: string, check: Check): SchemaViolation | undefined {
  if (!Array.isArray(value)) return undefined
  for (const [index, item] of value.entries()) {
    const violation = check(schema.items, item, `${path}[${index}]`)
    if (violation) return violation
  }
  return undefined
}

function checkCombinations(value: Value, schema: ValueMap, path: string, check: Check): SchemaViolation | undefined {
  for (const inner of Array.isArray(schema.allOf) ? schema.allOf : []) {
    const violation = check(inner)
    if (violation) return violation
  }
  for (const choices of [schema.anyOf, schema.oneOf]) {
    if (!Array.isArray(choices)) continue
    const violations = choices.map(choice => check(choice, value))
    if (violations.length && violations.every(violation => violation))
      return violations.length === 1 ? violations[0] : { path, message: 'fits none of the allowed forms' }
  }
  return undefined
}

function resolveReference(reference: string, root: Value | undefined): Value | undefined {
  if (!reference.startsWith('#')) return undefined
  const names = reference.slice(1).split('/').slice(1)
  return names.reduce<Value | undefined>(
    (at, name) => (isValueMap(at) ? at[name.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
    root,
  )
}
