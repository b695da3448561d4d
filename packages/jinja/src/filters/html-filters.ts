import { TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { isText, isTrue, iterate, rawText, toIndex, toList, tryIterator, typeName } from '../values/core.ts'
import { Dict } from '../values/dict.ts'
import { escapeText, escapeValue, softText } from '../values/html.ts'
import { Markup, type PyValue, Undefined } from '../values/objects.ts'
import { pyStr } from '../values/printing.ts'
import { checked, joinTexts, splitLines } from '../values/text.ts'
import { builtin, define, type FilterFunction } from './define.ts'
import { htmlSafeJson } from './json.ts'
import { urlize } from './urlize.ts'
import { wrap } from './wrap.ts'

/** `urllib.parse.quote`; in query strings `/` is quoted and spaces become `+`. */
function quoteUrl(value: PyValue, isQuery: boolean): string {
  const quoted = encodeURIComponent(pyStr(value).toWellFormed()).replace(
    /[!'()*]/g,
    item => `%${item.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return checked(isQuery ? quoted.replaceAll('%20', '+') : quoted.replaceAll('%2F', '/'))
}

function urlEncode(value: PyValue): string {
  if (isText(value) || !tryIterator(value)) return quoteUrl(value, false)
  const pairs = value instanceof Dict ? [...value.pairs()] : [...iterate(value)].map(pairOf)
  return joinTexts(
    pairs.map(([key, item]) => `${quoteUrl(key, true)}=${quoteUrl(item, true)}`),
    '&',
  )
}

function pairOf(value: PyValue): [PyValue, PyValue] {
  if (!tryIterator(value)) throw typeError(`cannot unpack non-iterable ${typeName(value)} object`)
  const items = toList(value)
  if (items.length > 2) throw valueError('too many values to unpack (expected 2)')
  if (items.length < 2) throw valueError(`not enough values to unpack (expected 2, got ${items.length})`)
  return [items[0] as PyValue, items[1] as PyValue]
}

function xmlAttributes(value: PyValue, hasSpace: boolean): string {
  if (value instanceof Undefined) value.fail()
  if (!(value instanceof Dict)) throw new TemplateRuntimeError('AttributeError', `'${typeName(value)}' object has no attribute 'items'`)
  const attributes = [...value.pairs()]
    .filter(([, item]) => item !== null && !(item instanceof Undefined))
    .map(([key, item]) => `${escapeText(key)}="${escapeText(item)}"`)
  return (hasSpace && attributes.length ? ' ' : '') + joinTexts(attributes, ' ')
}

function wordWrap(s: PyValue, width: number, breaksWords: boolean, separator: PyValue, breaksHyphens: boolean): PyValue {
  if (s instanceof Undefined) s.fail()
  if (!isText(s)) throw new TemplateRuntimeError('AttributeError', `'${typeName(s)}' object has no attribute 'splitlines'`)
  const put = separator === null ? '\n' : isText(separator) ? rawText(separator) : pyStr(separator)
  const options = { width, breaksLongWords: breaksWords, breaksOnHyphens: breaksHyphens }
  return joinTexts(
    splitLines(rawText(s)).map(line => joinTexts(wrap(line, options), put)),
    put,
  )
}

export const HTML_FILTERS: ReadonlyMap<string, FilterFunction> = new Map<string, FilterFunction>([
  ['e', builtin('escape', escapeValue)],
  ['escape', builtin('escape', escapeValue)],
  ['string', builtin('soft_str', softText)],
  ['forceescape', define('do_forceescape', ['value'], (_escaping, value: PyValue) => new Markup(escapeText(pyStr(value))))],
  ['safe', define('do_mark_safe', ['value'], (_escaping, value: PyValue) => new Markup(pyStr(value)))],
  ['urlencode', define('do_urlencode', ['value'], (_escaping, value: PyValue) => urlEncode(value))],
  [
    'xmlattr',
    define(
      'do_xmlattr',
      ['d', 'autospace?'],
      (escaping, value: PyValue, hasSpace: PyValue = true) => {
        const text = xmlAttributes(value, isTrue(hasSpace))
        return escaping.isOn ? new Markup(text) : text
      },
      1,
    ),
  ],
  [
    'tojson',
    define('do_tojson', ['value', 'indent?'], (_escaping, value: PyValue, indent: PyValue = null) => htmlSafeJson(value, indent), 1),
  ],
  [
    'urlize',
    define(
      'do_urlize',
      ['value', 'trim_url_limit?', 'nofollow?', 'target?', 'rel?', 'extra_schemes?'],
      (
        escaping,
        value: PyValue,
        limit: PyValue = null,
        nofollow: PyValue = false,
        target: PyValue = null,
        rel: PyValue = null,
        schemes: PyValue = null,
      ) => {
        const text = urlize(value, { limit, isNofollow: isTrue(nofollow), target, rel, schemes })
        return escaping.isOn ? new Markup(text) : text
      },
      1,
    ),
  ],
  [
    'wordwrap',
    define(
      'do_wordwrap',
      ['s', 'width?', 'break_long_words?', 'wrapstring?', 'break_on_hyphens?'],
      (_escaping, s: PyValue, width: PyValue = 79, breaks: PyValue = true, separator: PyValue = null, hyphens: PyValue = true) =>
        wordWrap(s, toIndex(width), isTrue(breaks), separator, isTrue(hyphens)),
      1,
    ),
  ],
])
