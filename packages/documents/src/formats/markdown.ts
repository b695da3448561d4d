import { type DocumentPart, partsOf, type ReadContent } from '../document.ts'

/** Markdown: as written, and a section for each heading, without its hashes and without tags. */
export function readMarkdown(text: string, hasParts: boolean): ReadContent {
  if (!hasParts) return { text, parts: [] }
  const sections: { heading: string | undefined; body: string }[] = [{ heading: undefined, body: '' }]
  let isFenced = false
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) isFenced = !isFenced
    const section = sections.at(-1)
    if (!isFenced && /^#+\s/.test(line)) sections.push({ heading: line.replaceAll('#', '').trim(), body: '' })
    else if (section) section.body += `${line}\n`
  }
  const parts = sections.map(({ heading, body }): DocumentPart => {
    const written = body.replace(/<[^>\n]*>/g, '').trim()
    if (heading === undefined) return { kind: 'section', text: written, metadata: {} }
    return { kind: 'section', text: `\n\n${heading}\n${written}`, metadata: { title: heading } }
  })
  return { text, parts: partsOf(parts) }
}
