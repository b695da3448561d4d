import { availableParallelism } from 'node:os'
import { collectBytes, FileServiceError } from '@weft/ports'
import { DEFAULT_LIMITS, type DocumentLimits, type ExtractedDocument } from './document.ts'
import { DocumentError } from './document-error.ts'
import { formatOf } from './format.ts'
import { ProcessPool } from './process-pool.ts'
import type { ReadRequest } from './read-document.ts'

export interface DocumentReaderOptions {
  /** Documents read at the same time. Default: half the processors, at least 2 and at most 4. */
  maxProcesses?: number
  /** Memory for reading one document. Default 512 MB. */
  memoryMegabytes?: number
  limits?: Partial<DocumentLimits>
}

export interface ExtractOptions {
  /** `.pdf` or `pdf`, in lower case. */
  extension?: string | null
  /** Counts only without an extension. */
  mimeType?: string | null
  signal?: AbortSignal
  limits?: Partial<DocumentLimits>
  /** Whether pictures in the document are given too. */
  hasImages?: boolean
  /** Whether the pieces are given too. Default true. */
  hasParts?: boolean
}

/** Reads documents in processes of their own, the first started with the first document and kept warm. */
export class DocumentReader implements AsyncDisposable {
  readonly #pool: ProcessPool
  readonly #limits: DocumentLimits

  constructor({ maxProcesses, memoryMegabytes = 512, limits }: DocumentReaderOptions = {}) {
    const half = Math.floor(availableParallelism() / 2)
    this.#pool = new ProcessPool({ maxProcesses: maxProcesses ?? Math.min(Math.max(half, 2), 4), memoryMegabytes })
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
  }

  /** The text and the pieces of a document. @throws DocumentError, or the signal's reason */
  async extractText(source: Uint8Array | AsyncIterable<Uint8Array>, options: ExtractOptions): Promise<ExtractedDocument> {
    const { extension, mimeType, signal, hasImages = false, hasParts = true } = options
    const format = formatOf(extension, mimeType)
    if (!format) {
      const what = extension || mimeType || 'without a name'
      throw new DocumentError(
        'unsupported',
        `Files of type ${what} cannot be read as text. Convert the file to PDF or text and upload that.`,
      )
    }
    return this.#read(source, { format, limits: { ...this.#limits, ...options.limits }, hasImages, hasParts }, signal)
  }

  /** The text as the document-extractor node gives it; undefined for a format that is not read. @throws DocumentError, or the signal's reason */
  async extract(bytes: Uint8Array, extension: string | null, mimeType: string | null, signal: AbortSignal): Promise<string | undefined> {
    const format = formatOf(extension, mimeType)
    if (!format) return undefined
    return (await this.#read(bytes, { format, limits: this.#limits, hasImages: false, hasParts: false }, signal)).text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
  }

  async #read(
    source: Uint8Array | AsyncIterable<Uint8Array>,
    request: Omit<ReadRequest, 'bytes'>,
    signal: AbortSignal | undefined,
  ): Promise<ExtractedDocument> {
    signal?.throwIfAborted()
    const bytes = await collected(source, request.limits.bytes)
    return this.#pool.read({ ...request, bytes }, signal)
  }
}

let shared: DocumentReader | undefined

/** The reader of whoever is given no other: one for the whole process, which ends with it. */
export function sharedDocumentReader(): DocumentReader {
  shared ??= new DocumentReader()
  return shared
}

async function collected(source: Uint8Array | AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new DocumentError(
      'too-large',
      `The file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MiB. Split the document and upload its pieces.`,
    )
  if (source instanceof Uint8Array) {
    if (source.byteLength > maxBytes) throw tooLarge()
    return source
  }
  try {
    return await collectBytes(source, maxBytes)
  } catch (error) {
    if (error instanceof FileServiceError && error.code === 'too-large') throw tooLarge()
    throw error
  }
}
