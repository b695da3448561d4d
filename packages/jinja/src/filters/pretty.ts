import { spend, textLimit, tooDeep, tooLong } from '../budget.ts'
import { isPythonError } from '../errors.ts'
import { isOrdered } from '../values/comparing.ts'
import { typeName } from '../values/core.ts'
import { Dict } from '../values/dict.ts'
import { type PyValue, Tuple } from '../values/objects.ts'
import { pyRepr } from '../values/printing.ts'
import { characterCount, splitLines } from '../values/text.ts'

const WIDTH = 80

/** Python's `pprint.pformat`. */
export function prettyFormat(value: PyValue): string {
  const writer = new PrettyWriter()
  writer.write(value, 0, 0, 0)
  return writer.text
}

class PrettyWriter {
  text = ''

  #add(text: string): void {
    spend(1)
    this.text += text
    if (this.text.length > textLimit()) throw tooLong()
  }

  /** `indent` is the column the value begins at, `allowance` what comes behind it on its last line. */
  write(value: PyValue, indent: number, allowance: number, depth: number): void {
    if (depth > 100) throw tooDeep()
    const flat = pyReprSorted(value)
    if (characterCount(flat) <= WIDTH - indent - allowance) {
      this.#add(flat)
      return
    }
    if (value instanceof Dict && value.count) this.#writeDict(value, indent, allowance, depth)
    else if (Array.isArray(value)) this.#writeItems('[', value, ']', indent, allowance, depth)
    else if (value instanceof Tuple && value.typeName === 'tuple') {
      this.#writeItems('(', value.items, value.items.length === 1 ? ',)' : ')', indent, allowance, depth)
    } else if (typeof value === 'string') this.#writeText(value, indent, allowance, depth)
    else this.#add(flat)
  }

  #writeDict(dict: Dict, indent: number, allowance: number, depth: number): void {
    const pairs = sortedPairs(dict)
    this.#add('{')
    pairs.forEach(([key, value], index) => {
      const isLast = index === pairs.length - 1
      const shown = pyReprSorted(key)
      this.#add(`${shown}: `)
      this.write(value, indent + 1 + characterCount(shown) + 2, isLast ? allowance + 1 : 1, depth + 1)
      if (!isLast) this.#add(`,\n${' '.repeat(indent + 1)}`)
    })
    this.#add('}')
  }

  #writeItems(open: string, items: readonly PyValue[], close: string, indent: number, allowance: number, depth: number): void {
    this.#add(open)
    items.forEach((item, index) => {
      const isLast = index === items.length - 1
      this.write(item, indent + 1, isLast ? allowance + close.length : 1, depth + 1)
      if (!isLast) this.#add(`,\n${' '.repeat(indent + 1)}`)
    })
    this.#add(close)
  }

  /** A long text as several literals, cut behind white space. */
  #writeText(text: string, indent: number, allowance: number, depth: number): void {
    const isTop = depth === 0
    const [start, room] = isTop ? [indent + 1, allowance + 1] : [indent, allowance]
    const chunks = textChunks(text, WIDTH - start, room)
    if (chunks.length === 1) {
      this.#add(chunks[0] ?? '')
      return
    }
    this.#add(`${isTop ? '(' : ''}${chunks.join(`\n${' '.repeat(start)}`)}${isTop ? ')' : ''}`)
  }
}

function textChunks(text: string, width: number, allowance: number): string[] {
  const lines = splitLines(text, true)
  const chunks: string[] = []
  lines.forEach((line, lineIndex) => {
    const isLastLine = lineIndex === lines.length - 1
    const limit = isLastLine ? width - allowance : width
    const whole = pyRepr(line)
    if (characterCount(whole) <= limit) {
      chunks.push(whole)
      return
    }
    const parts = wordsWithSpaces(line)
    let current = ''
    parts.forEach((part, index) => {
      spend(1 + current.length / 32)
      const isLast = index === parts.length - 1 && isLastLine
      const candidate = current + part
      if (characterCount(pyRepr(candidate)) <= (isLast ? width - allowance : width)) current = candidate
      else {
        if (current) chunks.push(pyRepr(current))
        current = part
      }
    })
    if (current) chunks.push(pyRepr(current))
  })
  return chunks
}

/** Each word with the white space behind it. */
function wordsWithSpaces(line: string): string[] {
  const parts: string[] = []
  let start = 0
  let index = 0
  while (index < line.length) {
    while (index < line.length && line.charAt(index).trim() !== '') index++
    while (index < line.length && line.charAt(index).trim() === '') index++
    parts.push(line.slice(start, index))
    start = index
  }
  return parts
}

/** `repr` with the keys of every dict in order. */
function pyReprSorted(value: PyValue): string {
  return pyRepr(withSortedKeys(value, 0))
}

function withSortedKeys(value: PyValue, depth: number): PyValue {
  spend(1)
  if (depth > 100) throw tooDeep()
  if (value instanceof Dict) return Dict.from(sortedPairs(value).map(([key, item]) => [key, withSortedKeys(item, depth + 1)] as const))
  if (Array.isArray(value)) return value.map(item => withSortedKeys(item, depth + 1))
  return value instanceof Tuple && value.typeName === 'tuple' ? new Tuple(value.items.map(item => withSortedKeys(item, depth + 1))) : value
}

/** By key, and by the name of its class where keys cannot be compared. */
function sortedPairs(dict: Dict): [PyValue, PyValue][] {
  return [...dict.pairs()].sort(([left], [right]) => (comesFirst(left, right) ? -1 : comesFirst(right, left) ? 1 : 0))
}

function comesFirst(left: PyValue, right: PyValue): boolean {
  try {
    return isOrdered('<', left, right)
  } catch (error) {
    if (!isPythonError(error, 'TypeError')) throw error
    return typeName(left) < typeName(right)
  }
}
