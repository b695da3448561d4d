import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { SseError } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ErrorCode, McpError as SdkError } from '@modelcontextprotocol/sdk/types.js'
import { type McpChallenge, McpError, OutboundError } from '@weft/ports'

/** The status of an HTTP answer that a failure is about. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof UnauthorizedError) return 401
  return error instanceof StreamableHTTPError || error instanceof SseError ? error.code : undefined
}

/** What went wrong, in words for users. */
export function mcpFailure(error: unknown, challenge?: McpChallenge): McpError {
  if (error instanceof McpError) return error
  const outbound = outboundCause(error)
  if (outbound) return new McpError(outbound.code === 'timeout' ? 'timeout' : 'connection-failed', outbound.message, { cause: error })
  const status = statusOf(error)
  if (status === 401 || (status === 403 && challenge)) {
    return new McpError('unauthorized', 'the server asks for an authorization', { cause: error, challenge })
  }
  if (error instanceof SdkError) return new McpError(codeOf(error), wordsOf(error), { cause: error })
  if (status !== undefined && status > 0) return new McpError('connection-failed', answered(status), { cause: error })
  const isTimeout = error instanceof Error && error.name === 'TimeoutError'
  if (isTimeout) return new McpError('timeout', 'the server did not answer in time. Try again, or raise its time limit', { cause: error })
  return new McpError('connection-failed', error instanceof Error ? error.message : String(error), { cause: error })
}

/** The gate's own failure, however deep it stands. */
function outboundCause(error: unknown): OutboundError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (cause instanceof OutboundError) return cause
  }
  return undefined
}

function codeOf({ code }: SdkError): McpError['code'] {
  if (code === ErrorCode.RequestTimeout) return 'timeout'
  return code === ErrorCode.ConnectionClosed ? 'connection-failed' : 'protocol'
}

function wordsOf(error: SdkError): string {
  if (error.code === ErrorCode.RequestTimeout) return 'the server did not answer in time. Try again, or raise its time limit'
  return error.message.replace(/^MCP error -?\d+: /, '')
}

function answered(status: number): string {
  if (status === 403) return 'the server answered 403: the credentials do not allow this'
  if (status === 404) return 'the server answered 404: there is no MCP server at this address'
  if (status === 429) return 'the server answered 429, too many requests: try again later'
  return status >= 500 ? `the server answered ${status}: the fault is on its side, try again later` : `the server answered ${status}`
}
