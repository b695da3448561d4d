import { spend, spendText } from '../budget.ts'
import { TemplateRuntimeError, typeError } from '../errors.ts'
import { center } from '../methods/string-methods.ts'
import { calculate } from '../values/arithmetic.ts'
import { capitalize, lower, upper } from '../values/casing.ts'
import { isWordCharacter } from '../values/character-classes.ts'
import { isInt, isText, isTrue, length, rawText, toIndex, typeName } from '../values/core.ts'
import { Dict } from '../values/dict.ts'
import { escapeText, like, softText } from '../values/html.ts'
import { stripTags } from '../values/html-text.ts'
import { getSlice } from '../values/items.ts'
import { Markup, type PyValue, Slice, Tuple, Undefined } from '../values/objects.ts'
import { formatPercent } from '../values/percent-format.ts'
import { pyStr } from '../values/printing.ts'
import { joinTexts, repeat, replace, splitFromRight, splitLines, strip } from '../values/text.ts'
import { define, type FilterFunction } from './define.ts'

type Text = string | Markup

function changed(pythonName: string, change: (text: string) => string): FilterFunction {
  return define(pythonName, ['s'], (_escaping, s: PyValue) => {
    const text = softText(s)
    return like(text, change(rawText(text)))
  })
}

const WORD_BREAKS = new Set(Array.from('-({[<'))

/** Jinja2's own title case: words begin after white space, `-` and opening brackets. */
function titleWords(text: string): string {
  spendText(text.length)
  const parts: string[] = []
  let isStart = true
  for (const character of text) {
    const isBreak = WORD_BREAKS.has(character) || strip(character, 'both') === ''
    parts.push(isBreak ? character : isStart ? character.toUpperCase() : character.toLowerCase())
    isStart = isBreak
  }
  return joinTexts(parts, '')
}

function wordCount(text: string): number {
  spend(text.length / 8)
  let count = 0
  let isInWord = false
  for (const character of text) {
    const isWord = isWordCharacter(character)
    if (isWord && !isInWord) count++
    isInWord = isWord
  }
  return count
}

/** An argument that must be text. */
function textOf(value: PyValue, name: string): string {
  if (!isText(value)) throw typeError(`${name} must be str, not ${typeName(value)}`)
  return rawText(value)
}

const replaceFilter = define(
  'do_replace',
  ['s', 'old', 'new', 'count?'],
  (escaping, s: PyValue, old: PyValue, put: PyValue, count: PyValue = null) => {
    const limit = count === null ? -1 : toIndex(count)
    if (!escaping.isOn) return replace(pyStr(s), pyStr(old), pyStr(put), limit)
    const isEscaped = old instanceof Markup || (put instanceof Markup && !(s instanceof Markup))
    const text: Text = isEscaped ? new Markup(escapeText(s)) : softText(s)
    const [from, to] = [softText(old), softText(put)]
    const escaped = text instanceof Markup
    return like(text, replace(rawText(text), escaped ? escapeText(from) : rawText(from), escaped ? escapeText(to) : rawText(to), limit))
  },
  1,
)

const format: FilterFunction = (_escaping, args, keywords) => {
  const [value, ...rest] = args
  if (rest.length && keywords.size) {
    throw new TemplateRuntimeError('FilterArgumentError', "can't handle positional and keyword arguments at the same time")
  }
  return formatPercent(softText(value as PyValue), keywords.size ? Dict.from(keywords) : new Tuple(rest))
}

function indentLines(s: PyValue, width: PyValue, first: boolean, blank: boolean): PyValue {
  const indention = isText(width) ? rawText(width) : repeat(' ', toIndex(width))
  if (!isText(s)) {
    if (s instanceof Undefined) s.fail()
    if (Array.isArray(s)) throw new TemplateRuntimeError('AttributeError', "'list' object has no attribute 'splitlines'")
    throw typeError(`unsupported operand type(s) for +=: '${typeName(s)}' and 'str'`)
  }
  const lines = splitLines(`${rawText(s)}\n`)
  const indented = lines.map((line, index) => (index === 0 ? line : blank || line ? indention + line : line))
  return like(s, (first ? indention : '') + joinTexts(indented, '\n'))
}

function truncate(s: PyValue, count: number, kills: boolean, end: Text, leeway: number): PyValue {
  const endLength = length(end)
  if (count < endLength) throw new TemplateRuntimeError('AssertionError', `expected length >= ${endLength}, got ${count}`)
  if (leeway < 0) throw new TemplateRuntimeError('AssertionError', `expected leeway >= 0, got ${leeway}`)
  if (length(s) <= count + leeway) return s
  const kept = getSlice(s, new Slice(null, count - endLength, null))
  if (!isText(kept)) return calculate('+', kept, end)
  return calculate('+', kills ? kept : like(kept, splitFromRight(rawText(kept), ' ', 1)[0] ?? ''), end)
}

export const TEXT_FILTERS: ReadonlyMap<string, FilterFunction> = new Map<string, FilterFunction>([
  ['upper', changed('do_upper', upper)],
  ['lower', changed('do_lower', lower)],
  ['capitalize', changed('do_capitalize', capitalize)],
  ['title', define('do_title', ['s'], (_escaping, s: PyValue) => titleWords(rawText(softText(s))))],
  ['wordcount', define('do_wordcount', ['s'], (_escaping, s: PyValue) => wordCount(rawText(softText(s))))],
  ['replace', replaceFilter],
  ['format', format],
  [
    'center',
    define('do_center', ['value', 'width?'], (_escaping, value: PyValue, width: PyValue = 80) => {
      const text = softText(value)
      return like(text, center(rawText(text), toIndex(width)))
    }),
  ],
  [
    'trim',
    define('do_trim', ['value', 'chars?'], (_escaping, value: PyValue, chars: PyValue = null) => {
      const text = softText(value)
      if (chars !== null && !isText(chars)) throw typeError('strip arg must be None or str')
      return like(text, strip(rawText(text), 'both', chars === null ? undefined : rawText(chars)))
    }),
  ],
  [
    'striptags',
    define('do_striptags', ['value'], (_escaping, value: PyValue) => stripTags(value instanceof Markup ? value.text : pyStr(value))),
  ],
  [
    'indent',
    define(
      'do_indent',
      ['s', 'width?', 'first?', 'blank?'],
      (_escaping, s: PyValue, width: PyValue = 4, first: PyValue = false, blank: PyValue = false) =>
        indentLines(s, width, isTrue(first), isTrue(blank)),
    ),
  ],
  [
    'truncate',
    define(
      'do_truncate',
      ['s', 'length?', 'killwords?', 'end?', 'leeway?'],
      (_escaping, s: PyValue, count: PyValue = 255, kills: PyValue = false, end: PyValue = '...', leeway: PyValue = null) => {
        textOf(end, 'end')
        if (!isInt(count)) throw typeError(`'>=' not supported between instances of '${typeName(count)}' and 'int'`)
        return truncate(s, toIndex(count), isTrue(kills), end as Text, leeway === null ? 5 : toIndex(leeway))
      },
      1,
    ),
  ],
])
