import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type OssCredentials, type OssRequest, signV1, signV4 } from '../src/oss-signature.ts'

/** For tests alone: how many uploads are under way. No bucket has this name. */
export const UNFINISHED_UPLOADS = '/~unfinished-uploads'
const SMALLEST_PART = 100 * 1024

export interface FakeOssOptions {
  bucket: string
  credentials: OssCredentials
  region: string
}

/** What of OSS the adapter uses, with its signatures checked against each request as it arrives, and objects as files. */
export async function startFakeOss(options: FakeOssOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'weft-fake-oss-'))
  const uploads = new Map<string, Map<number, { file: string; tag: string; size: number }>>()
  const nameOf = (key: string) => join(folder, createHash('sha256').update(key).digest('hex'))
  const server = createServer((request, response) => {
    handle(request, response).catch(error => {
      if (!response.headersSent) answerError(response, error instanceof Refusal ? error : new Refusal(500, 'InternalError', String(error)))
      else response.destroy()
    })
  })

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '', 'http://oss')
    if (url.pathname === UNFINISHED_UPLOADS) return void response.end(String(uploads.size))
    const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(url.pathname)) ?? []
    const query = Object.fromEntries(url.searchParams)
    checkSignature(request, { method: request.method ?? '', bucket, key, query, headers: sentHeaders(request) }, options)
    if (bucket !== options.bucket) throw new Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist.')
    const { uploadId, partNumber } = query
    if (!key) return void response.end('<ListBucketResult></ListBucketResult>')
    if (uploadId !== undefined) return multipart(request, response, { key, uploadId, partNumber: Number(partNumber) })
    if (request.method === 'POST' && 'uploads' in query) {
      const id = randomUUID()
      uploads.set(id, new Map())
      return void response.end(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
    }
    if (request.method === 'PUT') {
      const { file, tag } = await receive(request)
      await rename(file, nameOf(key))
      return void response.writeHead(200, { etag: tag }).end()
    }
    if (request.method === 'DELETE') {
      await rm(nameOf(key), { force: true })
      return void response.writeHead(204).end()
    }
    await send(request, response, nameOf(key))
  }

  async function multipart(
    request: IncomingMessage,
    response: ServerResponse,
    target: { key: string; uploadId: string; partNumber: number },
  ) {
    const parts = uploads.get(target.uploadId)
    if (!parts) throw new Refusal(404, 'NoSuchUpload', 'The specified upload does not exist.')
    if (request.method === 'PUT') {
      const part = await receive(request)
      parts.set(target.partNumber, part)
      return void response.writeHead(200, { etag: part.tag }).end()
    }
    uploads.delete(target.uploadId)
    if (request.method === 'POST') {
      const listed = [...(await readText(request)).matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)]
      const files: string[] = []
      for (const [index, [, number, tag]] of listed.entries()) {
        const part = parts.get(Number(number))
        if (!part || part.tag !== tag) throw new Refusal(400, 'InvalidPart', 'One of the parts could not be found.')
        if (index < listed.length - 1 && part.size < SMALLEST_PART) throw new Refusal(400, 'EntityTooSmall', 'A part is too small.')
        files.push(part.file)
      }
      const whole = join(folder, randomUUID())
      await pipeline(contentsOf(files), createWriteStream(whole))
      await rename(whole, nameOf(target.key))
      response.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
    } else response.writeHead(204).end()
    for (const { file } of parts.values()) await rm(file)
  }

  async function receive(request: IncomingMessage) {
    const file = join(folder, randomUUID())
    const hash = createHash('md5')
    let size = 0
    const measured = async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        hash.update(chunk)
        size += chunk.byteLength
        yield chunk
      }
    }
    await pipeline(request, measured, createWriteStream(file))
    return { file, size, tag: `"${hash.digest('hex').toUpperCase()}"` }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function* contentsOf(files: string[]) {
  for (const file of files) yield* createReadStream(file)
}

async function send(request: IncomingMessage, response: ServerResponse, file: string) {
  const size = await stat(file).then(
    found => found.size,
    () => undefined,
  )
  if (size === undefined) throw new Refusal(404, 'NoSuchKey', 'The specified key does not exist.')
  if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': size }).end()
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const start = Number(from ?? 0)
  const isStandard = request.headers['x-oss-range-behavior'] === 'standard'
  if (from === undefined || (!isStandard && (start >= size || Number(to) >= size))) {
    response.writeHead(200, { 'content-length': size })
    return pipeline(createReadStream(file), response)
  }
  if (start >= size) throw new Refusal(416, 'InvalidRange', 'The requested range cannot be satisfied.')
  const end = to ? Math.min(Number(to), size - 1) : size - 1
  response.writeHead(206, { 'content-length': end - start + 1, 'content-range': `bytes ${start}-${end}/${size}` })
  await pipeline(createReadStream(file, { start, end }), response)
}

class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

function answerError(response: ServerResponse, { status, code, message }: Refusal) {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)
}

/** All headers but those that signing adds. */
function sentHeaders({ headers }: IncomingMessage): Record<string, string> {
  const names = Object.keys(headers).filter(name => !['authorization', 'date', 'x-oss-date', 'x-oss-content-sha256'].includes(name))
  return Object.fromEntries(names.map(name => [name, String(headers[name])]))
}

function checkSignature({ headers }: IncomingMessage, request: OssRequest, { credentials, region }: FakeOssOptions) {
  const date = headers['x-oss-date']
  const time = date ? parseTimestamp(String(date)) : new Date(headers.date ?? '')
  const isVersion4 = headers.authorization?.startsWith('OSS4-HMAC-SHA256 ')
  const signed = isVersion4 ? signV4(request, credentials, region, time) : signV1(request, credentials, time)
  if (headers.authorization !== signed.authorization) throw new Refusal(403, 'SignatureDoesNotMatch', 'The signature does not match.')
}

/** From `20231216T162057Z`. */
function parseTimestamp(text: string): Date {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}
