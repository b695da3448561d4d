import { decodeText } from './decode-text.ts'
import { type DocumentLimits, type DocumentSource, type ExtractedDocument, type ReadContent, wholeDocument } from './document.ts'
import { brokenDocument, DocumentError } from './document-error.ts'
import type { Format } from './format.ts'
import { checkType } from './sniff.ts'

export interface ReadRequest {
  bytes: Uint8Array
  format: Format
  limits: DocumentLimits
  hasImages: boolean
  hasParts: boolean
}

type Reader = (source: DocumentSource) => ReadContent | Promise<ReadContent>

/** A format that is text, read from it. Parsers are loaded when their format first comes. */
function fromText(load: () => Promise<(text: string, hasParts: boolean) => ReadContent>): () => Promise<Reader> {
  return async () => {
    const read = await load()
    return ({ bytes, hasParts }) => read(decodeText(bytes), hasParts)
  }
}

const plain = fromText(async () => text => wholeDocument(text))

const READERS: Record<Format, () => Promise<Reader>> = {
  txt: plain,
  xml: plain,
  vtt: plain,
  captions: fromText(async () => {
    const { vttText } = await import('./formats/vtt-text.ts')
    return text => wholeDocument(vttText(text))
  }),
  properties: fromText(async () => {
    const { propertiesText } = await import('./formats/properties-text.ts')
    return text => wholeDocument(propertiesText(text), text)
  }),
  json: fromText(async () => {
    const { jsonText } = await import('./formats/json-text.ts')
    return text => wholeDocument(jsonText(text))
  }),
  yaml: fromText(async () => {
    const { yamlText } = await import('./formats/yaml-text.ts')
    return text => wholeDocument(yamlText(text))
  }),
  csv: fromText(async () => (await import('./formats/csv.ts')).readCsv),
  md: fromText(async () => (await import('./formats/markdown.ts')).readMarkdown),
  html: fromText(async () => (await import('./formats/html.ts')).readHtml),
  pdf: async () => (await import('./formats/pdf.ts')).readPdf,
  doc: async () => (await import('./formats/doc.ts')).readDoc,
  docx: async () => (await import('./formats/docx.ts')).readDocx,
  xls: async () => (await import('./formats/spreadsheet.ts')).readSpreadsheet,
  xlsx: async () => (await import('./formats/spreadsheet.ts')).readSpreadsheet,
  pptx: async () => (await import('./formats/pptx.ts')).readPptx,
  epub: async () => (await import('./formats/epub.ts')).readEpub,
  eml: async () => (await import('./formats/eml.ts')).readEml,
  msg: async () => (await import('./formats/msg.ts')).readMsg,
}

/** Reads a document here and now, without limits of time and memory: for the processes of the pool. @throws DocumentError */
export async function readDocument({ bytes, format, limits, hasImages, hasParts }: ReadRequest): Promise<ExtractedDocument> {
  try {
    checkType(bytes, format)
    const read = await READERS[format]()
    const { text, parts, images = [] } = await read({ bytes, limits, hasImages, hasParts })
    if (text.length > limits.characters) {
      throw new DocumentError('too-large', `The document has more than ${limits.characters} characters. Split it and upload its pieces.`)
    }
    return { format, text, parts: hasParts ? parts : [], images }
  } catch (error) {
    if (error instanceof DocumentError) throw error
    throw brokenDocument(error instanceof RangeError ? 'it is nested or sized beyond bounds' : firstLineOf(error), error)
  }
}

function firstLineOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return (message.split('\n')[0] ?? '').replace(/[.:\s]+$/, '').slice(0, 300)
}
