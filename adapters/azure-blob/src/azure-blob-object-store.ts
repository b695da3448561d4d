import { randomUUID } from 'node:crypto'
import type { TokenCredential } from '@azure/identity'
import { BlobServiceClient, type BlockBlobClient, type ContainerClient, RestError, StorageSharedKeyCredential } from '@azure/storage-blob'
import { checkObjectKey, inParts, ObjectNotFoundError, type ObjectRange, type ObjectStore } from '@weft/ports'

const PART_BYTES = 8 * 1024 * 1024
const RESUMED_READS = 3

export interface AzureBlobOptions {
  container: string
  accountName: string
  /** Undefined: what the environment gives, as a managed identity. */
  accountKey?: string
  /** Without one: the account's in Azure's public cloud. */
  accountUrl?: string
}

export async function createAzureBlobObjectStore(options: AzureBlobOptions): Promise<AzureBlobObjectStore> {
  const { container, accountName, accountKey, accountUrl = `https://${accountName}.blob.core.windows.net` } = options
  const credential = accountKey ? new StorageSharedKeyCredential(accountName, accountKey) : await ambientCredential()
  return new AzureBlobObjectStore(new BlobServiceClient(accountUrl, credential).getContainerClient(container))
}

/** A large package, for those alone who have no key. */
async function ambientCredential(): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new DefaultAzureCredential()
}

/** Objects as block blobs in a container, which must be there. */
export class AzureBlobObjectStore implements ObjectStore {
  readonly #container: ContainerClient

  constructor(container: ContainerClient) {
    this.#container = container
  }

  async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ size: number }> {
    const blob = this.#blob(key)
    const upload = randomUUID()
    const blocks: string[] = []
    let size = 0
    for await (const part of inParts(body, PART_BYTES)) {
      size += part.byteLength
      const isLast = part.byteLength < PART_BYTES
      if (isLast && !blocks.length) {
        await blob.upload(part, part.byteLength)
        return { size }
      }
      if (!part.byteLength) break
      const block = blockId(upload, blocks.length)
      await blob.stageBlock(block, part, part.byteLength)
      blocks.push(block)
    }
    // Azure itself clears away blocks that are never committed.
    await blob.commitBlockList(blocks)
    return { size }
  }

  async get(key: string, options: { range?: ObjectRange } = {}): Promise<{ body: AsyncIterable<Uint8Array>; size: number }> {
    const blob = this.#blob(key)
    const { start = 0, end } = options.range ?? {}
    try {
      const answer = await blob.download(start, end === undefined ? undefined : end - start + 1, { maxRetryRequests: RESUMED_READS })
      const whole = answer.contentRange?.split('/').at(-1)
      return {
        body: answer.readableStreamBody as AsyncIterable<Buffer>,
        size: whole === undefined ? (answer.contentLength ?? 0) : Number(whole),
      }
    } catch (error) {
      const size = statusOf(error) === 416 ? await this.size(key) : undefined
      if (size !== undefined) return { body: nothing(), size }
      if (isMissingBlob(error)) throw new ObjectNotFoundError(key)
      throw error
    }
  }

  async size(key: string): Promise<number | undefined> {
    const blob = this.#blob(key)
    try {
      return (await blob.getProperties()).contentLength
    } catch (error) {
      if (isMissingBlob(error)) return undefined
      throw error
    }
  }

  async delete(key: string): Promise<void> {
    const blob = this.#blob(key)
    try {
      await blob.delete({ deleteSnapshots: 'include' })
    } catch (error) {
      if (!isMissingBlob(error)) throw error
    }
  }

  async check(): Promise<void> {
    await this.#container.getProperties()
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #blob(key: string): BlockBlobClient {
    checkObjectKey(key)
    return this.#container.getBlockBlobClient(key)
  }
}

/** Of one length for all of a blob's blocks, as Azure wants it. The upload's own id keeps two uploads of one key from mixing. */
function blockId(upload: string, index: number): string {
  return Buffer.from(`${upload}-${String(index).padStart(6, '0')}`).toString('base64')
}

function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined
}

/** A missing container answers 404 as well, and is a failure. The answer to a HEAD tells them apart by a header alone. */
function isMissingBlob(error: unknown): boolean {
  if (!(error instanceof RestError) || error.statusCode !== 404) return false
  return (error.code ?? error.response?.headers.get('x-ms-error-code')) !== 'ContainerNotFound'
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
