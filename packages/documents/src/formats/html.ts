import { type ReadContent, wholeDocument } from '../document.ts'
import { htmlPage, markdownOf } from '../html-blocks.ts'

/** A web page: as written, and what a reader of it sees. */
export function readHtml(html: string): ReadContent {
  const { title, blocks } = htmlPage(html)
  const isSaid = !title || blocks.some(block => block.kind === 'heading' && block.text === title)
  return wholeDocument(html, [isSaid ? '' : title, markdownOf(blocks)].filter(Boolean).join('\n\n'))
}
