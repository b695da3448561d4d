import { spendText } from '../budget.ts'
import { TemplateRuntimeError, typeError } from '../errors.ts'
import { isText, iterate, rawText, toIndex, typeName } from '../values/core.ts'
import { escapeText } from '../values/html.ts'
import type { PyValue } from '../values/objects.ts'
import { pyRepr, pyStr } from '../values/printing.ts'
import { characterCount, joinTexts, SPACE, sliceCharacters, split, splitSpace } from '../values/text.ts'

export interface UrlizeOptions {
  limit: PyValue
  isNofollow: boolean
  target: PyValue
  rel: PyValue
  schemes: PyValue
}

const WORDS = new RegExp(`(${SPACE}+)`)
/** Longer words are no links; matching them could take quadratic time. */
const MAX_WORD = 4000
const LABEL = '[\\p{L}\\p{N}_%-]+'
const HTTP = new RegExp(
  `^(?:(?:https?://|www\\.)(?:${LABEL}\\.)*(?:[a-z]{2,63}|xn--[\\p{L}\\p{N}_%]{2,59})` +
    '|(?:[\\p{L}\\p{N}_%-]{2,63}\\.)+(?:com|net|int|edu|gov|org|info|mil)' +
    '|https?://(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|\\[(?:[0-9a-f]{0,4}:){2}(?:[0-9a-f]{0,4}:?){1,6}\\]))' +
    `(?::[0-9]{1,5})?(?:[/?#][^\\s]*)?$`,
  'iu',
)
const MAIL = /^[^\s@]*(?:@[^\s@]*)*@[\p{L}\p{N}_][\p{L}\p{N}_.-]*\.[\p{L}\p{N}_]+$/u
const SCHEME = /^[\p{L}\p{N}_.+-]{2,}:\/{0,2}$/u
const HEAD = /^(?:[(<]|&lt;)+/
const TAIL_MARKS = ['&gt;', ')', '>', '.', ',', '\n']
const PAIRS = [
  ['(', ')'],
  ['<', '>'],
  ['&lt;', '&gt;'],
] as const

/** The `urlize` filter: web and mail addresses become links. */
export function urlize(text: PyValue, options: UrlizeOptions): string {
  const rel = [...new Set([...relParts(options.rel), ...(options.isNofollow ? ['nofollow'] : []), 'noopener'])].sort().join(' ')
  const target = options.target === null ? '' : ` target="${escapeText(options.target)}"`
  const attributes = ` rel="${escapeText(rel)}"${target}`
  const schemes = options.schemes === null ? [] : [...iterate(options.schemes)].map(pyStr)
  for (const scheme of schemes) {
    if (!SCHEME.test(scheme)) {
      throw new TemplateRuntimeError('FilterArgumentError', `${pyRepr(scheme)} is not a valid URI scheme prefix.`)
    }
  }
  const trim = trimmer(options.limit)
  return joinTexts(
    escapeText(text)
      .split(WORDS)
      .map(word => (word.length > MAX_WORD ? word : linkWord(word, attributes, trim, schemes))),
    '',
  )
}

function relParts(rel: PyValue): string[] {
  if (rel === null || rel === '') return []
  if (!isText(rel)) throw typeError(`'${typeName(rel)}' object has no attribute 'split'`)
  return splitSpace(rawText(rel))
}

function trimmer(limit: PyValue): (text: string) => string {
  if (limit === null) return text => text
  const count = toIndex(limit)
  return text => (characterCount(text) > count ? `${sliceCharacters(text, 0, Math.max(0, count))}...` : text)
}

function linkWord(word: string, attributes: string, trim: (text: string) => string, schemes: string[]): string {
  spendText(word.length)
  const head = HEAD.exec(word)?.[0] ?? ''
  let middle = word.slice(head.length)
  let end = middle.length
  for (let mark = tailMark(middle, end); mark; mark = tailMark(middle, end)) end -= mark.length
  let tail = middle.slice(end)
  middle = middle.slice(0, end)
  for (const [open, close] of PAIRS) {
    const opened = count(middle, open)
    if (opened <= count(middle, close)) continue
    for (let left = Math.min(opened, count(tail, close)); left > 0; left--) {
      const cut = tail.indexOf(close) + close.length
      middle += tail.slice(0, cut)
      tail = tail.slice(cut)
    }
  }
  return head + link(middle, attributes, trim, schemes) + tail
}

function tailMark(text: string, end: number): string | undefined {
  return TAIL_MARKS.find(mark => text.endsWith(mark, end))
}

function count(text: string, part: string): number {
  return split(text, part).length - 1
}

function link(text: string, attributes: string, trim: (text: string) => string, schemes: string[]): string {
  if (HTTP.test(text)) {
    const hasScheme = text.startsWith('https://') || text.startsWith('http://')
    return `<a href="${hasScheme ? '' : 'https://'}${text}"${attributes}>${trim(text)}</a>`
  }
  if (text.startsWith('mailto:') && MAIL.test(text.slice(7))) return `<a href="${text}">${text.slice(7)}</a>`
  if (text.includes('@') && !text.startsWith('www.') && !text.includes(':') && MAIL.test(text)) {
    return `<a href="mailto:${text}">${text}</a>`
  }
  let linked = text
  for (const scheme of schemes) {
    if (linked !== scheme && linked.startsWith(scheme)) linked = `<a href="${linked}"${attributes}>${linked}</a>`
  }
  return linked
}
