import { spend, spendText, textLimit, tooLong } from '../budget.ts'

/** Python counts characters, JavaScript UTF-16 units: they differ only where there are surrogates. */
const SURROGATES = /[\ud800-\udfff]/

/** The text's characters (code points). */
export function characters(text: string): string[] {
  spendText(text.length)
  return SURROGATES.test(text) ? Array.from(text) : text.split('')
}

export function characterCount(text: string): number {
  return SURROGATES.test(text) ? Array.from(text).length : text.length
}

/** The text between two character positions, both already within it. */
export function sliceCharacters(text: string, start: number, stop: number): string {
  return SURROGATES.test(text) ? Array.from(text).slice(start, stop).join('') : text.slice(start, stop)
}

/** The position in characters of a position in UTF-16 units. */
export function characterIndex(text: string, unitIndex: number): number {
  return SURROGATES.test(text) ? characterCount(text.slice(0, unitIndex)) : unitIndex
}

/** Whether Python's `str.isspace` and `\s` have the character as white space. */
export function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f)
  if (code < 0x1680) return code === 0x85 || code === 0xa0
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  )
}

/** The same as a class for regular expressions; JavaScript's `\s` differs from Python's. */
export const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'

export type StripSide = 'both' | 'left' | 'right'

/** `str.strip`, `lstrip`, `rstrip`: of white space, or of any of the characters given. */
export function strip(text: string, side: StripSide, chars?: string): string {
  if (chars !== undefined && SURROGATES.test(chars + text)) return stripCharacters(text, side, chars)
  const set = chars === undefined ? undefined : new Set(chars.split(''))
  const drops = (index: number): boolean => (set ? set.has(text.charAt(index)) : isSpace(text.charCodeAt(index)))
  let start = 0
  let end = text.length
  if (side !== 'right') while (start < end && drops(start)) start++
  if (side !== 'left') while (end > start && drops(end - 1)) end--
  return text.slice(start, end)
}

function stripCharacters(text: string, side: StripSide, chars: string): string {
  const set = new Set(Array.from(chars))
  const items = Array.from(text)
  let start = 0
  let end = items.length
  if (side !== 'right') while (start < end && set.has(items[start] ?? '')) start++
  if (side !== 'left') while (end > start && set.has(items[end - 1] ?? '')) end--
  return items.slice(start, end).join('')
}

/** `str.split()` without a separator. */
export function splitSpace(text: string, limit = -1): string[] {
  spendText(text.length)
  const parts: string[] = []
  let index = 0
  for (;;) {
    while (index < text.length && isSpace(text.charCodeAt(index))) index++
    if (index >= text.length) return parts
    if (limit >= 0 && parts.length >= limit) {
      parts.push(text.slice(index))
      return parts
    }
    const start = index
    while (index < text.length && !isSpace(text.charCodeAt(index))) index++
    parts.push(text.slice(start, index))
  }
}

/** `str.rsplit()` without a separator. */
export function splitSpaceFromRight(text: string, limit: number): string[] {
  spendText(text.length)
  const parts: string[] = []
  let index = text.length
  for (;;) {
    while (index > 0 && isSpace(text.charCodeAt(index - 1))) index--
    if (index === 0) return parts.reverse()
    if (limit >= 0 && parts.length >= limit) {
      parts.push(text.slice(0, index))
      return parts.reverse()
    }
    const end = index
    while (index > 0 && !isSpace(text.charCodeAt(index - 1))) index--
    parts.push(text.slice(index, end))
  }
}

/** `str.splitlines`. */
export function splitLines(text: string, keepEnds = false): string[] {
  spendText(text.length)
  const lines: string[] = []
  let start = 0
  for (let index = 0; index < text.length; index++) {
    if (!isLineBreak(text.charCodeAt(index))) continue
    const end = index
    if (text[index] === '\r' && text[index + 1] === '\n') index++
    lines.push(text.slice(start, keepEnds ? index + 1 : end))
    start = index + 1
  }
  if (start < text.length) lines.push(text.slice(start))
  return lines
}

function isLineBreak(code: number): boolean {
  if (code < 0x85) return (code >= 0x0a && code <= 0x0d) || (code >= 0x1c && code <= 0x1e)
  return code === 0x85 || code === 0x2028 || code === 0x2029
}

const SHORT_NEEDLE = 24

