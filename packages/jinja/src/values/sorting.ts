import { spendItems } from '../budget.ts'
import { isOrdered } from './comparing.ts'
import type { PyValue } from './objects.ts'

interface Keyed {
  item: PyValue
  key: PyValue
}

/** Shorter lists are sorted by insertion alone, as Python does, so that mixed lists fail with the same pair. */
const MAX_INSERTION = 64

/** Python's `sorted(items, key=key, reverse=reverse)`: stable, also reversed. @throws TypeError where keys cannot be compared */
export function sorted(items: readonly PyValue[], key: (item: PyValue) => PyValue, isReversed = false): PyValue[] {
  spendItems(items.length)
  const keyed = items.map(item => ({ item, key: key(item) }))
  if (isReversed) keyed.reverse()
  const order = mergeSort(keyed)
  if (isReversed) order.reverse()
  return order.map(entry => entry.item)
}

/** Python only ever asks whether what comes later is less. */
function isLess(later: Keyed, earlier: Keyed): boolean {
  return isOrdered('<', later.key, earlier.key)
}

function mergeSort(entries: Keyed[]): Keyed[] {
  if (entries.length < MAX_INSERTION) return insertionSort(entries)
  const middle = entries.length >> 1
  return merge(mergeSort(entries.slice(0, middle)), mergeSort(entries.slice(middle)))
}

function merge(left: Keyed[], right: Keyed[]): Keyed[] {
  const merged: Keyed[] = []
  let [i, j] = [0, 0]
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i] as Keyed, right[j] as Keyed]
    if (isLess(b, a)) {
      merged.push(b)
      j++
    } else {
      merged.push(a)
      i++
    }
  }
  return [...merged, ...left.slice(i), ...right.slice(j)]
}

/** The run at the beginning as it is (or turned round, where it falls), the rest by binary insertion. */
function insertionSort(entries: Keyed[]): Keyed[] {
  if (entries.length < 2) return entries
  const at = (index: number): Keyed => entries[index] as Keyed
  const isFalling = isLess(at(1), at(0))
  let run = 2
  while (run < entries.length && isLess(at(run), at(run - 1)) === isFalling) run++
  const ordered = isFalling ? entries.slice(0, run).reverse() : entries.slice(0, run)
  for (const entry of entries.slice(run)) {
    let [low, high] = [0, ordered.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isLess(entry, ordered[middle] as Keyed)) high = middle
      else low = middle + 1
    }
    ordered.splice(low, 0, entry)
  }
  return ordered
}
