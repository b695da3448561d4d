import { posix } from 'node:path'
import { decodeText } from '../decode-text.ts'
import { type DocumentPart, type DocumentSource, partsOf, type ReadContent } from '../document.ts'
import { brokenDocument, encryptedDocument } from '../document-error.ts'
import { htmlPage, markdownOf, plainLines } from '../html-blocks.ts'
import { imagesIn, readPart } from '../office-package.ts'
import { attributeOf, descendantsOf, elementAt, elementsOf } from '../xml-tree.ts'
import { ZipArchive } from '../zip-archive.ts'

/** A book: its chapters in reading order, a line for a paragraph. @throws DocumentError */
export async function readEpub({ bytes, limits, hasImages }: DocumentSource): Promise<ReadContent> {
  const zip = await ZipArchive.open(bytes, limits)
  const rootFiles = descendantsOf(await readPart(zip, 'META-INF/container.xml'), 'rootfile')
  const name = rootFiles[0]?.attributes['full-path']
  if (!name) throw brokenDocument('it does not say where its content is')
  if (zip.has('META-INF/encryption.xml') && zip.has('META-INF/rights.xml')) throw encryptedDocument()
  const book = await readPart(zip, name)
  const items = new Map(elementsOf(elementAt(book, 'manifest'), 'item').map(item => [item.attributes.id, item.attributes.href ?? '']))
  const lines: string[] = []
  const parts: DocumentPart[] = []
  for (const reference of elementsOf(elementAt(book, 'spine'), 'itemref')) {
    const href = items.get(attributeOf(reference, 'idref'))
    const chapter = href && (await zip.read(posix.join(posix.dirname(name), decoded(href))))
    if (!chapter) continue
    const { title, blocks } = htmlPage(decodeText(chapter))
    const heading = blocks.find(block => block.kind === 'heading')
    const chapterTitle = heading?.text ?? title
    for (const line of plainLines(blocks)) lines.push(line)
    parts.push({ kind: 'chapter', text: markdownOf(blocks), metadata: chapterTitle ? { title: chapterTitle } : {} })
  }
  return { text: lines.join('\n'), parts: partsOf(parts), images: hasImages ? await imagesIn(zip, '') : [] }
}

function decoded(href: string): string {
  const path = href.split('#')[0] ?? ''
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
