import { Parser } from 'htmlparser2'
import { markdownTable } from './markdown-table.ts'

/** A piece of a page that begins on a line of its own. */
export type HtmlBlock =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph' | 'preformatted'; text: string }
  | { kind: 'item'; depth: number; marker: string; text: string }
  | { kind: 'table'; rows: string[][] }

export interface HtmlPage {
  title: string
  blocks: HtmlBlock[]
}

const HIDDEN = new Set(['script', 'style', 'template', 'noscript', 'head', 'svg', 'math', 'iframe', 'object', 'select', 'textarea'])
const BLOCKS = new Set([
  ...[
    'address',
    'article',
    'aside',
    'blockquote',
    'body',
    'center',
    'dd',
    'details',
    'dialog',
    'div',
    'dl',
    'dt',
    'fieldset',
    'figcaption',
  ],
  ...[
    'figure',
    'footer',
    'form',
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'header',
    'hgroup',
    'hr',
    'html',
    'li',
    'main',
    'nav',
    'ol',
    'p',
    'pre',
  ],
  ...['section', 'summary', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'title', 'tr', 'ul'],
])
/** Beyond this depth of elements no further block is told from its parent. */
const MAX_DEPTH = 1000

interface Table {
  rows: string[][]
  cell: string | undefined
}

interface List {
  isOrdered: boolean
  count: number
}

/** What a reader of a page sees. Scripts do not run and nothing is loaded. */
export function htmlPage(html: string, options: { isXml?: boolean } = {}): HtmlPage {
  const blocks: HtmlBlock[] = []
  let title = ''
  let text = ''
  let hidden = 0
  let depth = 0
  const tables: Table[] = []
  const lists: List[] = []
  let item: Extract<HtmlBlock, { kind: 'item' }> | undefined
  let heading = 0
  let preformatted = 0
  let isTitle = false

  const flush = () => {
    const table = tables.at(-1)
    const written = preformatted ? text.replace(/^\n|\n$/g, '') : text.split(/\s+/).filter(Boolean).join(' ')
    text = ''
    if (!written.trim()) return
    if (table) table.cell = [table.cell, written].filter(Boolean).join('\n')
    else if (heading) blocks.push({ kind: 'heading', level: heading, text: written })
    else if (preformatted) blocks.push({ kind: 'preformatted', text: written })
    else if (item && !item.text) {
      item.text = written
      blocks.push(item)
    } else blocks.push({ kind: 'paragraph', text: written })
  }
  const endTable = () => {
    const table = tables.pop()
    if (!table) return
    const rows = table.rows.filter(row => row.some(cell => cell.trim()))
    const outer = tables.at(-1)
    if (outer) outer.cell = [outer.cell, ...rows.flat()].filter(Boolean).join('\n')
    else if (rows.length) blocks.push({ kind: 'table', rows })
  }
  const endCell = () => {
    const table = tables.at(-1)
    if (table?.cell === undefined) return
    table.rows.at(-1)?.push(table.cell)
    table.cell = undefined
  }

  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth++
        if (name === 'title' && !title) isTitle = true
        if (HIDDEN.has(name)) hidden++
        if (hidden || depth > MAX_DEPTH) return
        if (name === 'br') text += preformatted ? '\n' : ' '
        if (name === 'wbr' || !BLOCKS.has(name)) return
        flush()
        if (/^h[1-6]$/.test(name)) heading = Number(name[1])
        else if (name === 'pre') preformatted++
        else if (name === 'ul' || name === 'ol')
          lists.push({ isOrdered: name === 'ol', count: (Number.parseInt(attributes.start ?? '', 10) || 1) - 1 })
        else if (name === 'li') {
          const list = lists.at(-1)
          if (list) list.count++
          item = { kind: 'item', depth: Math.max(lists.length - 1, 0), marker: list?.isOrdered ? `${list.count}.` : '-', text: '' }
        } else if (name === 'table') tables.push({ rows: [], cell: undefined })
        else if (name === 'tr') {
          endCell()
          tables.at(-1)?.rows.push([])
        } else if (name === 'td' || name === 'th') {
          endCell()
          const table = tables.at(-1)
          if (table && !table.rows.length) table.rows.push([])
          if (table) table.cell = ''
        }
      },
      ontext(data) {
        if (isTitle) title += data
        else if (!hidden) text += data
      },
      onclosetag(name) {
        const isWithin = depth-- <= MAX_DEPTH
        if (name === 'title') isTitle = false
        if (HIDDEN.has(name)) {
          if (hidden) hidden--
          return
        }
        if (hidden || !isWithin || !BLOCKS.has(name)) return
        flush()
        if (/^h[1-6]$/.test(name)) heading = 0
        else if (name === 'pre') preformatted = Math.max(preformatted - 1, 0)
        else if (name === 'ul' || name === 'ol') lists.pop()
        else if (name === 'li') item = undefined
        else if (name === 'table') {
          endCell()
          endTable()
        } else if (name === 'td' || name === 'th') endCell()
      },
    },
    {
      xmlMode: options.isXml ?? false,
      decodeEntities: true,
      lowerCaseTags: true,
      lowerCaseAttributeNames: true,
      recognizeSelfClosing: true,
    },
  )
  parser.end(html)
  flush()
  while (tables.length) {
    endCell()
    endTable()
  }
  return { title: title.split(/\s+/).filter(Boolean).join(' '), blocks }
}

/** A line for each block without any marks, as the Unstructured library gives pages, mails and books. */
export function plainLines(blocks: readonly HtmlBlock[]): string[] {
  return blocks.flatMap(block => {
    if (block.kind === 'table')
      return block.rows
        .flat()
        .flatMap(cell => cell.split(/\s+/))
        .filter(Boolean)
        .join(' ')
    if (block.kind === 'paragraph') return block.text.length < 2 ? [] : withoutBullet(block.text)
    return block.text
  })
}

/** Blocks as Markdown: headings, lists and tables stay what they are. */
export function markdownOf(blocks: readonly HtmlBlock[]): string {
  let written = ''
  let last: HtmlBlock['kind'] | undefined
  for (const block of blocks) {
    const gap = written === '' ? '' : block.kind === 'item' && last === 'item' ? '\n' : '\n\n'
    written += gap + blockText(block)
    last = block.kind
  }
  return written
}

function blockText(block: HtmlBlock): string {
  if (block.kind === 'heading') return `${'#'.repeat(block.level)} ${block.text}`
  if (block.kind === 'item') return `${'  '.repeat(Math.min(block.depth, 20))}${block.marker} ${block.text}`
  if (block.kind === 'table') return markdownTable(block.rows)
  return block.text
}

const BULLET =
  /^\s*[\u0095\u2022\u2023\u2043\u3164\u204c\u204d\u2219\u25cb\u25cf\u25d8\u25e6\u2619\u2765\u2767\u29be\u29bf\u002d\uf0b7*\u00b7](?![\u0095\u2022\u2023\u2043\u2219\u25cb\u25cf\u25e6\u002d*\u00b7])\s*/

/** A line without the bullet it begins with. */
export function withoutBullet(line: string): string {
  return line.replace(BULLET, '')
}

export function beginsWithBullet(line: string): boolean {
  return BULLET.test(line)
}
