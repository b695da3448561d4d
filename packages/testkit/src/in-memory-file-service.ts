import { FILE_IDENTITY, type FileType, type FileValue } from '@weft/contracts'
import { collectBytes, type FileAccess, type FileService, FileServiceError, type NewToolFile } from '@weft/ports'

const EXTENSIONS: Record<string, string> = {
  'application/json': '.json',
  'application/pdf': '.pdf',
  'audio/mpeg': '.mp3',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'text/csv': '.csv',
  'text/html': '.html',
  'text/markdown': '.md',
  'text/plain': '.txt',
  'video/mp4': '.mp4',
}

/** Files by id. `upload` makes a file as a user would have uploaded it; links are `memory:///<id><extension>`. */
export class InMemoryFileService implements FileService {
  readonly #files = new Map<string, { tenantId: string; bytes: Uint8Array }>()
  #count = 0

  upload(file: { tenantId: string; filename: string; mimeType: string; bytes: Uint8Array | string }): FileValue {
    const bytes = typeof file.bytes === 'string' ? new TextEncoder().encode(file.bytes) : file.bytes
    return this.#store('local_file', { ...file, bytes })
  }

  async *read(file: FileValue, access: FileAccess): AsyncIterable<Uint8Array> {
    access.signal?.throwIfAborted()
    const stored = this.#files.get(file.related_id ?? '')
    if (stored?.tenantId !== access.tenantId) throw new FileServiceError('not-found', `no file ${file.related_id}`)
    yield stored.bytes
  }

  readAll(file: FileValue, maxBytes: number, access: FileAccess): Promise<Uint8Array> {
    return collectBytes(this.read(file, access), maxBytes)
  }

  async createToolFile(file: NewToolFile): Promise<FileValue> {
    const bytes = file.body instanceof Uint8Array ? file.body : await collectBytes(file.body, Number.POSITIVE_INFINITY)
    return this.#store('tool_file', { ...file, bytes })
  }

  #store(
    transferMethod: 'local_file' | 'tool_file',
    file: { tenantId: string; filename: string | null; mimeType: string; bytes: Uint8Array },
  ): FileValue {
    this.#count++
    const id = `00000000-0000-4000-8000-${String(this.#count).padStart(12, '0')}`
    const ownExtension = /\.[^.]+$/.exec(file.filename ?? '')?.[0]
    const extension = ownExtension ?? EXTENSIONS[file.mimeType] ?? '.bin'
    this.#files.set(id, { tenantId: file.tenantId, bytes: file.bytes })
    return {
      dify_model_identity: FILE_IDENTITY,
      id: null,
      tenant_id: file.tenantId,
      type: typeOf(file.mimeType),
      transfer_method: transferMethod,
      remote_url: null,
      related_id: id,
      filename: file.filename ? file.filename + (ownExtension ? '' : extension) : `${id.replaceAll('-', '')}${extension}`,
      extension,
      mime_type: file.mimeType,
      size: file.bytes.byteLength,
      url: `memory:///${id}${extension}`,
    }
  }
}

function typeOf(mimeType: string): FileType {
  const [main] = mimeType.split('/')
  if (main === 'image' || main === 'audio' || main === 'video') return main
  return mimeType === 'application/octet-stream' ? 'custom' : 'document'
}
