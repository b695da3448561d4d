import { type DocumentPart, partsOf, type ReadContent } from '../document.ts'
import { CsvTable, parseCsv } from './csv-table.ts'

/** Comma-separated values: a Markdown table, and each row with the names of its columns. Rows with too many cells are no rows. */
export function readCsv(text: string, hasParts: boolean): ReadContent {
  const table = new CsvTable()
  const parts: DocumentPart[] = []
  let head: string[] | undefined
  let number = 0
  for (const row of parseCsv(text)) {
    number++
    table.add(row)
    if (head && hasParts && row.length && row.length <= head.length) {
      const written = head.map((name, column) => `${name}: ${row[column] ?? ''}`).join(';')
      parts.push({ kind: 'row', text: written, metadata: { row: number } })
    }
    head ??= row
  }
  return { text: table.toString(), parts: partsOf(parts) }
}
