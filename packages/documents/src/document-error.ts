/** What is wrong with a file, or with reading it. */
export type DocumentErrorCode =
  /** The format is none of those that are read. */
  | 'unsupported'
  /** No bytes. */
  | 'empty'
  /** A password is needed. */
  | 'encrypted'
  /** Damaged or incomplete. */
  | 'broken'
  /** The content is of another type than the name says. */
  | 'wrong-type'
  /** Larger than the limit, packed or unpacked. */
  | 'too-large'
  /** Small, but made to unpack into something huge. */
  | 'bomb'
  | 'timeout'
  | 'memory'
  /** Reading stopped for a reason that is not the file's. */
  | 'unavailable'

/** A document that cannot be read. The message is for users: it names the problem and the way out. */
export class DocumentError extends Error {
  readonly code: DocumentErrorCode
  constructor(code: DocumentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DocumentError'
    this.code = code
  }
}

export function brokenDocument(what: string, cause?: unknown): DocumentError {
  return new DocumentError('broken', `The file is damaged: ${what}. Open it in the program it comes from, save it anew and upload that.`, {
    cause,
  })
}

export function encryptedDocument(cause?: unknown): DocumentError {
  return new DocumentError('encrypted', 'The file is protected by a password. Save it without one and upload that.', { cause })
}
