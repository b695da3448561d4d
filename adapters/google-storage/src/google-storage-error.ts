import type { Dispatcher } from 'undici'

export class GoogleStorageError extends Error {
  readonly code = 'google-storage-refused'
  readonly status: number
  /** A missing bucket answers 404 as well, and is a failure. */
  readonly isMissingObject: boolean
  constructor(status: number, text: string) {
    super(`Google Cloud Storage answered ${status}: ${text.slice(0, 500)}`)
    this.name = 'GoogleStorageError'
    this.status = status
    this.isMissingObject = status === 404 && !/bucket does not exist/i.test(text)
  }
}

/** Reads an answer that is no success to its end. */
export async function failure({ statusCode, body }: Dispatcher.ResponseData): Promise<GoogleStorageError> {
  return new GoogleStorageError(statusCode, await body.text())
}
