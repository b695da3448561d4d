import { spend, spendItems } from '../budget.ts'
import { typeError, valueError } from '../errors.ts'
import { capitalize, casefold, lower, swapcase, title, upper } from '../values/casing.ts'
import { int, isInt, isText, isTrue, iterate, rawText, toIndex, typeName } from '../values/core.ts'
import { Dict } from '../values/dict.ts'
import { like, textFor } from '../values/html.ts'
import { Markup, type PyValue, Tuple } from '../values/objects.ts'
import {
  characterCount,
  characterIndex,
  checked,
  find,
  findLast,
  joinTexts,
  padding,
  repeat,
  replace,
  type StripSide,
  sliceCharacters,
  split,
  splitFromRight,
  splitLines,
  splitSpace,
  splitSpaceFromRight,
  strip,
} from '../values/text.ts'
import { encode } from './bytes-methods.ts'
import { type Method, type MethodTable, named, positional } from './method-table.ts'

type Text = string | Markup

function changed(name: string, change: (text: string) => string): [string, Method] {
  return positional('str', name, 0, 0, (self: Text) => like(self, change(rawText(self))))
}

/** A text argument, escaped where it goes into safe text. @throws TypeError where it is none */
function textArgument(self: Text, value: PyValue | undefined, message: string): string {
  if (value !== undefined && isText(value)) return textFor(self, value)
  throw typeError(`${message}, not ${typeName(value ?? null)}`)
}

function stripped(name: string, side: StripSide): [string, Method] {
  return positional('str', name, 0, 1, (self: Text, chars?) => {
    if (chars === undefined || chars === null) return like(self, strip(rawText(self), side))
    if (!isText(chars)) throw typeError(`${name} arg must be None or str`)
    return like(self, strip(rawText(self), side, textFor(self, chars)))
  })
}

function padded(name: string, pad: (text: string, missing: string) => string): [string, Method] {
  return positional('str', name, 1, 2, (self: Text, width, fill = ' ') => {
    if (!isText(fill)) throw typeError(`The fill character must be a unicode character, not ${typeName(fill)}`)
    const character = textFor(self, fill)
    if (characterCount(character) !== 1) throw typeError('The fill character must be exactly one character long')
    const text = rawText(self)
    return like(self, pad(text, padding(text, toIndex(width as PyValue), character)))
  })
}

/** Python puts the odd character to the left where both the missing and the wanted width are odd. */
export function center(text: string, width: number, fill = ' '): string {
  const missing = Math.max(0, width - characterCount(text))
  const left = Math.floor(missing / 2) + (missing & width & 1)
  return repeat(fill, left) + text + repeat(fill, missing - left)
}

function zeroFill(text: string, width: number): string {
  const sign = text.startsWith('-') || text.startsWith('+') ? text.charAt(0) : ''
  return sign + padding(text, width, '0') + text.slice(sign.length)
}

function expandTabs(text: string, size: number): string {
  const parts: string[] = []
  let column = 0
  let total = 0
  for (const character of text) {
    if (character === '\t') {
      const count = size > 0 ? size - (column % size) : 0
      parts.push(repeat(' ', count))
      column += count
      total += count
      if (total > text.length) checked(parts.at(-1) ?? '')
    } else {
      parts.push(character)
      column = character === '\n' || character === '\r' ? 0 : column + 1
    }
  }
  return joinTexts(parts, '')
}

/** The part of a text that a search with bounds looks at, and where it begins. */
function searched(self: Text, start: PyValue = null, stop: PyValue = null): { text: string; offset: number } | undefined {
  const text = rawText(self)
  if (start === null && stop === null) return { text, offset: 0 }
  const count = characterCount(text)
  const place = (value: PyValue, absent: number): number => {
    if (value === null) return absent
    if (!isInt(value)) throw typeError('slice indices must be integers or None or have an __index__ method')
    const index = toIndex(value)
    return index < 0 ? Math.max(0, index + count) : index
  }
  const from = place(start, 0)
  const to = Math.min(count, place(stop, count))
  if (from > to) return undefined
  return { text: sliceCharacters(text, from, to), offset: from }
}

