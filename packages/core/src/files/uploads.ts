import { createHash } from 'node:crypto'
import type { ObjectStore } from '@weft/ports'
import { newId } from '../database/columns.ts'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { DOCUMENT_EXTENSIONS, inspectFile, SAMPLE_BYTES, type SizeLimits } from './file-kind.ts'
import type { FileLinks } from './file-links.ts'
import { keyEnding, parseFileName } from './file-name.ts'
import { type UploadFile, uploadFiles } from './upload-files-table.ts'

export interface NewUpload {
  filename: string
  /** As the sender says. */
  mimeType: string
  body: AsyncIterable<Uint8Array>
}

export interface FileCreator {
  role: UploadFile['createdByRole']
  id: string
}

/** Bytes that have arrived and belong to nobody yet. Without `keep` they go at its end. */
export interface ReceivedUpload extends AsyncDisposable {
  /** For what must be knowledge later. @throws DomainError `unsupported_file_type` where none can be made of it */
  requireDocument(): void
  /** `origin` begins the link that is stored with it. */
  keep(creator: FileCreator, origin: string): Promise<UploadFile>
}

export interface Uploads {
  /**
   * Streams a file into the store. Who sent it may be known only later: a form's fields come in any order.
   * @throws DomainError `invalid_param` for its name, `file_too_large`, `unsupported_file_type`
   */
  receive(scope: TenantScope, upload: NewUpload): Promise<ReceivedUpload>
}

const MIME_TYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/

export function createUploads(options: { database: Database; store: ObjectStore; links: FileLinks; sizeLimits: SizeLimits }): Uploads {
  const { database, store, links, sizeLimits } = options
  return {
    async receive(scope, upload) {
      const { name, extension } = parseFileName(upload.filename)
      if (!upload.mimeType) throw new DomainError('unsupported_file_type')
      const mimeType = MIME_TYPE.test(upload.mimeType) ? upload.mimeType.toLowerCase() : 'application/octet-stream'

      const body = await peek(upload.body, SAMPLE_BYTES)
      const inspected = await inspectFile({ extension, mimeType }, body.head, sizeLimits)
      const id = newId()
      const key = `upload_files/${scope.tenantId}/${id}${keyEnding(inspected.extension)}`
      const hash = createHash('sha3-256')
      const { size } = await store.put(
        key,
        limited(body.all, inspected.maxSize, chunk => hash.update(chunk)),
      )
      let isKept = false
      return {
        requireDocument() {
          if (!DOCUMENT_EXTENSIONS.includes(inspected.extension)) throw new DomainError('unsupported_file_type')
        },
        async keep(creator, origin) {
          const row = await database.tenant(scope).insert(uploadFiles, {
            id,
            key,
            name,
            size,
            extension: inspected.extension,
            mimeType: inspected.mimeType,
            createdByRole: creator.role,
            createdBy: creator.id,
            hash: hash.digest('hex'),
            sourceUrl: links.sign({ kind: 'upload', id, tenantId: scope.tenantId }, origin),
          })
          isKept = true
          return row
        },
        async [Symbol.asyncDispose]() {
          if (!isKept) await store.delete(key)
        },
      }
    },
  }
}

/** The first bytes of a stream, and the stream with them. */
async function peek(chunks: AsyncIterable<Uint8Array>, count: number): Promise<{ head: Uint8Array; all: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  const read: Uint8Array[] = []
  for (let size = 0; size < count; ) {
    const { done, value } = await iterator.next()
    if (done) break
    read.push(value)
    size += value.byteLength
  }
  async function* all() {
    try {
      yield* read
      while (true) {
        const { done, value } = await iterator.next()
        if (done) return
        yield value
      }
    } finally {
      await iterator.return?.()
    }
  }
  return { head: Buffer.concat(read).subarray(0, count), all: all() }
}

async function* limited(chunks: AsyncIterable<Uint8Array>, maxSize: number, see: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (size > maxSize) throw new DomainError('file_too_large')
    see(chunk)
    yield chunk
  }
}
