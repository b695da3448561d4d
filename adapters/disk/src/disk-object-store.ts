import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, type FileHandle, lstat, mkdir, open, readdir, realpath, rename, rm, stat, unlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { checkObjectKey, InvalidObjectKeyError, ObjectNotFoundError, type ObjectRange, type ObjectStore } from '@weft/ports'

const CHUNK_BYTES = 256 * 1024
/** Where objects are written before they get their name. No key has a `~`. */
const INCOMING = '~incoming'
const ABANDONED_AFTER_MILLISECONDS = 24 * 60 * 60 * 1000

/**
 * Objects as files under one folder. An object appears whole and on the disk, or not at all. A symbolic link inside the folder is
 * never followed.
 */
export class DiskObjectStore implements ObjectStore {
  readonly #root: string
  #ready: Promise<string> | undefined

  constructor(root: string) {
    this.#root = resolve(root)
  }

  async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ size: number }> {
    const parts = checkObjectKey(key)
    const root = await this.#open()
    const temporary = join(root, INCOMING, randomUUID())
    try {
      const size = await writeFile(temporary, body)
      const folder = await makeFolders(root, parts.slice(0, -1), key)
      await rename(temporary, join(folder, parts.at(-1) ?? ''))
      await syncFolder(folder)
      return { size }
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  async get(key: string, options: { range?: ObjectRange } = {}): Promise<{ body: AsyncIterable<Uint8Array>; size: number }> {
    const path = await this.#find(key)
    if (!path) throw new ObjectNotFoundError(key)
    const { size } = await stat(path)
    const start = options.range?.start ?? 0
    const end = Math.min(options.range?.end ?? size - 1, size - 1)
    return { body: readFile(path, key, start, end), size }
  }

  async size(key: string): Promise<number | undefined> {
    const path = await this.#find(key)
    return path ? (await stat(path)).size : undefined
  }

  async delete(key: string): Promise<void> {
    const path = await this.#find(key)
    if (path) await unlink(path).catch(ignoreMissing)
  }

  async check(): Promise<void> {
    const root = await this.#open()
    await access(join(root, INCOMING), constants.W_OK)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Makes the folder on first use. Gives its real path. */
  #open(): Promise<string> {
    this.#ready ??= prepareRoot(this.#root).catch(error => {
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  /** The path of an object that exists. */
  async #find(key: string): Promise<string | undefined> {
    const path = join(await this.#open(), ...checkObjectKey(key))
    try {
      if ((await realpath(path)) !== path) return undefined
      return (await lstat(path)).isFile() ? path : undefined
    } catch (error) {
      ignoreMissing(error)
      return undefined
    }
  }
}

async function prepareRoot(path: string): Promise<string> {
  await mkdir(join(path, INCOMING), { recursive: true })
  const root = await realpath(path)
  for (const name of await readdir(join(root, INCOMING))) {
    const abandoned = join(root, INCOMING, name)
    const modified = await stat(abandoned).then(
      found => found.mtimeMs,
      () => Number.POSITIVE_INFINITY,
    )
    if (modified < Date.now() - ABANDONED_AFTER_MILLISECONDS) await rm(abandoned, { force: true })
  }
  return root
}

async function writeFile(path: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<number> {
  await using file = await open(path, 'wx', 0o640)
  let size = 0
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    await writeWhole(file, chunk)
    size += chunk.byteLength
  }
  await file.sync()
  return size
}

async function writeWhole(file: FileHandle, chunk: Uint8Array) {
  let offset = 0
  while (offset < chunk.byteLength) offset += (await file.write(chunk, offset, chunk.byteLength - offset)).bytesWritten
}

/** Opens the file only when the first bytes are asked for, so that a body nobody reads holds nothing. */
async function* readFile(path: string, key: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (start > end) return
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(error => {
    ignoreMissing(error)
    throw new ObjectNotFoundError(key)
  })
  let position = start
  while (position <= end) {
    const buffer = new Uint8Array(Math.min(CHUNK_BYTES, end - position + 1))
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, position)
    if (bytesRead === 0) throw new Error(`object ${key} was replaced by a shorter one while it was read`)
    yield bytesRead === buffer.byteLength ? buffer : buffer.subarray(0, bytesRead)
    position += bytesRead
  }
}

/** Makes one folder in the other; one that is a link to elsewhere is refused. */
async function makeFolders(root: string, parts: string[], key: string): Promise<string> {
  let folder = root
  for (const part of parts) {
    const parent = folder
    folder = join(parent, part)
    const isNew = await mkdir(folder).then(
      () => true,
      async error => {
        if (error.code !== 'EEXIST') throw error
        if (!(await lstat(folder)).isDirectory()) throw new InvalidObjectKeyError(key)
        return false
      },
    )
    if (isNew) await syncFolder(parent)
  }
  return folder
}

/** Makes a rename in the folder survive a power failure. Windows has no such thing. */
async function syncFolder(folder: string) {
  if (process.platform === 'win32') return
  await using handle = await open(folder, constants.O_RDONLY)
  await handle.sync()
}

function ignoreMissing(error: unknown) {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP' && code !== 'ENAMETOOLONG') throw error
}
