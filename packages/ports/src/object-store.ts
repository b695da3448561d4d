/** Bytes by key. Keys are `/`-parted paths of `[A-Za-z0-9._-]` parts, never `.` or `..`. */
export interface ObjectStore extends AsyncDisposable {
  /** The object appears whole, or, where `body` throws, not at all. @throws InvalidObjectKeyError */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ size: number }>
  /**
   * `range` is inclusive, as in HTTP. Whoever gets a body reads it to the end or leaves its loop: it may hold a connection.
   * @throws ObjectNotFoundError, InvalidObjectKeyError
   */
  get(key: string, options?: { range?: ObjectRange }): Promise<{ body: AsyncIterable<Uint8Array>; size: number }>
  /** Bytes, or undefined where there is no such object. */
  size(key: string): Promise<number | undefined>
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>
  /** Throws when the store cannot be reached: for readiness. */
  check(): Promise<void>
}

export interface ObjectRange {
  start: number
  end?: number
}

export class ObjectNotFoundError extends Error {
  readonly code = 'object-not-found'
  readonly key: string
  constructor(key: string) {
    super(`no object at ${key}`)
    this.name = 'ObjectNotFoundError'
    this.key = key
  }
}

export class InvalidObjectKeyError extends Error {
  readonly code = 'invalid-object-key'
  readonly key: string
  constructor(key: string) {
    super(`not an object key: ${JSON.stringify(key.slice(0, 200))}`)
    this.name = 'InvalidObjectKeyError'
    this.key = key
  }
}

const KEY_PART = /^[A-Za-z0-9._-]{1,255}$/

/** The parts of a key. @throws InvalidObjectKeyError */
export function checkObjectKey(key: string): string[] {
  const parts = key.split('/')
  const isValid = key.length <= 1024 && parts.every(part => KEY_PART.test(part) && part !== '.' && part !== '..')
  if (!isValid) throw new InvalidObjectKeyError(key)
  return parts
}

/** The value of a `Range` header. */
export function rangeHeader({ start, end }: ObjectRange): string {
  return `bytes=${start}-${end ?? ''}`
}

/**
 * Cuts a body into parts of exactly `partBytes` and, always, one shorter last part, which may be empty: a short part says that the
 * body has ended. A part's bytes hold only until the next is asked for, so that a body of any length passes in the memory of two.
 */
export async function* inParts(body: Uint8Array | AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array[] = []
  let length = 0
  let part: Uint8Array | undefined
  for await (let chunk of body instanceof Uint8Array ? slices(body, partBytes) : body) {
    while (length + chunk.byteLength >= partBytes) {
      const rest = partBytes - length
      if (length === 0 && rest === chunk.byteLength) yield chunk
      else {
        part ??= new Uint8Array(partBytes)
        yield fill(part, [...waiting, chunk.subarray(0, rest)])
      }
      waiting = []
      length = 0
      chunk = chunk.subarray(rest)
    }
    if (chunk.byteLength) waiting.push(chunk)
    length += chunk.byteLength
  }
  yield waiting.length === 1 && waiting[0] ? waiting[0] : fill(new Uint8Array(length), waiting)
}

function* slices(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += length) yield bytes.subarray(start, start + length)
}

function fill(target: Uint8Array, chunks: Uint8Array[]): Uint8Array {
  let offset = 0
  for (const chunk of chunks) {
    target.set(chunk, offset)
    offset += chunk.byteLength
  }
  return target
}
