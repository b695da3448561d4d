/** The one way out: every request to an address that a user or tenant chose goes through it. */
export interface HttpClient extends AsyncDisposable {
  /** Refuses private addresses, resolves a name once, checks every redirect again. @throws OutboundError */
  request(request: OutboundRequest): Promise<OutboundResponse>
  /** A WHATWG fetch over the same gate, for libraries that want one. */
  fetch: typeof globalThis.fetch
}

export interface OutboundRequest {
  method: string
  url: string
  /** In order; a name may repeat. */
  headers?: [name: string, value: string][]
  body?: Uint8Array | string | AsyncIterable<Uint8Array>
  /** Milliseconds. */
  timeouts?: { connect?: number; read?: number; write?: number }
  /** Default true; at most 20 redirects. */
  followRedirects?: boolean
  /** Default true. */
  verifyTls?: boolean
  signal?: AbortSignal
}

export interface OutboundResponse {
  status: number
  /** Lower-case names, in order; a name may repeat. */
  headers: [name: string, value: string][]
  /** The address that answered, after redirects. */
  url: string
  /** The decoded body. Leaving the loop early closes the connection. */
  body: AsyncIterable<Uint8Array>
}

export type OutboundErrorCode =
  | 'address-refused'
  | 'invalid-url'
  | 'name-not-resolved'
  | 'connection-failed'
  | 'tls-failed'
  | 'timeout'
  | 'too-many-redirects'
  | 'aborted'

export class OutboundError extends Error {
  readonly code: OutboundErrorCode
  readonly url: string
  constructor(code: OutboundErrorCode, url: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OutboundError'
    this.code = code
    this.url = url
  }
}
