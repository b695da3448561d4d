/** Rows of cells as a Markdown table, the first as its head; short rows are filled up. Bars and line breaks in cells stay readable. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const width = Math.max(0, ...rows.map(row => row.length))
  if (!width) return ''
  const lines = rows.map(row => `| ${Array.from({ length: width }, (_, index) => cellText(row[index] ?? '')).join(' | ')} |`)
  return [lines[0], `| ${Array(width).fill('---').join(' | ')} |`, ...lines.slice(1)].join('\n')
}

function cellText(cell: string): string {
  return cell
    .trim()
    .replace(/\s*\n\s*/g, '<br>')
    .replaceAll('|', '\\|')
}
