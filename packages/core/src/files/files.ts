import type { ValueMap } from '@weft/contracts'
import { type Clock, collectBytes, type HttpClient, ObjectNotFoundError, type ObjectStore, systemClock } from '@weft/ports'
import { eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { createFileDeliveries, type FileDeliveries } from './file-deliveries.ts'
import { DOCUMENT_EXTENSIONS, type SizeLimits } from './file-kind.ts'
import { createFileLinks, type FileLinks } from './file-links.ts'
import { createGraphFiles, type GraphFiles } from './graph-files.ts'
import { type CleanUp, deleteUnreferenced } from './unreferenced-files.ts'
import { uploadFiles } from './upload-files-table.ts'
import { createUploads, type Uploads } from './uploads.ts'

export interface FilesOptions {
  database: Database
  store: ObjectStore
  http: HttpClient
  secretKey: string
  /** How long a link lives, in seconds. */
  accessSeconds: number
  /** Begins every link; empty where links go to where the request went. */
  baseUrl: string
  sizeLimits: SizeLimits
  /** Milliseconds. */
  remoteTimeouts: { connect: number; read: number }
  /** Reads documents for their preview; undefined where it does not know the kind. Without it only plain text is read. */
  extractText?(bytes: Uint8Array, extension: string, mimeType: string): Promise<string | undefined>
  clock?: Clock
}

/** Files that people upload, that nodes make, and the links to them. */
export interface Files extends GraphFiles {
  readonly uploads: Uploads
  readonly links: FileLinks
  readonly deliveries: FileDeliveries
  /**
   * A file value with a link that is fresh and begins with `origin`; what names no stored file comes back as it is, an address with
   * itself as its link. The tenant is who asks, not what the value says: values come out of graphs, where anyone can write them.
   */
  resign<T extends ValueMap>(value: T, origin: string, tenantId: string): T
  /** The first characters of a document. @throws DomainError `not_found`, `unsupported_file_type` */
  previewText(scope: TenantScope, id: string): Promise<string>
  /** See `deleteUnreferenced`. */
  deleteUnreferenced(olderThan: Date): Promise<CleanUp>
}

const PREVIEW_CHARACTERS = 3000
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

export function createFiles(options: FilesOptions): Files {
  const { database, store, http, sizeLimits } = options
  const links = createFileLinks({ ...options, clock: options.clock ?? systemClock })
  return {
    links,
    uploads: createUploads({ database, store, links, sizeLimits }),
    deliveries: createFileDeliveries({ database, store, links }),
    ...createGraphFiles({
      database,
      store,
      links,
      http,
      remoteTimeouts: options.remoteTimeouts,
      maxRemoteSize: Math.max(...Object.values(sizeLimits)),
    }),
    resign(value, origin, tenantId) {
      const { transfer_method: method, related_id: id, remote_url: address, extension } = value
      const isStored = typeof id === 'string' && UUID.test(id)
      if (!isStored) return method === 'remote_url' && typeof address === 'string' ? { ...value, url: address } : value
      const kind = method === 'tool_file' || method === 'datasource_file' ? 'tool' : 'upload'
      return { ...value, url: links.sign({ kind, id, tenantId, ...(typeof extension === 'string' ? { extension } : {}) }, origin) }
    },
    async previewText(scope, id) {
      const file = await database.tenant(scope).first(uploadFiles, { where: eq(uploadFiles.id, id) })
      if (!file) throw new DomainError('not_found', 'File not found')
      if (!DOCUMENT_EXTENSIONS.includes(file.extension)) throw new DomainError('unsupported_file_type')
      const read = options.extractText ?? readPlainText
      const text = await read(await readWhole(store, file.key, sizeLimits.document), `.${file.extension}`, file.mimeType)
      if (text === undefined) throw new DomainError('unsupported_file_type')
      return [...text.slice(0, 2 * PREVIEW_CHARACTERS)].slice(0, PREVIEW_CHARACTERS).join('')
    },
    deleteUnreferenced: olderThan => deleteUnreferenced({ database, store }, olderThan),
  }
}

const PLAIN_EXTENSIONS = ['.txt', '.markdown', '.md', '.mdx', '.html', '.htm', '.csv', '.vtt', '.properties']

async function readPlainText(bytes: Uint8Array, extension: string): Promise<string | undefined> {
  return PLAIN_EXTENSIONS.includes(extension) ? new TextDecoder().decode(bytes) : undefined
}

async function readWhole(store: ObjectStore, key: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await collectBytes((await store.get(key)).body, maxBytes)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) throw new DomainError('not_found', 'File not found', { cause: error })
    throw error
  }
}
