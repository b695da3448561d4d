import { isValueMap, type Value, type ValueMap } from '@weft/contracts'

/** The map, or an empty one: for walking into documents whose parts may be missing. */
export function mapOf(value: Value | undefined): ValueMap {
  return isValueMap(value) ? value : {}
}

/** The list, or an empty one. */
export function listOf(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : []
}
