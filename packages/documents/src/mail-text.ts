import { type PartMetadata, partsOf, type ReadContent } from './document.ts'
import { beginsWithBullet, htmlPage, markdownOf, plainLines, withoutBullet } from './html-blocks.ts'

export interface Mail {
  html: string | undefined
  plain: string | undefined
  metadata: PartMetadata
}

/** A mail: what it says, and for reading also who wrote it to whom about what. */
export function mailContent({ html, plain = '', metadata }: Mail): ReadContent {
  const blocks = html?.trim() ? htmlPage(html).blocks : undefined
  const lines = blocks ? plainLines(blocks) : paragraphsOf(plain)
  const head = [
    ['From', metadata.from],
    ['To', metadata.to],
    ['Date', metadata.date],
    ['Subject', metadata.title],
    ['Attachments', metadata.attachments?.join(', ')],
  ].filter(([, value]) => value)
  const body = blocks ? markdownOf(blocks) : plain.replaceAll('\r\n', '\n').trim()
  const readable = [head.map(([name, value]) => `${name}: ${value}`).join('\n'), body].filter(Boolean).join('\n\n')
  return { text: lines.join('\n'), parts: partsOf([{ kind: 'message', text: readable, metadata }]) }
}

const SAMPLE_LINES = 2000
/** With more blank lines than one in ten, these part the paragraphs, and single line breaks only fill the page. */
const BLANK_SHARE = 0.1
const SHORT_LINE_WORDS = 5

/** Paragraphs of a plain mail, each on one line, as the Unstructured library tells them. */
function paragraphsOf(text: string): string[] {
  const lines = text.replaceAll('\r\n', '\n').split(/(?<=\n)/)
  const sample = lines.slice(0, SAMPLE_LINES)
  const isByBlankLines = sample.filter(line => !line.trim()).length / Math.max(sample.length, 1) >= BLANK_SHARE
  const paragraphs = isByBlankLines
    ? lines
        .join('')
        .split(/\n[^\S\n]*\n\s*/)
        .flatMap(joinedLines)
    : lines
  return paragraphs.map(paragraph => withoutBullet(paragraph.trim())).filter(Boolean)
}

/** Lines of a paragraph in one, but short lines (addresses, verses) and list items as they are. */
function joinedLines(paragraph: string): string[] {
  const lines = paragraph.split('\n').map(line => line.trim())
  if (lines.every(line => line.split(' ').length < SHORT_LINE_WORDS)) return lines
  const joined: string[] = []
  for (const line of lines) {
    const isStart = !joined.length || (beginsWithBullet(lines[0] ?? '') && beginsWithBullet(line))
    if (isStart) joined.push(line)
    else joined.push(`${joined.pop()} ${line}`)
  }
  return joined
}
