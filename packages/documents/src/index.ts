export type { DocumentLimits, DocumentPart, EmbeddedImage, ExtractedDocument, PartMetadata } from './document.ts'
export { DocumentError, type DocumentErrorCode } from './document-error.ts'
export { DocumentReader, type DocumentReaderOptions, type ExtractOptions, sharedDocumentReader } from './document-reader.ts'
export { type Format, formatOf } from './format.ts'
