import { FILE_IDENTITY, type FileValue } from '@weft/contracts'
import { describeRemoteFile, detectFileType, extensionOfMimeType, FileMappingError, type FileSource, type StoredFile } from '@weft/nodes'
import {
  collectBytes,
  type FileAccess,
  type FileService,
  FileServiceError,
  type HttpClient,
  ObjectNotFoundError,
  type ObjectStore,
  OutboundError,
} from '@weft/ports'
import { eq } from 'drizzle-orm'
import { newId } from '../database/columns.ts'
import type { Database } from '../database/database.ts'
import { grantTenantScope } from '../database/tenant-scope.ts'
import type { FileLinks } from './file-links.ts'
import { keyEnding, tameFileName } from './file-name.ts'
import { type ToolFile, toolFiles } from './tool-files-table.ts'
import { type UploadFile, uploadFiles } from './upload-files-table.ts'

export interface GraphFilesOptions {
  database: Database
  store: ObjectStore
  links: FileLinks
  http: HttpClient
  /** Bytes; what is fetched from elsewhere ends there. */
  maxRemoteSize: number
  /** Milliseconds. */
  remoteTimeouts: { connect: number; read: number }
}

/** Files as runs see them. Their links begin with the address that the operator has set, or with nothing. */
export interface GraphFiles {
  readonly service: FileService
  readonly source: FileSource
  /** The same, with links that begin with `origin` where the operator has set no address. */
  serviceAt(origin: string): FileService
  sourceAt(origin: string): FileSource
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
/** A use is noted at most so often. */
const USE_NOTED_EVERY = 3_600_000

export function createGraphFiles({ database, store, links, http, maxRemoteSize, remoteTimeouts }: GraphFilesOptions): GraphFiles {
  // A run has been begun by someone who may; its nodes name its tenant.
  const rowsOf = (tenantId: string) => database.tenant(grantTenantScope(tenantId))

  async function upload(tenantId: string, id: string | null): Promise<UploadFile | undefined> {
    return id && UUID.test(id) ? rowsOf(tenantId).first(uploadFiles, { where: eq(uploadFiles.id, id) }) : undefined
  }

  async function toolFile(tenantId: string, id: string | null): Promise<ToolFile | undefined> {
    return id && UUID.test(id) ? rowsOf(tenantId).first(toolFiles, { where: eq(toolFiles.id, id) }) : undefined
  }

  /** Gives the row if it is still there once its use is noted: the clean-up may be at work. */
  async function use<Row extends UploadFile | ToolFile>(
    table: typeof uploadFiles | typeof toolFiles,
    row: Row | undefined,
  ): Promise<Row | undefined> {
    if (!row || (row.usedAt && row.usedAt.getTime() > Date.now() - USE_NOTED_EVERY)) return row
    const noted = await rowsOf(row.tenantId).update(table as typeof uploadFiles, {
      set: { usedAt: new Date() },
      where: eq(table.id, row.id),
    })
    return noted.length ? row : undefined
  }

  async function keyOf(file: FileValue, tenantId: string): Promise<string> {
    const id = file.related_id
    const isMade = file.transfer_method === 'tool_file'
    const row = (isMade ? await toolFile(tenantId, id) : undefined) ?? (await upload(tenantId, id))
    if (!row) throw new FileServiceError('not-found', `File ${file.filename ?? id ?? ''} not found`)
    return row.key
  }

  async function* readStored(file: FileValue, access: FileAccess): AsyncGenerator<Uint8Array> {
    const key = await keyOf(file, access.tenantId)
    try {
      for await (const chunk of (await store.get(key)).body) {
        access.signal?.throwIfAborted()
        yield chunk
      }
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error
      throw new FileServiceError('not-found', `File ${file.filename ?? file.related_id} not found`, { cause: error })
    }
  }

  async function* readRemote(url: string, { signal }: FileAccess): AsyncGenerator<Uint8Array> {
    let size = 0
    try {
      const response = await http.request({ method: 'GET', url, timeouts: remoteTimeouts, ...(signal ? { signal } : {}) })
      for await (const chunk of response.body) {
        if (response.status < 200 || response.status > 299) break
        size += chunk.byteLength
        if (size > maxRemoteSize) throw new FileServiceError('too-large', `The file at ${url} is larger than ${maxRemoteSize} bytes`)
        yield chunk
      }
      if (response.status < 200 || response.status > 299) {
        throw new FileServiceError('unreachable', `The file at ${url} cannot be read: status ${response.status}`)
      }
    } catch (error) {
      if (!(error instanceof OutboundError) || signal?.aborted) throw error
      throw new FileServiceError('unreachable', `The file at ${url} cannot be read: ${error.message}`, { cause: error })
    }
  }

  async function* read(file: FileValue, access: FileAccess): AsyncGenerator<Uint8Array> {
    access.signal?.throwIfAborted()
    if (file.transfer_method !== 'remote_url' || file.related_id) return yield* readStored(file, access)
    if (!file.remote_url) throw new FileServiceError('not-found', `File ${file.filename ?? ''} has no address`)
    yield* readRemote(file.remote_url, access)
  }

  const serviceAt: GraphFiles['serviceAt'] = origin => ({
    read,
    readAll: (file, maxBytes, access) => collectBytes(read(file, access), maxBytes),
    async createToolFile({ tenantId, userId, conversationId, body, filename, mimeType, origin: ownOrigin }) {
      const id = newId()
      const extension = extensionOfMimeType(mimeType) ?? '.bin'
      const unique = id.replaceAll('-', '') + (keyEnding(extension.slice(1)) || '.bin')
      const given = filename ? tameFileName(filename) : ''
      const name = !given ? unique : given.includes('.') ? given : given + extension
      const key = `tools/${tenantId}/${unique}`
      const { size } = await store.put(key, body)
      await rowsOf(tenantId).insert(toolFiles, { id, userId, conversationId, key, name, size, mimeType })
      return {
        dify_model_identity: FILE_IDENTITY,
        id: null,
        tenant_id: tenantId,
        type: detectFileType(extension, mimeType),
        transfer_method: 'tool_file',
        remote_url: null,
        related_id: id,
        filename: name,
        extension,
        mime_type: mimeType,
        size,
        url: links.sign({ kind: 'tool', id, tenantId, extension }, ownOrigin ?? origin),
      }
    },
  })

  const sourceAt: GraphFiles['sourceAt'] = origin => ({
    async uploadFile(tenantId, id) {
      const row = await use(uploadFiles, await upload(tenantId, id))
      return (
        row && {
          ...storedFile(row, row.extension),
          sourceUrl: row.sourceUrl,
          url: links.sign({ kind: 'upload', id: row.id, tenantId }, origin),
        }
      )
    },
    async toolFile(tenantId, id) {
      const row = await use(toolFiles, await toolFile(tenantId, id))
      if (!row) return undefined
      const stored = storedFile(row, row.key.split('.').at(-1) ?? '')
      return { ...stored, sourceUrl: null, url: links.sign({ kind: 'tool', id: row.id, tenantId, extension: stored.extension }, origin) }
    },
    async remote(url) {
      try {
        return await describeRemoteFile(http, url, () => newId().replaceAll('-', ''))
      } catch (error) {
        if (!(error instanceof OutboundError)) throw error
        throw new FileMappingError(`The file at ${url} cannot be reached: ${error.message}`)
      }
    },
  })

  return { service: serviceAt(''), source: sourceAt(''), serviceAt, sourceAt }
}

function storedFile(row: UploadFile | ToolFile, extension: string): Omit<StoredFile, 'sourceUrl' | 'url'> {
  return { id: row.id, filename: row.name, extension: extension && `.${extension}`, mimeType: row.mimeType, size: row.size }
}
