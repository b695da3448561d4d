/** Bytes by key. Keys are `/`-parted paths of `[A-Za-z0-9._-]` parts, never `.` or `..`. */
export interface ObjectStore extends AsyncDisposable {
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ size: number }>
  /** `range` is inclusive, as in HTTP. @throws ObjectNotFoundError */
  get(key: string, options?: { range?: { start: number; end?: number } }): Promise<{ body: AsyncIterable<Uint8Array>; size: number }>
  /** Bytes, or undefined where there is no such object. */
  size(key: string): Promise<number | undefined>
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>
  /** Throws when the store cannot be reached: for readiness. */
  check(): Promise<void>
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
