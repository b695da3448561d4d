import { type DocumentPart, type DocumentSource, partsOf, type ReadContent } from '../document.ts'
import { brokenDocument, DocumentError, encryptedDocument } from '../document-error.ts'
import { mainPartOf } from '../office-package.ts'
import { type Sheet, sheetJs, type Workbook } from '../sheetjs.ts'
import { isZip } from '../sniff.ts'
import { TextBuilder } from '../text-builder.ts'
import { ZipArchive } from '../zip-archive.ts'
import { cellLine, type SheetRow } from './sheet-rows.ts'
import { xlsxSheets } from './xlsx-sheets.ts'

/** More cells than this make no readable table; also counted with the empty ones between. */
const MAX_CELLS = 5_000_000

interface NamedRows {
  name: string
  rows: SheetRow[]
}

/** A workbook, new or old: each sheet as a Markdown table of cells as the sheet shows them, its first row as head. @throws DocumentError */
export async function readSpreadsheet({ bytes, limits, hasParts }: DocumentSource): Promise<ReadContent> {
  const sheets = isZip(bytes)
    ? await zippedSheets(await ZipArchive.open(bytes, limits), bytes, counter())
    : sheetsOf(parsed(bytes), counter())
  const count = counter()
  const text = new TextBuilder()
  const parts: DocumentPart[] = []
  for await (const { name, rows } of sheets) {
    const [first, last] = columnsOf(rows)
    count(rows.length * Math.max(last - first + 1, 0))
    const [head, ...others] = rows
    if (!head) continue
    addTable(text, rows, first, last)
    if (!hasParts) continue
    // a lone row is content, not a head
    for (const row of others.length ? others : [head]) {
      parts.push({ kind: 'row', text: rowText(others.length ? head : undefined, row), metadata: { sheet: name, row: row.number } })
    }
  }
  return { text: text.toString(), parts: partsOf(parts) }
}

/** Fails once it is told of too many. */
function counter(): (cells: number) => void {
  let left = MAX_CELLS
  return cells => {
    left -= cells
    if (left < 0) throw new DocumentError('too-large', 'The workbook has too many cells. Split it and upload its pieces.')
  }
}

/** Binary workbooks are the one zipped kind that is not XML. */
async function zippedSheets(
  zip: ZipArchive,
  bytes: Uint8Array,
  count: (cells: number) => void,
): Promise<AsyncIterable<NamedRows> | Iterable<NamedRows>> {
  const main = await mainPartOf(zip, 'xl/workbook.xml')
  if (!main.endsWith('.bin')) return xlsxSheets(zip, main, count)
  await zip.verify()
  return sheetsOf(parsed(bytes), count)
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

function* sheetsOf(workbook: Workbook, count: (cells: number) => void): Generator<NamedRows> {
  for (const name of workbook.SheetNames) yield { name, rows: rowsOf(workbook.Sheets[name], count) }
}

function rowsOf(sheet: Sheet | undefined, count: (cells: number) => void): SheetRow[] {
  const rows: SheetRow[] = []
  sheet?.['!data']?.forEach((data, index) => {
    const row: SheetRow = { number: index + 1, cells: [], links: undefined }
    data?.forEach((cell, column) => {
      if (!cell || cell.t === 'z') return
      const text = cellLine(cell.w ?? (cell.v === undefined || cell.v === null ? '' : String(cell.v)))
      if (!text) return
      count(1)
      row.cells[column] = text
      if (!cell.l?.Target) return
      row.links ??= new Map()
      row.links.set(column, cell.l.Target)
    })
    if (row.cells.length) rows.push(row)
  })
  return rows
}

/** The first and the last column in which something stands. */
function columnsOf(rows: readonly SheetRow[]): [first: number, last: number] {
  let first = Number.MAX_SAFE_INTEGER
  let last = -1
  for (const { cells } of rows) {
    const start = cells.findIndex(cell => cell !== undefined)
    if (start >= 0) first = Math.min(first, start)
    last = Math.max(last, cells.length - 1)
  }
  return [first, last]
}

function addTable(text: TextBuilder, rows: readonly SheetRow[], first: number, last: number): void {
  const columns = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  for (const [index, { cells }] of rows.entries()) {
    text.add(`| ${columns.map(column => cells[column] ?? '').join(' | ')} |\n`)
    if (!index) text.add(`| ${columns.map(column => '-'.repeat([...(cells[column] ?? '')].length || 3)).join(' | ')} |\n`)
  }
  text.add('\n')
}

/** `"head":"cell";"head":"cell"`, empty cells left out. */
function rowText(head: SheetRow | undefined, { cells, links }: SheetRow): string {
  const pairs: string[] = []
  cells.forEach((cell, column) => {
    const address = links?.get(column)
    pairs.push(`${quoted(head?.cells[column] ?? '')}:${quoted(address ? `[${cell}](${address})` : cell)}`)
  })
  return pairs.join(';')
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`
}
