import type { FileValue } from '@weft/contracts'

/**
 * The bytes behind file values, and the way a node makes new files. A file value is data that user code may have forged, so
 * every read names the tenant it reads for; a file of another tenant is not found.
 */
export interface FileService {
  /** The file's bytes. @throws FileServiceError */
  read(file: FileValue, access: FileAccess): AsyncIterable<Uint8Array>
  /** All bytes at once. @throws FileServiceError with `too-large` beyond `maxBytes` */
  readAll(file: FileValue, maxBytes: number, access: FileAccess): Promise<Uint8Array>
  /** Stores bytes that a node made; gives the file's value with a freshly signed link. @throws FileServiceError */
  createToolFile(file: NewToolFile): Promise<FileValue>
}

export interface FileAccess {
  tenantId: string
  signal?: AbortSignal
}

export interface NewToolFile {
  tenantId: string
  userId: string
  conversationId: string | null
  body: Uint8Array | AsyncIterable<Uint8Array>
  /** `null`: the service names it, with the type's extension (`.bin` where the type has none). */
  filename: string | null
  /** Without parameters: `image/png`. */
  mimeType: string
  /** Begins the file's link where the operator has set no address. */
  origin?: string
}

export type FileServiceErrorCode = 'not-found' | 'too-large' | 'unreachable'

export class FileServiceError extends Error {
  readonly code: FileServiceErrorCode
  constructor(code: FileServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FileServiceError'
    this.code = code
  }
}

/** Joins chunks. @throws FileServiceError with `too-large` as soon as there are more than `maxBytes` */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const collected: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (size > maxBytes) throw new FileServiceError('too-large', `the file is larger than ${maxBytes} bytes`)
    collected.push(chunk)
  }
  const joined = new Uint8Array(size)
  let offset = 0
  for (const chunk of collected) {
    joined.set(chunk, offset)
    offset += chunk.byteLength
  }
  return joined
}