function finder(name: string, isLast: boolean, isStrict: boolean): [string, Method] {
  return positional('str', name, 1, 3, (self: Text, wanted, start?, stop?) => {
    const needle = rawArgument(wanted as PyValue)
    const place = searched(self, start, stop)
    const index = place ? (isLast ? findLast(place.text, needle) : find(place.text, needle)) : -1
    if (index < 0 && isStrict) throw valueError('substring not found')
    return index < 0 || !place ? -1 : characterIndex(place.text, index) + place.offset
  })
}

function rawArgument(value: PyValue): string {
  if (isText(value)) return rawText(value)
  throw typeError(`must be str, not ${typeName(value)}`)
}

function count(self: Text, wanted: PyValue, start?: PyValue, stop?: PyValue): number {
  const needle = rawArgument(wanted)
  const place = searched(self, start, stop)
  if (!place) return 0
  if (needle === '') return characterCount(place.text) + 1
  let total = 0
  for (let index = find(place.text, needle); index >= 0; index = find(place.text, needle, index + needle.length)) {
    spend(1)
    total++
  }
  return total
}

function affixTest(name: string, test: (text: string, affix: string) => boolean): [string, Method] {
  return positional('str', name, 1, 3, (self: Text, affix, start?, stop?) => {
    const wanted = affix instanceof Tuple ? affix.items : [affix as PyValue]
    const place = searched(self, start, stop)
    return wanted.some(item => {
      if (!isText(item)) {
        const where = affix instanceof Tuple ? `tuple for ${name} must only contain str` : `${name} first arg must be str or a tuple of str`
        throw typeError(`${where}, not ${typeName(item)}`)
      }
      return place !== undefined && test(place.text, rawText(item))
    })
  })
}

function splitter(name: string, spaces: (text: string, limit: number) => string[], parts: typeof splitFromRight): [string, Method] {
  return named(name, ['sep', 'maxsplit'], 0, (self: Text, separator = null, limit = -1) => {
    const most = toIndex(limit)
    const items = (): string[] => {
      if (separator === null) return spaces(rawText(self), most)
      if (!isText(separator)) throw typeError(`must be str or None, not ${typeName(separator)}`)
      if (rawText(separator) === '') throw valueError('empty separator')
      return parts(rawText(self), rawText(separator), most)
    }
    return items().map(item => like(self, item))
  })
}

function partition(name: string, isLast: boolean): [string, Method] {
  return positional('str', name, 1, 1, (self: Text, value) => {
    const separator = textArgument(self, value, 'must be str')
    if (separator === '') throw valueError('empty separator')
    const text = rawText(self)
    const index = isLast ? findLast(text, separator) : find(text, separator)
    const none = isLast ? ['', '', text] : [text, '', '']
    const items = index < 0 ? none : [text.slice(0, index), separator, text.slice(index + separator.length)]
    return new Tuple(items.map(item => like(self, item)))
  })
}

function join(self: Text, items: PyValue): Text {
  const texts: string[] = []
  for (const item of iterate(joinable(items))) {
    if (!isText(item) && !(self instanceof Markup)) {
      throw typeError(`sequence item ${texts.length}: expected str instance, ${typeName(item)} found`)
    }
    texts.push(textFor(self, item as Text))
  }
  return like(self, joinTexts(texts, rawText(self)))
}

function joinable(items: PyValue): PyValue {
  if (items === null || typeof items === 'boolean' || isInt(items)) throw typeError('can only join an iterable')
  return items
}

function replaceMethod(self: Text, old: PyValue, replacement: PyValue, limit: PyValue = -1): Text {
  const wanted = textArgument(self, old, 'replace() argument 1 must be str')
  const put = textArgument(self, replacement, 'replace() argument 2 must be str')
  return like(self, replace(rawText(self), wanted, put, toIndex(limit)))
}

function translate(self: Text, table: PyValue): Text {
  const parts: string[] = []
  for (const character of rawText(self)) {
    spend(1)
    const code = character.codePointAt(0) ?? 0
    const put = table instanceof Dict ? table.get(code) : undefined
    if (put === undefined) parts.push(character)
    else if (put !== null) parts.push(isText(put) ? rawText(put) : String.fromCodePoint(toIndex(put)))
  }
  return like(self, joinTexts(parts, ''))
}

