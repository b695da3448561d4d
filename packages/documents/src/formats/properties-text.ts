/** Java properties, each as `key: value`; comments and blank lines stay. */
export function propertiesText(text: string): string {
  return splitLines(text).map(propertyLine).join('\n')
}

function propertyLine(line: string): string {
  const trimmed = line.trim()
  if (!trimmed || trimmed.startsWith('#') || trimmed.startsWith('!')) return trimmed
  const separator = trimmed.includes('=') ? '=' : ':'
  const at = trimmed.indexOf(separator)
  const [key, value] = at < 0 ? [trimmed, ''] : [trimmed.slice(0, at), trimmed.slice(at + 1)]
  return `${key.trim()}: ${value.trim()}`
}

/** Lines without a last empty one. */
function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
