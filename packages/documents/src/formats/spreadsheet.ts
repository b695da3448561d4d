import { type DocumentPart, type DocumentSource, partsOf, type ReadContent } from '../document.ts'
import { brokenDocument, DocumentError, encryptedDocument } from '../document-error.ts'
import { type Cell, type Sheet, sheetJs, type Workbook } from '../sheetjs.ts'
import { isZip } from '../sniff.ts'
import { ZipArchive } from '../zip-archive.ts'

/** More cells than this make no readable table. */
const MAX_CELLS = 5_000_000

interface Row {
  number: number
  cells: string[]
  links: (string | undefined)[]
}

/** A workbook, new or old: each sheet as a Markdown table of cells as the sheet shows them, its first row as head. @throws DocumentError */
export async function readSpreadsheet({ bytes, limits }: DocumentSource): Promise<ReadContent> {
  if (isZip(bytes)) await (await ZipArchive.open(bytes, limits)).verify()
  const workbook = parsed(bytes)
  const texts: string[] = []
  const parts: DocumentPart[] = []
  let left = MAX_CELLS
  for (const name of workbook.SheetNames) {
    const [head, ...rows] = rowsOf(workbook.Sheets[name], cells => {
      left -= cells
      if (left < 0) throw new DocumentError('too-large', 'The workbook has too many cells. Split it and upload its pieces.')
    })
    if (!head) continue
    texts.push(`${tableOf([head, ...rows])}\n\n`)
    for (const row of rows) parts.push({ kind: 'row', text: rowText(head, row), metadata: { sheet: name, row: row.number } })
    if (!rows.length)
      parts.push({
        kind: 'row',
        text: rowText({ ...head, cells: head.cells.map(() => '') }, head),
        metadata: { sheet: name, row: head.number },
      })
  }
  return { text: texts.join(''), parts: partsOf(parts) }
}

function parsed(bytes: Uint8Array): Workbook {
  try {
    // what locales write differently is written in the one order that all read the same
    return sheetJs.read(bytes, { type: 'array', dense: true, cellHTML: false, cellFormula: false, cellText: true, dateNF: 'yyyy-mm-dd' })
  } catch (error) {
    if (error instanceof Error && /password|encrypt/i.test(error.message)) throw encryptedDocument(error)
    throw brokenDocument('it cannot be read as a workbook', error)
  }
}

/** Rows and columns that say something, empty ones at the edges and between left out. `count` is told of cells before they are made. */
function rowsOf(sheet: Sheet | undefined, count: (cells: number) => void): Row[] {
  const data: (Cell | undefined)[][] = sheet?.['!data'] ?? []
  let first = Number.POSITIVE_INFINITY
  let last = -1
  const filled: number[] = []
  data.forEach((row, number) => {
    let isFilled = false
    row?.forEach((cell, column) => {
      if (!shown(cell)) return
      isFilled = true
      first = Math.min(first, column)
      last = Math.max(last, column)
    })
    if (isFilled) filled.push(number)
  })
  if (!filled.length) return []
  count(filled.length * (last - first + 1))
  return filled.map(number => {
    const row = Array.from({ length: last - first + 1 }, (_, index) => data[number]?.[first + index])
    return { number: number + 1, cells: row.map(shown), links: row.map(cell => cell?.l?.Target) }
  })
}

function shown(cell: Cell | undefined): string {
  if (!cell || cell.t === 'z') return ''
  const text = cell.w ?? (cell.v === undefined || cell.v === null ? '' : String(cell.v))
  return text
    .split(/\r\n|[\n\r\v\f\u2028\u2029]/)
    .join(' ')
    .trim()
}

function tableOf(rows: readonly Row[]): string {
  const [head, ...others] = rows.map(({ cells }) => cells)
  const rule = (head ?? []).map(cell => '-'.repeat([...cell].length || 3))
  return [head ?? [], rule, ...others].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

/** `"head":"cell";"head":"cell"`, empty cells left out. */
function rowText(head: Row, { cells, links }: Row): string {
  return cells
    .map((cell, index) => {
      const address = links[index]
      return cell && `${quoted(head.cells[index] ?? '')}:${quoted(address ? `[${cell}](${address})` : cell)}`
    })
    .filter(Boolean)
    .join(';')
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`
}
