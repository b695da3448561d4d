/** CSV text as a Markdown table; the first row is its head. */
export function csvTable(text: string): string {
  const [head, ...rows] = parseCsv(text)
  if (!head) return ''
  const rule = head.map(cell => '-'.repeat([...cell].length))
  return [head.map(oneLine), rule, ...rows.map(row => row.map(oneLine))].map(row => `| ${row.join(' | ')} |\n`).join('')
}

function oneLine(cell: string): string {
  return cell.replaceAll('\n', ' ').replaceAll('\r', '')
}

/** Rows of cells. A quote inside a quoted cell is doubled; a blank line is a row without cells. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell: string | undefined
  let isQuoted = false
  const endCell = () => {
    row.push(cell ?? '')
    cell = undefined
  }
  const endRow = () => {
    if (cell !== undefined || row.length) endCell()
    rows.push(row)
    row = []
  }
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (isQuoted) {
      if (character !== '"') cell += character ?? ''
      else if (text[index + 1] !== '"') isQuoted = false
      else {
        cell += '"'
        index++
      }
    } else if (character === '"' && cell === undefined) {
      isQuoted = true
      cell = ''
    } else if (character === ',') endCell()
    else if (character === '\n' || character === '\r') {
      if (character === '\r' && text[index + 1] === '\n') index++
      endRow()
    } else cell = (cell ?? '') + character
  }
  if (cell !== undefined || row.length) endRow()
  return rows
}
