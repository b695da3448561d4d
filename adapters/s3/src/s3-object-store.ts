import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { checkObjectKey, inParts, ObjectNotFoundError, type ObjectRange, type ObjectStore, rangeHeader } from '@weft/ports'

const PART_BYTES = 8 * 1024 * 1024
const CONNECT_MILLISECONDS = 10_000
const IDLE_MILLISECONDS = 60_000

export interface S3Options {
  bucket: string
  /** Without one: Amazon's own, by region. */
  endpoint?: string
  region?: string
  /** Without these: what the environment gives, as an instance's role. */
  credentials?: { accessKeyId: string; secretAccessKey: string }
  /** `auto`: in the path with an endpoint of one's own, else in the host. */
  addressStyle?: 'auto' | 'virtual' | 'path'
}

/** Objects in a bucket of S3 or of what speaks its protocol. A missing bucket is made on first use. */
export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client
  readonly #options: S3Options
  #ready: Promise<void> | undefined

  constructor(options: S3Options) {
    const { endpoint, region = 'us-east-1', credentials, addressStyle = 'auto' } = options
    this.#options = options
    this.#client = new S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: addressStyle === 'path' || (addressStyle === 'auto' && endpoint !== undefined),
      followRegionRedirects: endpoint === undefined,
      // Many servers other than Amazon's refuse the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: CONNECT_MILLISECONDS, socketTimeout: IDLE_MILLISECONDS },
    })
  }

  async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ size: number }> {
    checkObjectKey(key)
    await this.#open()
    let upload: MultipartUpload | undefined
    let size = 0
    try {
      for await (const part of inParts(body, PART_BYTES)) {
        size += part.byteLength
        const isLast = part.byteLength < PART_BYTES
        if (isLast && !upload) {
          await this.#client.send(new PutObjectCommand({ ...this.#at(key), Body: part, ContentLength: part.byteLength }))
          continue
        }
        upload ??= await MultipartUpload.start(this.#client, this.#at(key))
        if (part.byteLength) await upload.add(part)
      }
      await upload?.complete()
      return { size }
    } catch (error) {
      await upload?.abort()
      throw error
    }
  }

  async get(key: string, options: { range?: ObjectRange } = {}): Promise<{ body: AsyncIterable<Uint8Array>; size: number }> {
    checkObjectKey(key)
    await this.#open()
    const { range } = options
    try {
      const answer = await this.#client.send(new GetObjectCommand({ ...this.#at(key), Range: range && rangeHeader(range) }))
      const whole = answer.ContentRange?.split('/').at(-1)
      return { body: answer.Body as Readable, size: whole === undefined ? (answer.ContentLength ?? 0) : Number(whole) }
    } catch (error) {
      const status = statusOf(error)
      const size = status === 416 ? await this.size(key) : undefined
      if (size !== undefined) return { body: nothing(), size }
      if (status === 404 || status === 416) throw new ObjectNotFoundError(key)
      throw error
    }
  }

  async size(key: string): Promise<number | undefined> {
    checkObjectKey(key)
    await this.#open()
    try {
      return (await this.#client.send(new HeadObjectCommand(this.#at(key)))).ContentLength
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw error
    }
  }

  async delete(key: string): Promise<void> {
    checkObjectKey(key)
    await this.#open()
    try {
      await this.#client.send(new DeleteObjectCommand(this.#at(key)))
    } catch (error) {
      if (statusOf(error) !== 404) throw error
    }
  }

  async check(): Promise<void> {
    await this.#open()
    await this.#findBucket()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy()
  }

  #at(key: string) {
    return { Bucket: this.#options.bucket, Key: key }
  }

  #open(): Promise<void> {
    this.#ready ??= this.#ensureBucket().catch(error => {
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  async #ensureBucket() {
    if (await this.#findBucket()) return
    try {
      const region = this.#options.region
      // Amazon wants the region said again, but for its first one.
      const isElsewhere = this.#options.endpoint === undefined && region !== undefined && region !== 'us-east-1'
      await this.#client.send(
        new CreateBucketCommand({
          Bucket: this.#options.bucket,
          ...(isElsewhere ? { CreateBucketConfiguration: { LocationConstraint: region as never } } : {}),
        }),
      )
    } catch (error) {
      // Another process was faster.
      if (!(error instanceof S3ServiceException) || error.name !== 'BucketAlreadyOwnedByYou') throw error
    }
  }

  /** A key that may not look at the bucket may still be good for what is in it. */
  async #findBucket(): Promise<boolean> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#options.bucket }))
      return true
    } catch (error) {
      const status = statusOf(error)
      if (status === 404) return false
      if (status === 403) return true
      throw error
    }
  }
}

class MultipartUpload {
  readonly #client: S3Client
  readonly #target: { Bucket: string; Key: string; UploadId: string }
  readonly #parts: { PartNumber: number; ETag: string | undefined }[] = []

  private constructor(client: S3Client, target: { Bucket: string; Key: string; UploadId: string }) {
    this.#client = client
    this.#target = target
  }

  static async start(client: S3Client, object: { Bucket: string; Key: string }): Promise<MultipartUpload> {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(object))
    if (!UploadId) throw new Error('the store began an upload without an id')
    return new MultipartUpload(client, { ...object, UploadId })
  }

  async add(part: Uint8Array) {
    const PartNumber = this.#parts.length + 1
    const answer = await this.#client.send(
      new UploadPartCommand({ ...this.#target, PartNumber, Body: part, ContentLength: part.byteLength }),
    )
    this.#parts.push({ PartNumber, ETag: answer.ETag })
  }

  async complete() {
    await this.#client.send(new CompleteMultipartUploadCommand({ ...this.#target, MultipartUpload: { Parts: this.#parts } }))
  }

  /** What is not cleared away now, a rule of the bucket's can clear later: the first failure is the one to tell. */
  async abort() {
    await this.#client.send(new AbortMultipartUploadCommand(this.#target)).catch(() => {})
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
