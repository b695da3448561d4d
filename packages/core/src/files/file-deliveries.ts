import { ObjectNotFoundError, type ObjectStore } from '@weft/ports'
import { and, eq, ne, sql } from 'drizzle-orm'
import { messages } from '../conversations/messages-table.ts'
import type { DatabaseReader } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { acrossTenants, type TenantTable } from '../database/tenant-table.ts'
import { DomainError } from '../errors.ts'
import { IMAGE_EXTENSIONS } from './file-kind.ts'
import type { FileLinks, LinkSignature } from './file-links.ts'
import { toolFiles } from './tool-files-table.ts'
import { uploadFiles } from './upload-files-table.ts'

/** A file on its way to a client. Its bytes never change. */
export interface DeliveredFile {
  id: string
  name: string
  mimeType: string
  size: number
  /** Ends are inclusive. @throws DomainError `not_found` where the bytes are gone */
  read(range?: { start: number; end: number }): Promise<AsyncIterable<Uint8Array>>
}

/** Finds files for those who may have them. */
export interface FileDeliveries {
  /** An upload by its signed link. @throws DomainError `not_found` */
  uploadByLink(id: string, signature: LinkSignature): Promise<DeliveredFile>
  /** The same by a link of older days, for images. @throws DomainError `not_found`, `unsupported_file_type` */
  imageByLink(id: string, signature: LinkSignature): Promise<DeliveredFile>
  /** What a node or tool has made, by its signed link. @throws DomainError `forbidden`, `not_found` */
  toolFileByLink(id: string, signature: LinkSignature): Promise<DeliveredFile>
  /** A file that was sent to an app. @throws DomainError `file_not_found`, `file_access_denied` */
  ofMessage(scope: TenantScope, appId: string, id: string): Promise<DeliveredFile>
}

interface StoredRow {
  id: string
  tenantId: string
  key: string
  name: string
  mimeType: string
  size: number
}

export function createFileDeliveries(options: { database: DatabaseReader; store: ObjectStore; links: FileLinks }): FileDeliveries {
  const { database, store, links } = options

  async function find(table: typeof uploadFiles | typeof toolFiles, id: string): Promise<StoredRow | undefined> {
    const all = acrossTenants(table as TenantTable)
    const [row] = await database.global.select().from(all).where(eq(all.id, id)).limit(1)
    return row as StoredRow | undefined
  }

  /** A signature is of the file's tenant, or of one who has come upon its id. */
  function owned<Row extends StoredRow>(row: Row | undefined, signature: LinkSignature): Row | undefined {
    return row && links.isFor(row.tenantId, row.id, signature) ? row : undefined
  }

  const deliver = ({ id, key, name, mimeType, size }: StoredRow): DeliveredFile => ({
    id,
    name,
    mimeType,
    size,
    async read(range) {
      try {
        return (await store.get(key, range ? { range } : {})).body
      } catch (error) {
        if (error instanceof ObjectNotFoundError) throw new DomainError('not_found', 'File not found', { cause: error })
        throw error
      }
    },
  })

  async function byLink(id: string, signature: LinkSignature, purpose: 'file-preview' | 'image-preview'): Promise<StoredRow> {
    const row = links.isValid(id, signature, purpose) ? owned(await find(uploadFiles, id), signature) : undefined
    if (!row) throw new DomainError('not_found', 'File not found or signature is invalid')
    return row
  }

  return {
    uploadByLink: async (id, signature) => deliver(await byLink(id, signature, 'file-preview')),
    async imageByLink(id, signature) {
      const row = await byLink(id, signature, 'image-preview')
      if (!IMAGE_EXTENSIONS.includes(row.key.split('.').at(-1) ?? '')) throw new DomainError('unsupported_file_type')
      return deliver(row)
    },
    async toolFileByLink(id, signature) {
      if (!links.isValid(id, signature)) throw new DomainError('forbidden', 'Invalid request.')
      // files of data sources travel as tool files and are stored as uploads
      const row = owned((await find(toolFiles, id)) ?? (await find(uploadFiles, id)), signature)
      if (!row) throw new DomainError('not_found', 'file is not found')
      return deliver(row)
    },
    async ofMessage(scope, appId, id) {
      const tenant = database.tenant(scope)
      const carriers = await tenant
        .select({ isOwn: eq(messages.appId, appId) })
        .from(tenant.rows(messages))
        .where(and(sql`related_file_ids(${messages.files}) @> array[${id}]::text[]`, ne(messages.files, [])))
        .orderBy(sql`1 desc`)
        .limit(1)
      const [carrier] = carriers
      if (!carrier) throw new DomainError('file_not_found', 'File not found in message context')
      if (!carrier.isOwn) throw new DomainError('file_access_denied', 'File access denied: not owned by requesting app')
      const row = await tenant.first(uploadFiles, { where: eq(uploadFiles.id, id) })
      if (!row) throw new DomainError('file_not_found', 'Upload file record not found')
      return deliver(row)
    },
  }
}
