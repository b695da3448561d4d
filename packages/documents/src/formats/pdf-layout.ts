import { markdownTable } from '../markdown-table.ts'

/** A run of text on a page, as pdfjs gives it. */
export interface PageItem {
  str: string
  /** Its length along the line. */
  width: number
  /** Of the letters. */
  height: number
  /** The matrix from text to page: its last two are where the run begins. */
  transform: number[]
  hasEOL: boolean
  dir: string
  isVertical: boolean
}

/** Texts of a line that stand apart, with where they begin and end. */
interface Cell {
  text: string
  start: number
  end: number
}

interface Line {
  cells: Cell[]
  /** Height of the letters. */
  size: number
}

/** In heights of a letter: the least gap between words, and between cells of a table. */
const WORD_GAP = 0.15
const CELL_GAP = 1
/** How far a line may wander and still be the same one, for raised and lowered letters. */
const DRIFT = 0.45

/** A page's text: its lines in the order they are drawn, those that stand in columns under each other as Markdown tables. */
export function pageText(items: readonly PageItem[]): string {
  const blocks: string[] = []
  const lines = linesOf(items)
  for (let index = 0; index < lines.length; ) {
    const rows = tableAt(lines, index)
    if (rows.length > 1) blocks.push(markdownTable(rows))
    else blocks.push((lines[index]?.cells ?? []).map(cell => cell.text).join(' '))
    index += Math.max(rows.length, 1)
  }
  return blocks
    .map(block => block.trimEnd())
    .join('\n')
    .trim()
}

function linesOf(items: readonly PageItem[]): Line[] {
  const lines: Line[] = []
  let line: Line | undefined
  let last: Placed | undefined
  let isEnded = true
  for (const item of items) {
    if (item.str.trim()) {
      const placed = placeOf(item)
      if (!line || !last || !goesOn(last, placed, isEnded)) {
        line = { cells: [{ text: item.str, start: placed.along, end: placed.along + placed.width }], size: placed.size }
        lines.push(line)
      } else append(line, last, placed)
      last = placed
      isEnded = item.hasEOL
    } else if (item.hasEOL) isEnded = true
  }
  for (const { cells } of lines) for (const cell of cells) cell.text = cell.text.trim()
  return lines
}

interface Placed {
  item: PageItem
  /** In the direction of writing, and across it. */
  along: number
  across: number
  width: number
  size: number
  angle: number
}

function placeOf(item: PageItem): Placed {
  const [a = 1, b = 0, , , x = 0, y = 0] = item.transform
  const angle = Math.atan2(b, a)
  const cosine = Math.cos(angle)
  const sine = Math.sin(angle)
  return {
    item,
    along: x * cosine + y * sine,
    across: y * cosine - x * sine,
    width: item.width,
    size: item.height || Math.hypot(a, b) || 1,
    angle,
  }
}

function goesOn(last: Placed, next: Placed, isEnded: boolean): boolean {
  if (next.item.isVertical || last.item.isVertical) return !isEnded
  if (Math.abs(last.angle - next.angle) > 0.01) return false
  if (Math.abs(last.across - next.across) > DRIFT * Math.max(last.size, next.size)) return false
  return next.item.dir === 'rtl' || last.item.dir === 'rtl' || next.along >= last.along + last.width - last.size
}

function append(line: Line, last: Placed, next: Placed): void {
  const cell = line.cells.at(-1)
  if (!cell) return
  const isLeftward = next.item.dir === 'rtl' || last.item.dir === 'rtl'
  const gap = next.item.isVertical ? 0 : isLeftward ? last.along - next.along - next.width : next.along - last.along - last.width
  line.size = Math.max(line.size, next.size)
  if (gap > CELL_GAP * line.size && !isLeftward) {
    line.cells.push({ text: next.item.str, start: next.along, end: next.along + next.width })
    return
  }
  const isApart = gap > WORD_GAP * next.size && !/\s$/.test(cell.text) && !/^\s/.test(next.item.str)
  cell.text += (isApart ? ' ' : '') + next.item.str
  cell.end = Math.max(cell.end, next.along + next.width)
}

/** Rows of the table that begins at a line: lines whose cells stand under those of the first. One row is no table. */
function tableAt(lines: readonly Line[], index: number): string[][] {
  const head = lines[index]
  if (!head || head.cells.length < 2) return []
  const columns = head.cells.map(({ start, end }) => ({ start, end }))
  const rows = [head.cells.map(cell => cell.text)]
  for (const line of lines.slice(index + 1, index + 2000)) {
    const row = line.cells.length > 1 ? rowUnder(columns, line) : undefined
    if (!row) break
    rows.push(row)
  }
  return rows
}

/** A line's cells by columns, which grow by them; undefined where one lies under none, or under two. */
function rowUnder(columns: { start: number; end: number }[], line: Line): string[] | undefined {
  const row = columns.map(() => '')
  const places = line.cells.map(cell =>
    columns.flatMap(({ start, end }, column) => (cell.start < end + line.size / 2 && cell.end > start - line.size / 2 ? [column] : [])),
  )
  if (places.some(place => place.length !== 1) || new Set(places.flat()).size !== places.length) return undefined
  for (const [index, cell] of line.cells.entries()) {
    const [place = 0] = places[index] ?? []
    const column = columns[place]
    row[place] = cell.text
    if (column) {
      column.start = Math.min(column.start, cell.start)
      column.end = Math.max(column.end, cell.end)
    }
  }
  return row
}
