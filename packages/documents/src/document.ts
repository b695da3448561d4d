import type { Format } from './format.ts'

/** What a document says. */
export interface ExtractedDocument {
  format: Format
  /** The whole as Dify's document extractor gives it: markup and source code as written, tables as Markdown. */
  text: string
  /** The same for reading and indexing, in the document's own pieces, never empty ones: visible text, tables as Markdown. */
  parts: DocumentPart[]
  /** Pictures inside the document, where they were asked for; parts refer to them as `![image](embedded:<name>)`. */
  images: EmbeddedImage[]
}

export interface DocumentPart {
  /** `document`: the whole, where the format has no pieces. `row`: a row of a table whose first row is its head. */
  kind: 'document' | 'page' | 'section' | 'row' | 'slide' | 'chapter' | 'message'
  text: string
  metadata: PartMetadata
}

export interface PartMetadata {
  /** From 1: page or slide. */
  page?: number
  /** Heading, slide title, chapter title or subject. */
  title?: string
  sheet?: string
  /** From 1, as the sheet counts: the head is row 1. */
  row?: number
  from?: string
  to?: string
  /** As the message has it. */
  date?: string
  /** Names of attached files. */
  attachments?: string[]
}

export interface EmbeddedImage {
  /** Path inside the document: `word/media/image1.png`. */
  name: string
  mimeType: string
  bytes: Uint8Array
}

/** How much of a document is read. */
export interface DocumentLimits {
  /** Size of the file. Default 100 MiB. */
  bytes: number
  /** Time for one file, once its turn has come. Default 8 s. */
  milliseconds: number
  /** Everything that is unpacked from an archive, together. Default 200 MiB. */
  unpackedBytes: number
  /** Files in an archive. Default 10,000. */
  archiveEntries: number
  /** Characters of the text that is given back. Default 50 million. */
  characters: number
}

/** 8 seconds, so that all of reading a file, with stopping a parser that does not return and starting the process anew, is done within 10. */
export const DEFAULT_LIMITS: DocumentLimits = {
  bytes: 100 * 1024 * 1024,
  milliseconds: 8000,
  unpackedBytes: 200 * 1024 * 1024,
  archiveEntries: 10_000,
  characters: 50_000_000,
}

/** What a reader of one format is given. */
export interface DocumentSource {
  bytes: Uint8Array
  limits: DocumentLimits
  hasImages: boolean
  /** Whether parts are wanted; where they cost memory of their own, they are else left out. */
  hasParts: boolean
}

export type ReadContent = Omit<ExtractedDocument, 'format' | 'images'> & { images?: EmbeddedImage[] }

/** A document without pieces. */
export function wholeDocument(text: string, readable = text): ReadContent {
  return { text, parts: partsOf([{ kind: 'document', text: readable, metadata: {} }]) }
}

/** Those that say something. */
export function partsOf(parts: DocumentPart[]): DocumentPart[] {
  return parts.filter(part => part.text.trim())
}
