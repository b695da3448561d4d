import { DomainError } from '@weft/core'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ERROR_STATUS } from './error-status.ts'
import { httpError, ResponseError } from './response-error.ts'
import { sendJson } from './send-json.ts'

/** Plain HTTP errors that the framework itself raises. */
const FRAMEWORK_ERRORS: Record<number, [code: string, message: string]> = {
  400: ['bad_request', 'The browser (or proxy) sent a request that this server could not understand.'],
  404: [
    'not_found',
    'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
  ],
  405: ['method_not_allowed', 'The method is not allowed for the requested URL.'],
  413: ['request_entity_too_large', 'The data value transmitted exceeds the capacity limit.'],
  415: ['unsupported_media_type', 'The server does not support the media type transmitted in the request.'],
  431: ['bad_request', 'The request headers are too large.'],
  503: ['service_unavailable', 'The server is shutting down. Please try again later.'],
}

/** PostgreSQL's codes for a text that holds what no text may: NUL, broken surrogates. */
const TEXT_REFUSED = new Set(['22021', '22P05'])

/** The answer to whatever a route or hook has thrown. What nobody foresaw is logged and told no one. */
export function handleError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) {
  const { status, body } = responseTo(error, request)
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="api"')
  return sendJson(reply.code(status), body)
}

/** Status and body for an error: also what a stream says when it fails. */
export function responseTo(error: unknown, request: FastifyRequest): { status: number; body: unknown } {
  if (error instanceof ResponseError) return error
  if (error instanceof DomainError) {
    const status = ERROR_STATUS[error.code]
    return { status, body: { code: error.code, message: error.message, ...error.facts, status } }
  }
  if (TEXT_REFUSED.has(databaseCode(error) ?? '')) return httpError(400, 'invalid_param', 'A text holds a character that cannot be stored.')
  const status = (error as FastifyError).statusCode
  const known = status ? FRAMEWORK_ERRORS[status] : undefined
  if (status && status !== 500 && (error as FastifyError).code?.startsWith('FST_'))
    return httpError(status, ...(known ?? ['bad_request', (error as Error).message]))
  request.log.error({ err: error }, 'request failed')
  return { status: 500, body: { message: 'Internal Server Error', code: 'unknown', status: 500 } }
}

export function methodNotAllowed(): ResponseError {
  return httpError(405, 'method_not_allowed', 'The method is not allowed for the requested URL.')
}

function databaseCode(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