/** `indexOf` in linear time whatever the texts: the engine's own can be made to take the product of both lengths. */
export function find(text: string, needle: string, from = 0): number {
  if (needle.length <= SHORT_NEEDLE || needle.length > text.length - from) {
    const index = text.indexOf(needle, from)
    spend(((index < 0 ? text.length : index) - from) / 256)
    return index
  }
  const fallback = fallbacks(needle)
  for (let index = from, matched = 0; index < text.length; index++) {
    while (matched > 0 && text.charCodeAt(index) !== needle.charCodeAt(matched)) matched = fallback[matched - 1] ?? 0
    if (text.charCodeAt(index) === needle.charCodeAt(matched)) matched++
    if (matched === needle.length) {
      spend((index - from) / 32)
      return index - matched + 1
    }
  }
  spend((text.length - from) / 32)
  return -1
}

let lastNeedle = ''
let lastFallbacks = new Int32Array()

/** Knuth, Morris and Pratt's table: how much of the needle still matches after a mismatch. */
function fallbacks(needle: string): Int32Array {
  if (needle === lastNeedle) return lastFallbacks
  spend(needle.length / 32)
  const table = new Int32Array(needle.length)
  for (let index = 1, matched = 0; index < needle.length; index++) {
    while (matched > 0 && needle.charCodeAt(index) !== needle.charCodeAt(matched)) matched = table[matched - 1] ?? 0
    if (needle.charCodeAt(index) === needle.charCodeAt(matched)) matched++
    table[index] = matched
  }
  lastNeedle = needle
  lastFallbacks = table
  return table
}

/** `lastIndexOf` in linear time. */
export function findLast(text: string, needle: string): number {
  if (needle.length <= SHORT_NEEDLE) {
    const index = text.lastIndexOf(needle)
    spend((text.length - index) / 256)
    return index
  }
  let last = -1
  const fallback = fallbacks(needle)
  spend(text.length / 32)
  for (let index = 0, matched = 0; index < text.length; index++) {
    while (matched > 0 && (matched === needle.length || text.charCodeAt(index) !== needle.charCodeAt(matched))) {
      matched = fallback[matched - 1] ?? 0
    }
    if (text.charCodeAt(index) === needle.charCodeAt(matched)) matched++
    if (matched === needle.length) last = index - matched + 1
  }
  return last
}

/** `str.split(separator)`, at most `limit` times where that is not negative. */
export function split(text: string, separator: string, limit = -1): string[] {
  spendText(text.length)
  const parts: string[] = []
  let start = 0
  while (limit < 0 || parts.length < limit) {
    const index = find(text, separator, start)
    if (index < 0) break
    spend(1)
    parts.push(text.slice(start, index))
    start = index + separator.length
  }
  parts.push(text.slice(start))
  return parts
}

export function splitFromRight(text: string, separator: string, limit: number): string[] {
  const parts: string[] = []
  let rest = text
  while (limit < 0 || parts.length < limit) {
    const index = findLast(rest, separator)
    if (index < 0) break
    spend(1)
    parts.push(rest.slice(index + separator.length))
    rest = rest.slice(0, index)
  }
  parts.push(rest)
  return parts.reverse()
}

/** `str.replace`. */
export function replace(text: string, old: string, replacement: string, limit = -1): string {
  if (limit === 0) return text
  if (old !== '') return joinTexts(split(text, old, limit), replacement)
  const items = characters(text)
  const count = limit < 0 ? items.length + 1 : Math.min(limit, items.length + 1)
  const gaps = items.slice(0, count)
  const head = joinTexts(['', ...gaps], replacement)
  return count > items.length ? checked(head + replacement) : head + items.slice(count).join('')
}

/** `separator.join(texts)`, refused where it would be too long. */
export function joinTexts(texts: string[], separator: string): string {
  let total = separator.length * Math.max(0, texts.length - 1)
  for (const text of texts) total += text.length
  spendText(total)
  return texts.join(separator)
}

/** `text * times`, refused where it would be too long. */
export function repeat(text: string, times: number): string {
  if (times <= 0 || text === '') return ''
  if (times * text.length > textLimit()) throw tooLong()
  spendText(times * text.length)
  return text.repeat(times)
}

/** A text just made, refused where it is too long. */
export function checked(text: string): string {
  spendText(text.length)
  return text
}

/** Spaces (or another character) to bring a text to a width in characters: none where it is wide enough. */
export function padding(text: string, width: number, fill = ' '): string {
  return repeat(fill, width - characterCount(text))
}
