import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { DeliveredFile } from '@weft/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseByteRange } from './byte-range.ts'

export interface DeliveryOptions {
  request: FastifyRequest
  reply: FastifyReply
  cacheControl: string
  asAttachment: boolean
}

/** What a browser may show where it stands. Anything else could be a page with scripts of its own. */
const SHOWN =
  /^(?:image\/(?:png|jpe?g|gif|webp|bmp|avif|svg\+xml)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/(?:pdf|json)|text\/(?:plain|csv|markdown|vtt))$/
/** In a sandbox nothing runs, and nothing is of this origin. */
const SANDBOX = "default-src 'none'; img-src data:; media-src 'self'; style-src 'unsafe-inline'; sandbox"

/** Sends a file, or the part of it that is asked for. Browsers neither guess its type nor run what is in it. */
export async function deliverFile(file: DeliveredFile, { request, reply, cacheControl, asAttachment }: DeliveryOptions): Promise<void> {
  const tag = `"${file.id}"`
  const isPdf = file.mimeType === 'application/pdf'
  const isShown = !asAttachment && SHOWN.test(file.mimeType)
  reply
    .header('accept-ranges', 'bytes')
    .header('cache-control', cacheControl)
    .header('content-type', asAttachment ? 'application/octet-stream' : contentTypeOf(file.mimeType))
    .header('etag', tag)
    .header('x-content-type-options', 'nosniff')
  // A browser's own viewer of PDFs does not work in a sandbox, and runs no script of the page's.
  if (!isPdf || asAttachment) reply.header('content-security-policy', SANDBOX)
  if (!isShown) reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeName(file.name)}`)

  if (request.headers['if-none-match']?.split(',').some(known => known.trim() === tag || known.trim() === '*')) {
    return finish(reply, 304)
  }
  const condition = request.headers['if-range']
  const wanted = condition === undefined || condition === tag ? parseByteRange(request.headers.range, file.size) : undefined
  if (wanted === 'unsatisfiable') {
    reply.header('content-range', `bytes */${file.size}`).header('content-length', 0)
    return finish(reply, 416)
  }
  if (wanted) reply.header('content-range', `bytes ${wanted.start}-${wanted.end}/${file.size}`)
  reply.header('content-length', wanted ? wanted.end - wanted.start + 1 : file.size)
  const status = wanted ? 206 : 200
  if (request.method === 'HEAD') return finish(reply, status)
  await finish(reply, status, await file.read(wanted))
}

/** Written past the framework, which would hold on to the answer until the bytes are through. */
async function finish(reply: FastifyReply, status: number, body: AsyncIterable<Uint8Array> = Readable.from([])): Promise<void> {
  reply.hijack()
  const { raw } = reply
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(status)
  try {
    await pipeline(Readable.from(body, { objectMode: false }), raw)
  } catch (error) {
    // The connection is closed short of the length it announced: the client knows.
    if ((error as { code?: unknown }).code !== 'ERR_STREAM_PREMATURE_CLOSE') reply.log.error({ err: error }, 'file delivery failed')
  }
}

function contentTypeOf(mimeType: string): string {
  return mimeType.startsWith('text/') ? `${mimeType}; charset=utf-8` : mimeType
}

/** As RFC 8187 has it. */
function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
