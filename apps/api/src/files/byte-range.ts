export interface ByteRange {
  start: number
  /** Inclusive. */
  end: number
}

/**
 * What a `Range` header asks of so many bytes: one range, `unsatisfiable`, or undefined for everything. Several ranges, other units
 * and nonsense are answered by everything, as HTTP allows.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '') ?? []
  if (first === undefined || last === undefined || (!first && !last)) return undefined
  if (!first) {
    const count = Number(last)
    return count === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - count), end: size - 1 }
  }
  const start = Number(first)
  const end = last ? Number(last) : size - 1
  if (last && end < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) }
}
