import { promisify } from 'node:util'
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import type { DocumentLimits } from './document.ts'
import { brokenDocument, DocumentError, encryptedDocument } from './document-error.ts'

/** Entries of this size that shrank by more than this factor were made to harm. Repetitive sheets shrink 100 times at most. */
const BOMB_BYTES = 10 * 1024 * 1024
const BOMB_RATIO = 250

const openBuffer = promisify<Buffer, { lazyEntries: true; strictFileNames: boolean }, ZipFile>(fromBuffer)

/**
 * A zip archive in memory. What its directory announces is held against the limits before anything is unpacked, what really
 * comes out while it is unpacked.
 */
export class ZipArchive {
  readonly #zip: ZipFile
  readonly #entries: Map<string, Entry>
  readonly #limits: DocumentLimits
  #unpacked = 0

  private constructor(zip: ZipFile, entries: Map<string, Entry>, limits: DocumentLimits) {
    this.#zip = zip
    this.#entries = entries
    this.#limits = limits
  }

  /** @throws DocumentError */
  static async open(bytes: Uint8Array, limits: DocumentLimits): Promise<ZipArchive> {
    try {
      const zip = await openBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
        lazyEntries: true,
        strictFileNames: false,
      })
      return new ZipArchive(zip, await directoryOf(zip, limits), limits)
    } catch (error) {
      if (error instanceof DocumentError) throw error
      throw brokenDocument('its archive cannot be opened', error)
    }
  }

  get names(): string[] {
    return [...this.#entries.keys()]
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /** An entry's bytes, undefined where there is none. @throws DocumentError */
  async read(name: string): Promise<Uint8Array | undefined> {
    const entry = this.#entries.get(name)
    if (!entry) return undefined
    const chunks: Uint8Array[] = []
    for await (const chunk of this.#unpack(entry)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  /** An entry's bytes, piece by piece: for what is too large to be held whole. @throws DocumentError */
  async *chunks(name: string): AsyncGenerator<Uint8Array> {
    const entry = this.#entries.get(name)
    if (entry) yield* this.#unpack(entry)
  }

  /** Unpacks everything and keeps nothing, before the archive is handed to a parser that sets itself no limits. @throws DocumentError */
  async verify(): Promise<void> {
    for (const entry of this.#entries.values()) for await (const _ of this.#unpack(entry));
    this.#unpacked = 0
  }

  async *#unpack(entry: Entry): AsyncGenerator<Uint8Array> {
    try {
      const stream = await promisify<Entry, AsyncIterable<Uint8Array>>(this.#zip.openReadStream.bind(this.#zip) as never)(entry)
      for await (const chunk of stream) {
        this.#unpacked += chunk.byteLength
        if (this.#unpacked > this.#limits.unpackedBytes) throw tooMuch(this.#limits)
        yield chunk
      }
    } catch (error) {
      if (error instanceof DocumentError) throw error
      throw brokenDocument(`${entry.fileName} in its archive cannot be unpacked`, error)
    }
  }
}

function directoryOf(zip: ZipFile, limits: DocumentLimits): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  let announced = 0
  return new Promise((resolve, reject) => {
    zip.on('error', reject)
    zip.on('end', () => resolve(entries))
    zip.on('entry', (entry: Entry) => {
      announced += entry.uncompressedSize
      const problem =
        problemOf(entry) ?? (announced > limits.unpackedBytes || entries.size >= limits.archiveEntries ? tooMuch(limits) : undefined)
      if (problem) return reject(problem)
      if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry)
      zip.readEntry()
    })
    if (zip.entryCount > limits.archiveEntries) reject(tooMuch(limits))
    else zip.readEntry()
  })
}

function problemOf(entry: Entry): DocumentError | undefined {
  if (entry.isEncrypted()) return encryptedDocument()
  if (entry.uncompressedSize < BOMB_BYTES || entry.uncompressedSize < entry.compressedSize * BOMB_RATIO) return undefined
  return new DocumentError('bomb', 'The file is refused: it is made to unpack into something huge. Save its document anew and upload that.')
}

function tooMuch(limits: DocumentLimits): DocumentError {
  const size = Math.round(limits.unpackedBytes / 1024 / 1024)
  return new DocumentError(
    'bomb',
    `The file is refused: it unpacks into more than ${size} MiB or ${limits.archiveEntries} files. Split the document and upload its pieces.`,
  )
}
