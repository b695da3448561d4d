import type { Value, ValueMap } from '@weft/contracts'

/** Runs a user's code where it can reach nothing but its inputs. */
export interface CodeRunner extends AsyncDisposable {
  /**
   * Calls the code's `main`: keyword arguments in Python, one object in JavaScript.
   * @returns what `main` gave, as JSON values (Python's number types kept), and what was printed
   * @throws CodeRunError
   */
  run(request: CodeRequest): Promise<CodeResult>
}

export interface CodeRequest {
  language: 'python3' | 'javascript'
  code: string
  inputs: ValueMap
  /** Who runs it: two tenants never share leftover state. */
  tenantId: string
  signal?: AbortSignal
}

export interface CodeResult {
  result: Value
  stdout: string
}

export type CodeRunErrorCode = 'exception' | 'timeout' | 'memory' | 'output-too-large' | 'invalid-result' | 'unavailable'

/** `message` is what the user sees: for exceptions the language's own traceback, ending in `ValueError: …`. */
export class CodeRunError extends Error {
  readonly code: CodeRunErrorCode
  constructor(code: CodeRunErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CodeRunError'
    this.code = code
  }
}
