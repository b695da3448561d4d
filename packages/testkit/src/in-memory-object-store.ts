import { checkObjectKey, ObjectNotFoundError, type ObjectStore } from '@weft/ports'

export function createInMemoryObjectStore(): ObjectStore {
  const objects = new Map<string, Buffer>()
  return {
    async put(key, body) {
      checkObjectKey(key)
      const chunks: Uint8Array[] = []
      for await (const chunk of body instanceof Uint8Array ? [body] : body) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      objects.set(key, bytes)
      return { size: bytes.byteLength }
    },
    async get(key, options = {}) {
      checkObjectKey(key)
      const bytes = objects.get(key)
      if (!bytes) throw new ObjectNotFoundError(key)
      const { start, end } = options.range ?? { start: 0 }
      return { body: inChunks(bytes.subarray(start, end === undefined ? undefined : end + 1)), size: bytes.byteLength }
    },
    async size(key) {
      checkObjectKey(key)
      return objects.get(key)?.byteLength
    },
    async delete(key) {
      checkObjectKey(key)
      objects.delete(key)
    },
    async check() {},
    async [Symbol.asyncDispose]() {
      objects.clear()
    },
  }
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += 65_536) yield bytes.slice(start, start + 65_536)
}
