import type { ExtractedDocument } from './document.ts'
import type { DocumentErrorCode } from './document-error.ts'
import type { ReadRequest } from './read-document.ts'

/** What a reading process is sent. */
export type ToProcess = ReadRequest & { id: number }

/** What it answers. `isSpent`: it holds on to much memory and should be replaced. */
export type FromProcess =
  | { type: 'ready' }
  | { type: 'done'; id: number; document: ExtractedDocument; isSpent: boolean }
  | { type: 'failed'; id: number; code: DocumentErrorCode; message: string; isSpent: boolean }
