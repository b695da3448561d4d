import { Readability } from '@mozilla/readability'
import { pythonRepr } from '@weft/contracts'
import { parseHTML } from 'linkedom'

export interface Article {
  title: string
  author: string
  /** Paragraphs and the like, in order. */
  blocks: string[]
}

/** What a page is about, without its menus, sidebars and footers. */
export function readArticle(html: string): Article {
  const { document } = parseHTML(/<html[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`)
  // It takes the document apart, so what is fallen back to is gathered first.
  const everything = document.body ? blocksOf(document.body as unknown as PageNode) : []
  const title = document.title
  const read = new Readability(document, { charThreshold: 0 }).parse()
  if (!read?.content) return { title, author: '', blocks: everything }
  const content = parseHTML(`<html><body>${read.content}</body></html>`).document.body
  return { title: read.title ?? title, author: read.byline ?? '', blocks: blocksOf(content as unknown as PageNode) }
}

/** As models and graphs know it from Dify: a list of blocks in Python's spelling under a head. Empty where there is no text. */
export function articleText({ title, author, blocks }: Article): string {
  if (!blocks.length) return ''
  return `\nTITLE: ${title}\nAUTHOR: ${author}\nTEXT:\n\n${pythonRepr(blocks.map(text => ({ text })))}\n`
}

/** As much of a page's nodes as this needs. */
interface PageNode {
  nodeType: number
  nodeName: string
  textContent: string | null
  childNodes: Iterable<PageNode>
  querySelectorAll(selector: string): Iterable<PageNode>
}

const BLOCKS = new Set(
  'ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY DD DETAILS DIV DL DT FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE SECTION SUMMARY TABLE TBODY TD TFOOT TH THEAD TR UL'.split(
    ' ',
  ),
)
const SILENT = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'IFRAME', 'SVG', 'HEAD'])

function blocksOf(root: PageNode): string[] {
  const blocks: string[] = []
  let run = ''
  const end = () => {
    const text = normalised(run)
    if (text) blocks.push(text)
    run = ''
  }
  const visit = (node: PageNode) => {
    if (node.nodeType === 3) {
      run += node.textContent ?? ''
      return
    }
    const name = node.nodeName.toUpperCase()
    if (node.nodeType !== 1 || SILENT.has(name)) return
    if (name === 'BR') run += '\n'
    const isBlock = BLOCKS.has(name)
    if (isBlock) end()
    if (name === 'UL' || name === 'OL') run = listText(node)
    else for (const child of node.childNodes) visit(child)
    if (isBlock) end()
  }
  visit(root)
  end()
  return blocks
}

function listText(list: PageNode): string {
  return [...list.querySelectorAll('li')]
    .map(item => normalised(item.textContent ?? ''))
    .filter(Boolean)
    .map(item => `* ${item}, `)
    .join('')
}

function normalised(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, ' ').trim()
}
