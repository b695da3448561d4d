import { isIP } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  checkObjectKey,
  type HttpClient,
  inParts,
  ObjectNotFoundError,
  type ObjectRange,
  type ObjectStore,
  OutboundError,
  type OutboundResponse,
  rangeHeader,
} from '@weft/ports'
import { encode, encodePath, type OssCredentials, signV1, signV4 } from './oss-signature.ts'

const PART_BYTES = 8 * 1024 * 1024
/** Milliseconds before each further try. */
const RETRIES = [500, 1000, 2000]
/** Milliseconds. A part may take its time on a slow line. */
const TIMEOUTS = { connect: 10_000, read: 60_000, write: 120_000 }

export interface AliyunOssOptions {
  bucket: string
  /** Of the region, as `https://oss-cn-hangzhou.aliyuncs.com`. */
  endpoint: string
  credentials: OssCredentials
  /** Version 4 signs for a region, as `cn-hangzhou`. */
  signature: { version: 'v4'; region: string } | { version: 'v1' }
  /** A folder in the bucket that all keys are under. */
  folder?: string
}

type OssMethod = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'

interface Call {
  key?: string
  query?: Record<string, string>
  headers?: Record<string, string>
  body?: Uint8Array | string
}

/** Objects in a bucket of Aliyun OSS, which must be there. */
export class AliyunOssObjectStore implements ObjectStore {
  readonly #options: AliyunOssOptions
  readonly #endpoint: URL
  readonly #folder: string
  readonly #http: HttpClient

  /** @param http may call the endpoint; it ends with the store */
  constructor(options: AliyunOssOptions, http: HttpClient) {
    this.#options = options
    this.#http = http
    this.#endpoint = new URL(options.endpoint)
    const folder = options.folder?.replace(/^\/+|\/+$/g, '')
    this.#folder = folder ? `${folder}/` : ''
  }

