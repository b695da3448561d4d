import { isFile, isValueMap, stringifyJson, type Value, type ValueMap } from '@weft/contracts'

export interface TruncationLimits {
  /** Bytes of JSON. */
  size: number
  stringLength: number
  arrayLength: number
}

export interface Truncated {
  value: ValueMap
  isTruncated: boolean
}

/** Cuts what a record shows of large values: long texts and lists first, then whatever is still too much. */
export function truncate(value: ValueMap, limits: TruncationLimits): Truncated {
  let isTruncated = false
  const cut = (item: Value, stringLength: number, arrayLength: number): Value => {
    if (typeof item === 'string') {
      if (item.length <= stringLength) return item
      isTruncated = true
      return `${item.slice(0, stringLength)}...`
    }
    if (Array.isArray(item)) {
      const kept = item.length > arrayLength ? item.slice(0, arrayLength) : item
      isTruncated ||= kept.length < item.length
      return mapKeeping(kept, inner => cut(inner, stringLength, arrayLength))
    }
    if (!isValueMap(item) || isFile(item)) return item
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, cut(inner, stringLength, arrayLength)]))
  }
  if (isSmall(value, limits)) return { value, isTruncated: false }
  let result = cut(value, limits.stringLength, limits.arrayLength) as ValueMap
  for (let share = 2; stringifyJson(result).length > limits.size && share <= 65_536; share *= 4) {
    isTruncated = true
    result = cut(value, Math.floor(limits.stringLength / share), Math.max(1, Math.floor(limits.arrayLength / share))) as ValueMap
  }
  return { value: result, isTruncated }
}

/** A quick look that spares most values the walk: whether all of it together can be within every limit. */
function isSmall(value: Value, limits: TruncationLimits): boolean {
  let budget = Math.min(limits.size, limits.stringLength, limits.arrayLength * 10)
  const fits = (item: Value): boolean => {
    budget -= typeof item === 'string' ? item.length + 2 : 10
    if (budget < 0) return false
    if (Array.isArray(item)) return item.every(fits)
    if (isValueMap(item)) for (const key in item) if (!fits(key) || !fits(item[key] ?? null)) return false
    return true
  }
  return fits(value)
}

/** Maps a list, giving the very list back where nothing changed. */
function mapKeeping(list: Value[], change: (item: Value) => Value): Value[] {
  let changed: Value[] | undefined
  for (const [index, item] of list.entries()) {
    const result = change(item)
    if (result !== item) changed ??= list.slice(0, index)
    changed?.push(result)
  }
  return changed ?? list
}
