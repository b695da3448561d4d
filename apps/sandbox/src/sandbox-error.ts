export type SandboxErrorCode = 'sandbox-unavailable' | 'invalid-sandbox-setting' | 'packages-not-installed'

/** `message` says what an operator can do. */
export class SandboxError extends Error {
  readonly code: SandboxErrorCode
  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SandboxError'
    this.code = code
  }
}
