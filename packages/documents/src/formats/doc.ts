import WordExtractor from 'word-extractor'
import { type DocumentSource, type ReadContent, wholeDocument } from '../document.ts'
import { encryptedDocument } from '../document-error.ts'
import { oleStream } from '../ole-container.ts'
import { isZip } from '../sniff.ts'
import { readDocx } from './docx.ts'

/** A Word document of before 2007, or a newer one under the old name. @throws DocumentError */
export async function readDoc(source: DocumentSource): Promise<ReadContent> {
  if (isZip(source.bytes)) return readDocx(source)
  const head = oleStream(source.bytes, 'WordDocument')
  // flags of the file information block
  if (head && ((head[0x0b] ?? 0) & 0x01) !== 0) throw encryptedDocument()
  const document = await new WordExtractor().extract(Buffer.from(source.bytes))
  const text = [
    document.getBody({ filterUnicode: false }),
    document.getTextboxes({ filterUnicode: false, includeHeadersAndFooters: false }),
  ]
  return wholeDocument(
    text
      .map(piece => piece.replaceAll('\r', '\n').trimEnd())
      .filter(Boolean)
      .join('\n'),
  )
}
