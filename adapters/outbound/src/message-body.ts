import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

const CHUNK = 64 * 1024

/** A request's body in chunks; `onStall` is called when the network takes no more for so many milliseconds. */
export async function* withWriteTimeout(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  milliseconds: number,
  onStall: () => void,
): AsyncGenerator<Uint8Array> {
  let timer: NodeJS.Timeout | undefined
  try {
    for await (const chunk of body instanceof Uint8Array ? sliced(body) : body) {
      timer = setTimeout(onStall, milliseconds)
      yield chunk
      clearTimeout(timer)
    }
  } finally {
    clearTimeout(timer)
  }
}

function* sliced(bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.byteLength; offset += CHUNK) yield bytes.subarray(offset, offset + CHUNK)
}

/** An answer's body without its content encodings. Leaving the loop early, even before its first round, destroys the source. */
export function decodedBody(source: Readable, contentEncoding: string, translate: (error: unknown) => Error): AsyncIterable<Uint8Array> {
  const decoders = contentEncoding
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
    .filter(Boolean)
    .reverse()
    .map(createDecoder)
    .filter(decoder => decoder !== undefined)
  // Whoever reads the last stream sees an error of any; the callback only keeps it from being unhandled.
  for (const [index, decoder] of decoders.entries()) pipeline(decoders[index - 1] ?? source, decoder, () => {})
  const last: Readable = decoders.at(-1) ?? source

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of last) yield chunk
    } catch (error) {
      throw translate(error)
    } finally {
      source.destroy()
    }
  }

  return {
    [Symbol.asyncIterator]() {
      const chunks = read()
      return {
        next: () => chunks.next(),
        return: () => {
          source.destroy()
          return chunks.return(undefined)
        },
      }
    },
  }
}

function createDecoder(encoding: string): Transform | undefined {
  // Servers cut the end off: what came before it still counts.
  const lenient = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip(lenient)
  if (encoding === 'deflate') return new InflateStream()
  if (encoding === 'br') {
    return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH })
  }
  return undefined
}

/** `deflate` means zlib's format, but some servers send the bare stream; the first byte tells. */
class InflateStream extends Transform {
  #inner: Transform | undefined

  override _transform(chunk: Buffer, encoding: BufferEncoding, callback: TransformCallback): void {
    this.#inner ??= this.#start(chunk)
    this.#inner.write(chunk, encoding, callback)
  }

  override _flush(callback: TransformCallback): void {
    if (this.#inner) this.#inner.once('end', () => callback()).end()
    else callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#inner?.destroy()
    callback(error)
  }

  #start(chunk: Buffer): Transform {
    const options = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
    const inner = ((chunk[0] ?? 0) & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options)
    inner.on('data', data => this.push(data))
    inner.on('error', error => this.destroy(error))
    return inner
  }
}
