import type { Dispatcher } from 'undici'
import { failure } from './google-storage-error.ts'

/** An object on its way in parts. It appears with its last one. */
export class ResumableUpload {
  readonly #dispatcher: Dispatcher
  readonly #session: URL
  #kept = 0

  private constructor(dispatcher: Dispatcher, session: URL) {
    this.#dispatcher = dispatcher
    this.#session = session
  }

  static async start(dispatcher: Dispatcher, url: string, headers: Record<string, string>): Promise<ResumableUpload> {
    const { origin, pathname, search } = new URL(url)
    const answer = await dispatcher.request({
      origin,
      path: pathname + search,
      method: 'POST',
      headers: { ...headers, 'x-upload-content-type': 'application/octet-stream', 'content-length': '0' },
    })
    const location = answer.headers.location
    if (answer.statusCode !== 200 || typeof location !== 'string') throw await failure(answer)
    await answer.body.dump()
    return new ResumableUpload(dispatcher, new URL(location, url))
  }

  async add(part: Uint8Array, { isLast }: { isLast: boolean }) {
    const end = this.#kept + part.byteLength
    let rest = part
    for (;;) {
      const answer = await this.#send(contentRange(this.#kept, end, isLast), rest)
      if (isLast && (answer.statusCode === 200 || answer.statusCode === 201)) return void (await answer.body.dump())
      if (answer.statusCode !== 308) throw await failure(answer)
      await answer.body.dump()
      const kept = keptBytes(answer.headers.range)
      if (kept < this.#kept || kept > end) throw new Error(`Google Cloud Storage keeps ${kept} bytes where ${end} were sent`)
      rest = rest.subarray(kept - this.#kept)
      this.#kept = kept
      if (kept === end && !isLast) return
    }
  }

  /** The session is the secret: whoever knows it needs nothing else. What is not ended now ends by itself in a week. */
  async abort() {
    const { origin, pathname, search } = this.#session
    try {
      const answer = await this.#dispatcher.request({
        origin,
        path: pathname + search,
        method: 'DELETE',
        headers: { 'content-length': '0' },
      })
      await answer.body.dump()
    } catch {
      // The failure that led here is the one to tell.
    }
  }

  #send(range: string, bytes: Uint8Array) {
    const { origin, pathname, search } = this.#session
    return this.#dispatcher.request({ origin, path: pathname + search, method: 'PUT', headers: { 'content-range': range }, body: bytes })
  }
}

function contentRange(start: number, end: number, isLast: boolean): string {
  const span = start === end ? '*' : `${start}-${end - 1}`
  return `bytes ${span}/${isLast ? end : '*'}`
}

/** From `Range: bytes=0-N`; without one nothing is kept. */
function keptBytes(range: string | string[] | undefined): number {
  return range === undefined ? 0 : Number(String(range).split('-').at(-1)) + 1
}
