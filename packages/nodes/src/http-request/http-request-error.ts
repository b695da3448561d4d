/** The class names users match on in `error_type`. */
export type HttpRequestErrorType =
  | 'HttpRequestNodeError'
  | 'FileFetchError'
  | 'InvalidHttpMethodError'
  | 'InvalidURLError'
  | 'RequestBodyError'
  | 'ResponseSizeError'

/** A failure the node reports; `message` is what the user sees. */
export class HttpRequestError extends Error {
  readonly code = 'http-request-failed'
  readonly errorType: HttpRequestErrorType
  constructor(errorType: HttpRequestErrorType, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HttpRequestError'
    this.errorType = errorType
  }
}
