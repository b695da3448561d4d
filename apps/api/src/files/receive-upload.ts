import type { Multipart, MultipartFile } from '@fastify/multipart'
import { DomainError, type ReceivedUpload, type TenantScope } from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyRequest } from 'fastify'

export interface UploadContext {
  platform: Platform
  scope: TenantScope
  request: FastifyRequest
}

export interface UploadForm extends AsyncDisposable {
  file: ReceivedUpload
  fields: Record<string, string>
}

/** A form that is refused is still read so far, that its sender may come to read why. */
const READ_AFTER_REFUSAL = 32 * 1024 * 1024
const LINGER_MILLISECONDS = 2000

const PARSING = {
  // The use case knows how large which file may be.
  limits: { fileSize: Number.POSITIVE_INFINITY, fieldSize: 64 * 1024, fields: 50, parts: 60 },
  throwFileSizeLimit: false,
  // A name with a path in it is refused, not mended.
  preservePath: true,
}

/**
 * Streams the one file of a form into the store, wherever it stands among the fields.
 * @throws DomainError `no_file_uploaded`, `too_many_files`, `bad_request`, or what the file itself is refused for
 */
export async function receiveUpload({ platform, scope, request }: UploadContext): Promise<UploadForm> {
  if (!request.isMultipart()) throw new DomainError('no_file_uploaded')
  await using received = new AsyncDisposableStack()
  const fields: Record<string, string> = {}
  let patience = READ_AFTER_REFUSAL
  let file: ReceivedUpload | undefined
  let refusal: unknown
  let count = 0
  let hasFile = false
  for await (const part of partsOf(request)) {
    if (part.type === 'field') {
      if (typeof part.value === 'string') fields[part.fieldname] ??= part.value
      continue
    }
    count++
    const isWanted = part.fieldname === 'file'
    hasFile ||= isWanted
    if (isWanted && count === 1) {
      try {
        const upload = { filename: part.filename ?? '', mimeType: part.mimetype, body: bytesOf(part) }
        file = received.use(await platform.files.uploads.receive(scope, upload))
      } catch (error) {
        refusal = error
      }
    }
    for await (const chunk of bytesOf(part)) {
      patience -= chunk.byteLength
      if (patience >= 0) continue
      hangUp(request)
      throw refusal ?? new DomainError('file_too_large')
    }
  }
  if (!hasFile) throw new DomainError('no_file_uploaded')
  if (count > 1) throw new DomainError('too_many_files')
  if (!file) throw refusal
  const owned = received.move()
  return { file, fields, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function* partsOf(request: FastifyRequest): AsyncGenerator<Multipart> {
  try {
    yield* request.parts(PARSING)
  } catch (cause) {
    throw malformed(cause)
  }
}

/** Left early, the rest can still be read. */
async function* bytesOf({ file }: MultipartFile): AsyncGenerator<Uint8Array> {
  if (file.readableEnded || file.destroyed) return
  try {
    yield* file.iterator({ destroyOnReturn: false })
  } catch (cause) {
    throw malformed(cause)
  }
}

/** Ends the connection, but not before the sender has had time to read the answer: closed at once, it would be lost on the way. */
function hangUp({ raw }: FastifyRequest) {
  raw.unpipe()
  raw.resume()
  const timer = setTimeout(() => raw.destroy(), LINGER_MILLISECONDS)
  raw.once('close', () => clearTimeout(timer))
}

function malformed(cause: unknown): unknown {
  const isOwn = cause instanceof DomainError || String((cause as { code?: unknown }).code).startsWith('FST_')
  return isOwn ? cause : new DomainError('bad_request', undefined, { cause })
}