function makeTable(from: PyValue, to?: PyValue, dropped?: PyValue): Dict {
  const table = new Dict()
  const code = (key: PyValue): PyValue => (isText(key) ? (rawText(key).codePointAt(0) ?? 0) : key)
  if (to === undefined) {
    if (!(from instanceof Dict)) throw typeError('if you give only one argument to maketrans it must be a dict')
    for (const [key, value] of from.pairs()) table.set(code(key), value)
    return table
  }
  const [keys, values] = [Array.from(rawArgument(from)), Array.from(rawArgument(to))]
  if (keys.length !== values.length) throw valueError('the first two maketrans arguments must have equal length')
  keys.forEach((key, index) => {
    table.set(code(key), code(values[index] as string))
  })
  if (dropped !== undefined) for (const key of rawArgument(dropped)) table.set(code(key), null)
  return table
}

export const STRING_METHODS: MethodTable = new Map<string, Method>([
  changed('capitalize', capitalize),
  changed('casefold', casefold),
  changed('lower', lower),
  changed('swapcase', swapcase),
  changed('title', title),
  changed('upper', upper),
  stripped('strip', 'both'),
  stripped('lstrip', 'left'),
  stripped('rstrip', 'right'),
  positional('str', 'center', 1, 2, (self: Text, width, fill = ' ') => {
    if (!isText(fill) || characterCount(rawText(fill)) !== 1) throw typeError('The fill character must be exactly one character long')
    return like(self, center(rawText(self), toIndex(width as PyValue), textFor(self, fill)))
  }),
  padded('ljust', (text, missing) => text + missing),
  padded('rjust', (text, missing) => missing + text),
  positional('str', 'zfill', 1, 1, (self: Text, width) => like(self, zeroFill(rawText(self), toIndex(width as PyValue)))),
  named('expandtabs', ['tabsize'], 0, (self: Text, size = 8) => like(self, expandTabs(rawText(self), toIndex(size)))),
  splitter('split', splitSpace, split),
  splitter('rsplit', splitSpaceFromRight, splitFromRight),
  named('splitlines', ['keepends'], 0, (self: Text, keeps = false) => {
    const lines = splitLines(rawText(self), isTrue(keeps))
    spendItems(lines.length)
    return lines.map(line => like(self, line))
  }),
  partition('partition', false),
  partition('rpartition', true),
  positional('str', 'join', 1, 1, (self: Text, items) => join(self, items as PyValue)),
  positional('str', 'replace', 2, 3, (self: Text, old, put, limit?) => replaceMethod(self, old as PyValue, put as PyValue, limit)),
  finder('find', false, false),
  finder('rfind', true, false),
  finder('index', false, true),
  finder('rindex', true, true),
  positional('str', 'count', 1, 3, (self: Text, wanted, start?, stop?) => int(BigInt(count(self, wanted as PyValue, start, stop)))),
  affixTest('startswith', (text, affix) => text.startsWith(affix)),
  affixTest('endswith', (text, affix) => text.endsWith(affix)),
  positional('str', 'removeprefix', 1, 1, (self: Text, affix) => {
    const [text, prefix] = [rawText(self), textArgument(self, affix, 'removeprefix() argument must be str')]
    return like(self, text.startsWith(prefix) ? text.slice(prefix.length) : text)
  }),
  positional('str', 'removesuffix', 1, 1, (self: Text, affix) => {
    const [text, suffix] = [rawText(self), textArgument(self, affix, 'removesuffix() argument must be str')]
    return like(self, suffix && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text)
  }),
  named('encode', ['encoding', 'errors'], 0, (self: Text, encoding = 'utf-8', errors = 'strict') =>
    encode(rawText(self), rawArgument(encoding), rawArgument(errors)),
  ),
  positional('str', 'translate', 1, 1, (self: Text, table) => translate(self, table as PyValue)),
  positional('str', 'maketrans', 1, 3, (_self: Text, from, to?, dropped?) => makeTable(from as PyValue, to, dropped)),
])
