/** An answer of its own shape, where an API has one that fits no code. */
export class ResponseError extends Error {
  readonly code = 'response-error'
  readonly status: number
  readonly body: unknown
  constructor(status: number, body: unknown) {
    super(`answer ${status}`)
    this.name = 'ResponseError'
    this.status = status
    this.body = body
  }
}

/** A declared argument is missing or wrong: `errors` maps the first such field to the reason. */
export function invalidArguments(errors: Record<string, string>): ResponseError {
  return new ResponseError(400, { errors, message: 'Input payload validation failed' })
}

/** A plain HTTP error, whose code is its name in snake case. */
export function httpError(status: number, code: string, message: string): ResponseError {
  return new ResponseError(status, { code, message, status })
}
