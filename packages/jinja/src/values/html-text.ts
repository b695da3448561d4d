import { spendText } from '../budget.ts'
import { BARE_ENTITIES, ENTITIES } from './html-entities.ts'
import { splitSpace } from './text.ts'

/** `Markup.striptags`: comments, then tags, then white space, then entities. */
export function stripTags(text: string): string {
  spendText(text.length)
  const bare = cut(cut(text, '<!--', '-->', 0), '<', '>', 0)
  return unescapeHtml(splitSpace(bare).join(' '))
}

/** The text without everything from one mark to the next other, in one pass. */
function cut(text: string, open: string, close: string, from: number): string {
  const parts: string[] = []
  let index = from
  for (;;) {
    const start = text.indexOf(open, index)
    const end = start < 0 ? -1 : text.indexOf(close, start)
    if (end < 0) break
    parts.push(text.slice(index, start))
    index = end + close.length
  }
  parts.push(text.slice(index))
  return parts.join('')
}

const REFERENCE = /&(#[0-9]{1,9};?|#[xX][0-9a-fA-F]{1,8};?|[^\t\n\f <&#;]{1,32};?)/g

/** `html.unescape`. */
export function unescapeHtml(text: string): string {
  if (!text.includes('&')) return text
  spendText(text.length)
  return text.replace(REFERENCE, (whole, reference: string) => {
    if (reference.startsWith('#')) return numericCharacter(reference.slice(1))
    if (reference.endsWith(';')) {
      const named = ENTITIES.get(reference.slice(0, -1)) ?? BARE_ENTITIES.get(reference.slice(0, -1))
      if (named !== undefined) return named
    }
    for (let end = reference.length; end > 1; end--) {
      const named = BARE_ENTITIES.get(reference.slice(0, end))
      if (named !== undefined) return named + reference.slice(end)
    }
    return whole
  })
}

/** What browsers read for the codes that Windows-1252 uses and Unicode has as controls. */
const WINDOWS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

function numericCharacter(reference: string): string {
  const digits = reference.endsWith(';') ? reference.slice(0, -1) : reference
  const code = /^[xX]/.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number.parseInt(digits, 10)
  if (code === 0 || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return '\ufffd'
  if (code >= 0x80 && code <= 0x9f) return WINDOWS.charAt(code - 0x80)
  const isInvalid = (code >= 1 && code <= 8) || code === 0xb || (code >= 0xe && code <= 0x1f) || code === 0x7f || (code & 0xfffe) === 0xfffe
  return isInvalid || (code >= 0xfdd0 && code <= 0xfdef) ? '' : String.fromCodePoint(code)
}
