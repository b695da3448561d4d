import { TextBuilder } from '../text-builder.ts'

/** A Markdown table that is written row by row; the first row is its head. */
export class CsvTable {
  readonly #text = new TextBuilder()
  #hasHead = false

  add(row: readonly string[]): void {
    this.#text.add(tableRow(row.map(oneLine)))
    if (!this.#hasHead) this.#text.add(tableRow(row.map(cell => '-'.repeat([...cell].length))))
    this.#hasHead = true
  }

  toString(): string {
    return this.#text.toString()
  }
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`
}

function oneLine(cell: string): string {
  return cell.replaceAll('\n', ' ').replaceAll('\r', '')
}

/** Rows of cells. A quote inside a quoted cell is doubled; a blank line is a row without cells. */
export function* parseCsv(text: string): Generator<string[]> {
  let row: string[] = []
  const ends = /[,\r\n]/g
  for (let at = 0; at < text.length; ) {
    const isBlank = !row.length && (text[at] === '\n' || text[at] === '\r')
    if (!isBlank) {
      const { cell, end } = cellAt(text, at, ends)
      row.push(cell)
      at = end
      if (text[at] === ',') {
        at++
        // a comma at the very end of a row stands before an empty cell
        if (at === text.length || text[at] === '\n' || text[at] === '\r') row.push('')
        else continue
      }
    }
    yield row
    row = []
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1
  }
}

function cellAt(text: string, at: number, ends: RegExp): { cell: string; end: number } {
  let quoted = ''
  let start = at
  if (text[at] === '"') {
    let close = text.indexOf('"', at + 1)
    while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2)
    const end = close < 0 ? text.length : close
    quoted = text.slice(at + 1, end).replaceAll('""', '"')
    start = Math.min(end + 1, text.length)
  }
  ends.lastIndex = start
  const end = ends.exec(text)?.index ?? text.length
  return { cell: quoted + text.slice(start, end), end }
}
