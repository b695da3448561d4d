import { ModelError, type ModelErrorCode } from '@weft/ports'

/** A failure with the class name that users match on in `error_type`. */
export class LlmNodeError extends Error {
  readonly code = 'llm-node'
  readonly errorType: string
  constructor(errorType: string, message: string) {
    super(message)
    this.name = 'LlmNodeError'
    this.errorType = errorType
  }
}

const MODEL_ERROR_TYPES: Record<ModelErrorCode, string> = {
  'provider-not-found': 'ValueError',
  'model-not-found': 'ModelNotExistError',
  'model-disabled': 'ValueError',
  'credentials-missing': 'ProviderTokenNotInitError',
  'credentials-invalid': 'InvokeAuthorizationError',
  'rate-limited': 'InvokeRateLimitError',
  'quota-exceeded': 'QuotaExceededError',
  'bad-request': 'InvokeBadRequestError',
  'context-length-exceeded': 'InvokeBadRequestError',
  'server-unavailable': 'InvokeServerUnavailableError',
  'connection-failed': 'InvokeConnectionError',
  'stream-broken': 'InvokeConnectionError',
  'feature-not-supported': 'InvokeBadRequestError',
  aborted: 'InvokeConnectionError',
}

/** A failure of a node that asks a model, as the run records it. Aborted runs and our own mistakes are thrown on. */
export function modelFailure(error: unknown, signal: AbortSignal): { error: string; errorType: string; retryAfter?: number } {
  if (signal.aborted) throw signal.reason
  if (error instanceof LlmNodeError) return { error: error.message, errorType: error.errorType }
  if (error instanceof ModelError) return { error: error.message, errorType: MODEL_ERROR_TYPES[error.code], retryAfter: error.retryAfter }
  throw error
}
