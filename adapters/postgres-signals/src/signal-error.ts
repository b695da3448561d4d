/** `unavailable`: no connection in time. `message-too-large`: over what NOTIFY carries. `closed`: after dispose. */
export type SignalErrorCode = 'unavailable' | 'message-too-large' | 'closed'

export class SignalError extends Error {
  readonly code: SignalErrorCode
  constructor(code: SignalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SignalError'
    this.code = code
  }
}
