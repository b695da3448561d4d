import { checkObjectKey, inParts, ObjectNotFoundError, type ObjectRange, type ObjectStore, rangeHeader } from '@weft/ports'
import { Agent, type Dispatcher, interceptors } from 'undici'
import { failure } from './google-storage-error.ts'
import { ResumableUpload } from './resumable-upload.ts'
import { type Authorize, type ServiceAccount, signIn } from './sign-in.ts'

/** A multiple of 256 KiB, as Google wants all parts but the last to be. */
const PART_BYTES = 8 * 1024 * 1024

export interface GoogleStorageOptions {
  bucket: string
  /** A service account's key. Undefined: what the environment gives, as the machine's own account. */
  serviceAccount?: ServiceAccount
  /** An emulator's address: nobody signs in there. */
  emulator?: string
}

export function createGoogleStorageObjectStore({ bucket, serviceAccount, emulator }: GoogleStorageOptions): GoogleStorageObjectStore {
  const authorize = emulator ? async () => ({}) : signIn(serviceAccount)
  return new GoogleStorageObjectStore(bucket, emulator ?? 'https://storage.googleapis.com', authorize)
}

/** Objects in a bucket of Google Cloud Storage, which must be there, by its JSON API. */
export class GoogleStorageObjectStore implements ObjectStore {
  readonly #bucket: string
  readonly #endpoint: string
  readonly #authorize: Authorize
  readonly #agent = new Agent()
  readonly #dispatcher: Dispatcher

  constructor(bucket: string, endpoint: string, authorize: Authorize) {
    this.#bucket = encodeURIComponent(bucket)
    this.#endpoint = endpoint.replace(/\/$/, '')
    this.#authorize = authorize
    // Every request here may be repeated: what writes, writes a whole object or a part at its place.
    this.#dispatcher = this.#agent.compose(
      interceptors.retry({
        methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
        statusCodes: [408, 429, 500, 502, 503, 504],
        maxRetries: 3,
        throwOnError: false,
      }),
    )
  }

  async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ size: number }> {
    checkObjectKey(key)
    let upload: ResumableUpload | undefined
    let size = 0
    try {
      for await (const part of inParts(body, PART_BYTES)) {
        size += part.byteLength
        const isLast = part.byteLength < PART_BYTES
        if (isLast && !upload) {
          await this.#putWhole(key, part)
          continue
        }
        upload ??= await ResumableUpload.start(this.#dispatcher, this.#uploadUrl(key, 'resumable'), await this.#authorize())
        await upload.add(part, { isLast })
      }
      return { size }
    } catch (error) {
      await upload?.abort()
      throw error
    }
  }

  async get(key: string, options: { range?: ObjectRange } = {}): Promise<{ body: AsyncIterable<Uint8Array>; size: number }> {
    const { range } = options
    const answer = await this.#request('GET', this.#objectUrl(key, 'alt=media'), range && { range: rangeHeader(range) })
    const { statusCode, headers, body } = answer
    if (statusCode === 200) return { body, size: Number(headers['content-length']) }
    if (statusCode === 206) return { body, size: Number(String(headers['content-range']).split('/').at(-1)) }
    const size = statusCode === 416 ? await this.size(key) : undefined
    const error = await failure(answer)
    if (size !== undefined) return { body: nothing(), size }
    if (error.isMissingObject) throw new ObjectNotFoundError(key)
    throw error
  }

  async size(key: string): Promise<number | undefined> {
    const answer = await this.#request('GET', this.#objectUrl(key, 'fields=size'))
    if (answer.statusCode === 200) return Number(((await answer.body.json()) as { size: string }).size)
    const error = await failure(answer)
    if (error.isMissingObject) return undefined
    throw error
  }

  async delete(key: string): Promise<void> {
    const answer = await this.#request('DELETE', this.#objectUrl(key))
    if (answer.statusCode < 300) return void (await answer.body.dump())
    const error = await failure(answer)
    if (!error.isMissingObject) throw error
  }

  /** Lists one object: those who may only touch objects may not look at the bucket itself. */
  async check(): Promise<void> {
    const answer = await this.#request('GET', `${this.#endpoint}/storage/v1/b/${this.#bucket}/o?maxResults=1&fields=kind`)
    if (answer.statusCode !== 200) throw await failure(answer)
    await answer.body.dump()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }

  async #putWhole(key: string, bytes: Uint8Array) {
    const headers = { 'content-type': 'application/octet-stream' }
    const answer = await this.#request('POST', this.#uploadUrl(key, 'media'), headers, bytes)
    if (answer.statusCode !== 200) throw await failure(answer)
    await answer.body.dump()
  }

  async #request(method: Dispatcher.HttpMethod, url: string, headers: Record<string, string> = {}, body?: Uint8Array) {
    const { origin, pathname, search } = new URL(url)
    return this.#dispatcher.request({
      origin,
      path: pathname + search,
      method,
      headers: { ...(await this.#authorize()), ...headers },
      body: body ?? null,
    })
  }

  #objectUrl(key: string, query = ''): string {
    checkObjectKey(key)
    return `${this.#endpoint}/storage/v1/b/${this.#bucket}/o/${encodeURIComponent(key)}?${query}`
  }

  #uploadUrl(key: string, type: 'media' | 'resumable'): string {
    return `${this.#endpoint}/upload/storage/v1/b/${this.#bucket}/o?uploadType=${type}&name=${encodeURIComponent(key)}`
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