  async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ size: number }> {
    const path = this.#path(key)
    let upload: { uploadId: string; tags: string[] } | undefined
    let size = 0
    try {
      for await (const part of inParts(body, PART_BYTES)) {
        size += part.byteLength
        const isLast = part.byteLength < PART_BYTES
        if (isLast && !upload) {
          await this.#succeed('PUT', { key: path, headers: { 'content-type': 'application/octet-stream' }, body: part })
          continue
        }
        upload ??= { uploadId: await this.#startUpload(path), tags: [] }
        if (part.byteLength) upload.tags.push(await this.#putPart(path, upload.uploadId, upload.tags.length + 1, part))
      }
      if (upload) await this.#completeUpload(path, upload)
      return { size }
    } catch (error) {
      // The first failure is the one to tell. What stays, a rule of the bucket's can clear away.
      if (upload) await this.#succeed('DELETE', { key: path, query: { uploadId: upload.uploadId } }).catch(() => {})
      throw error
    }
  }

  async get(key: string, options: { range?: ObjectRange } = {}): Promise<{ body: AsyncIterable<Uint8Array>; size: number }> {
    // Without the second header OSS answers a range that goes beyond the end with the whole object.
    const headers = options.range && { range: rangeHeader(options.range), 'x-oss-range-behavior': 'standard' }
    const answer = await this.#call('GET', { key: this.#path(key), headers })
    const { status, body } = answer
    if (status === 200) return { body, size: Number(header(answer, 'content-length')) }
    if (status === 206) return { body, size: Number(header(answer, 'content-range').split('/').at(-1)) }
    const error = await failure(answer)
    const size = status === 416 ? await this.size(key) : undefined
    if (size !== undefined) return { body: nothing(), size }
    if (error.vendorCode === 'NoSuchKey') throw new ObjectNotFoundError(key)
    throw error
  }

  async size(key: string): Promise<number | undefined> {
    const answer = await this.#call('HEAD', { key: this.#path(key) })
    if (answer.status !== 200 && answer.status !== 404) throw await failure(answer)
    await buffer(answer.body)
    return answer.status === 404 ? undefined : Number(header(answer, 'content-length'))
  }

  async delete(key: string): Promise<void> {
    await this.#succeed('DELETE', { key: this.#path(key) })
  }

  /** Lists one object: those who may only touch objects may not look at the bucket itself. */
  async check(): Promise<void> {
    await this.#succeed('GET', { query: { 'max-keys': '1', ...(this.#folder ? { prefix: this.#folder } : {}) } })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]()
  }

  #path(key: string): string {
    checkObjectKey(key)
    return this.#folder + key
  }

  async #startUpload(key: string): Promise<string> {
    const { text } = await this.#succeed('POST', { key, query: { uploads: '' }, headers: { 'content-type': 'application/octet-stream' } })
    const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(text)?.[1]
    if (!uploadId) throw new Error('Aliyun OSS began an upload without an id')
    return uploadId
  }

  async #putPart(key: string, uploadId: string, number: number, body: Uint8Array): Promise<string> {
    const { answer } = await this.#succeed('PUT', { key, query: { partNumber: String(number), uploadId }, body })
    return header(answer, 'etag')
  }

  async #completeUpload(key: string, { uploadId, tags }: { uploadId: string; tags: string[] }) {
    const parts = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`)
    const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
    await this.#succeed('POST', { key, query: { uploadId }, headers: { 'content-type': 'application/xml' }, body })
  }

  async #succeed(method: 'GET' | 'PUT' | 'POST' | 'DELETE', call: Call) {
    const answer = await this.#call(method, call)
    if (answer.status >= 300) throw await failure(answer)
    return { answer, text: (await buffer(answer.body)).toString() }
  }

  /** Tries again where OSS is busy or out of reach, with a new signature. What completes an upload may be done once only. */
  async #call(method: OssMethod, call: Call): Promise<OutboundResponse> {
    for (const pause of method === 'POST' ? [] : RETRIES) {
      try {
        const answer = await this.#send(method, call)
        if (answer.status !== 429 && answer.status < 500) return answer
        await buffer(answer.body)
      } catch (error) {
        if (!(error instanceof OutboundError) || (error.code !== 'connection-failed' && error.code !== 'timeout')) throw error
      }
      await sleep(pause)
    }
    return this.#send(method, call)
  }

  #send(method: OssMethod, { key, query = {}, headers = {}, body }: Call): Promise<OutboundResponse> {
    const { bucket } = this.#options
    const parameters = Object.entries(query).map(([name, value]) => (value ? `${encode(name)}=${encode(value)}` : encode(name)))
    const url = this.#url(key)
    const signed = this.#sign({ method, bucket, key, query, headers: { ...headers, 'accept-encoding': 'identity' } })
    return this.#http.request({
      method,
      url: parameters.length ? `${url}?${parameters.join('&')}` : url,
      headers: Object.entries(signed),
      body,
      timeouts: TIMEOUTS,
      followRedirects: false,
    })
  }

  /** The bucket is part of the host's name, where the host has one. */
  #url(key = ''): string {
    const { protocol, host, hostname } = this.#endpoint
    const { bucket } = this.#options
    return isIP(hostname) || hostname === 'localhost'
      ? `${protocol}//${host}${encodePath(`/${bucket}/${key}`)}`
      : `${protocol}//${bucket}.${host}${encodePath(`/${key}`)}`
  }

  #sign(request: Parameters<typeof signV1>[0]): Record<string, string> {
    const { signature, credentials } = this.#options
    return signature.version === 'v1'
      ? signV1(request, credentials, new Date())
      : signV4(request, credentials, signature.region, new Date())
  }
}

export class AliyunOssError extends Error {
  readonly code = 'aliyun-oss-refused'
  readonly status: number
  /** As OSS names it, such as `NoSuchBucket`; empty where it says nothing. */
  readonly vendorCode: string
  constructor(status: number, vendorCode: string, message: string) {
    super(`Aliyun OSS answered ${status} ${vendorCode}: ${message}`)
    this.name = 'AliyunOssError'
    this.status = status
    this.vendorCode = vendorCode
  }
}

/** Reads an answer that is no success to its end. */
async function failure({ status, body }: OutboundResponse): Promise<AliyunOssError> {
  const text = (await buffer(body)).toString()
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? ''
  return new AliyunOssError(status, element('Code'), element('Message'))
}

function header({ headers }: OutboundResponse, wanted: string): string {
  return headers.find(([name]) => name === wanted)?.[1] ?? ''
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
