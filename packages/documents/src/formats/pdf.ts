import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { getDocument, type PDFDocumentProxy, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { type DocumentPart, type DocumentSource, partsOf, type ReadContent } from '../document.ts'
import { brokenDocument, DocumentError, encryptedDocument } from '../document-error.ts'
import { type PageItem, pageText } from './pdf-layout.ts'

const PDFJS = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'))

/** The text layer of a PDF, a part for each page; tables that its lines form are Markdown. Scanned pages have none. @throws DocumentError */
export async function readPdf({ bytes, limits }: DocumentSource): Promise<ReadContent> {
  const document = await opened(bytes)
  const parts: DocumentPart[] = []
  let length = 0
  for (let page = 1; page <= document.numPages; page++) {
    const text = await textOfPage(document, page)
    length += text.length
    if (length > limits.characters) throw new DocumentError('too-large', 'The PDF has too much text. Split it and upload its pieces.')
    parts.push({ kind: 'page', text, metadata: { page } })
  }
  await document.loadingTask.destroy()
  const pages = partsOf(parts)
  return { text: pages.map(({ text }) => text).join('\n\n'), parts: pages }
}

async function opened(bytes: Uint8Array): Promise<PDFDocumentProxy> {
  try {
    return await getDocument({
      data: new Uint8Array(bytes),
      cMapUrl: join(PDFJS, 'cmaps/'),
      cMapPacked: true,
      standardFontDataUrl: join(PDFJS, 'standard_fonts/'),
      useSystemFonts: false,
      disableFontFace: true,
      useWasm: false,
      verbosity: VerbosityLevel.ERRORS,
    }).promise
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException') throw encryptedDocument(error)
    throw brokenDocument('it cannot be read as a PDF', error)
  }
}

async function textOfPage(document: PDFDocumentProxy, number: number): Promise<string> {
  try {
    const page = await document.getPage(number)
    const { items, styles } = await page.getTextContent()
    page.cleanup()
    return pageText(
      items.filter(item => 'str' in item).map((item): PageItem => ({ ...item, isVertical: styles[item.fontName]?.vertical ?? false })),
    )
  } catch (error) {
    throw brokenDocument(`page ${number} cannot be read`, error)
  }
}
