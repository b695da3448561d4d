import { toNumber, type Value, type ValueMap } from '@weft/contracts'
import { NodeDataError } from '@weft/engine'
import { z } from 'zod'

/** Parses a node's data; keys the schema does not name are dropped. @throws NodeDataError naming the first wrong field */
export function parseNodeData<Schema extends z.ZodType>(schema: Schema, data: ValueMap): z.output<Schema> {
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') || 'data'
  const isMissing = issue !== undefined && issue.path.length > 0 && valueAt(data, issue.path) === undefined
  throw new NodeDataError(field, isMissing ? `${field} is required` : `${field}: ${issue?.message}`)
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value: unknown, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], data)
}

/** Node id, variable name, then keys. */
export const selectorSchema = z.array(z.string())

/** A whole number; DSL files also hold it as text or as a float. */
export const integerSchema = z.preprocess(value => {
  if (typeof value === 'string' && /^\s*[+-]?[0-9]+\s*$/.test(value)) return Number(value)
  return toNumber(value as Value) ?? value
}, z.number().int())

/** Any value of a graph, as it is. */
export const valueSchema = z.custom<Value>(value => value !== undefined, 'is required')

/** A field whose absence and whose null both mean the default. */
export function withDefault<Schema extends z.ZodType>(schema: Schema, fallback: z.output<Schema>) {
  return schema.nullish().transform(value => (value ?? fallback) as z.output<Schema>)
}
