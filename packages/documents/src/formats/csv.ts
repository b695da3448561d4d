import { type DocumentPart, partsOf, type ReadContent } from '../document.ts'
import { csvTable, parseCsv } from './csv-table.ts'

/** Comma-separated values: a Markdown table, and each row with the names of its columns. Rows with too many cells are no rows. */
export function readCsv(text: string): ReadContent {
  const [head = [], ...rows] = parseCsv(text)
  const parts: DocumentPart[] = []
  for (const [index, row] of rows.entries()) {
    if (!row.length || row.length > head.length) continue
    const written = head.map((name, column) => `${name}: ${row[column] ?? ''}`).join(';')
    parts.push({ kind: 'row', text: written, metadata: { row: index + 2 } })
  }
  return { text: csvTable(text), parts: partsOf(parts) }
}
