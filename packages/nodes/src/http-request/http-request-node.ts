import type { ValueMap } from '@weft/contracts'
import type { NodeContext, NodeFailure, NodeResult, NodeType } from '@weft/engine'
import { type FileService, type HttpClient, OutboundError, type OutboundRequest, type OutboundResponse } from '@weft/ports'
import { parseNodeData } from '../node-data.ts'
import { type HttpRequestData, httpRequestSchema } from './http-request-data.ts'
import { HttpRequestError } from './http-request-error.ts'
import { asciiJson } from './json-body.ts'
import { encodeMultipart } from './multipart.ts'
import { type PreparedRequest, prepareRequest } from './prepare-request.ts'
import { requestLog } from './request-log.ts'
import { fileTypeOf, headerOf, receiveContent, textOfAnswer } from './response-content.ts'
import { formEncode, mergeQuery } from './url-encoding.ts'

export interface HttpRequestPorts {
  httpClient: HttpClient
  files: FileService
  limits: HttpRequestLimits
}

export interface HttpRequestLimits {
  /** Bytes of an answer that is kept as a file. */
  maxBinarySize: number
  /** Bytes of an answer that is kept as text. */
  maxTextSize: number
  /** Milliseconds, where a node gives none. */
  timeouts: { connect: number; read: number; write: number }
  /** Where a node does not say. */
  verifyTls: boolean
}

/** Never shown to the graph, whatever the node's settings: a retry may help. */
const FAILING_STATUSES = new Set([429, 500, 502, 503, 504])

/**
 * Makes one HTTP request.
 *
 * Every request carries the execution's idempotency key, so that a receiver can tell a repeat after a crash from a new
 * request: as `X-Idempotency-Key`, because the standard `Idempotency-Key` on requests that never asked for it would be new
 * to receivers that give it a meaning, or show it, as those of imported apps may. A node asks for the standard header by
 * naming it without a value; one with a value is the user's own key and stands alone.
 */
export function createHttpRequestNode({ httpClient, files, limits }: HttpRequestPorts): NodeType<HttpRequestData> {
  return {
    type: 'http-request',
    hasSideEffects: true,
    parse: data => parseNodeData(httpRequestSchema, data),
    async execute(context) {
      const { data, run, signal, variables } = context
      const processData: ValueMap = {}
      try {
        const prepared = await prepareRequest(data, { variables, files, tenantId: run.tenantId, signal })
        fillIdempotencyKey(prepared.headers, context.idempotencyKey)
        processData.request = requestLog(prepared)
        const response = await httpClient.request(outboundRequest(prepared, context, limits))
        if (FAILING_STATUSES.has(response.status)) return await refusedAnswer(response, prepared.url, processData)
        const { isFile, bytes } = await receiveContent(response, limits)
        const made = isFile ? [await keepFile(response, bytes, prepared.url, context, files)] : []
        const outputs: ValueMap = {
          status_code: response.status,
          body: isFile ? '' : textOfAnswer(response, bytes),
          headers: headersOf(response),
          files: made,
        }
        const isFailure = (response.status < 200 || response.status > 299) && (data.error_strategy || data.retry_config?.retry_enabled)
        if (!isFailure) return { status: 'succeeded', inputs: {}, processData, outputs }
        return {
          ...failure(`Request failed with status code ${response.status}`, 'HTTPResponseCodeError', processData),
          // Dify gives no body here; imported graphs may rely on that.
          outputs: { ...outputs, body: '' },
        }
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof HttpRequestError) return failure(error.message, error.errorType, processData)
        if (error instanceof OutboundError) return failure(error.message, 'HttpRequestNodeError', processData)
        throw error
      }
    },
  }
}

function failure(error: string, errorType: string, processData: ValueMap): NodeFailure {
  return { status: 'failed', inputs: {}, processData, error, errorType }
}

function fillIdempotencyKey(headers: Map<string, string>, key: string): void {
  for (const [name, value] of headers) if (name.toLowerCase() === 'idempotency-key' && !value) headers.set(name, key)
}

function outboundRequest(prepared: PreparedRequest, context: NodeContext<HttpRequestData>, limits: HttpRequestLimits): OutboundRequest {
  const { data } = context
  const method = prepared.method.toUpperCase()
  if (method === 'OPTIONS') throw new HttpRequestError('InvalidHttpMethodError', `Invalid http method ${prepared.method}`)
  const headers = [...prepared.headers]
  for (const [name, value] of headers) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is meant
    if (/[^\x00-\x7f]/.test(name + value)) throw new HttpRequestError('HttpRequestNodeError', `The header ${name} is not ASCII: ${value}`)
  }
  const { body, contentType } = encodeContent(prepared)
  if (contentType) headers.push(['Content-Type', contentType])
  if (!headers.some(([name]) => /^(x-)?idempotency-key$/i.test(name))) headers.push(['X-Idempotency-Key', context.idempotencyKey])
  const seconds = (value: number | undefined, fallback: number) => (value ? value * 1000 : fallback)
  return {
    method,
    url: mergeQuery(prepared.url, prepared.params),
    headers,
    body,
    timeouts: {
      connect: seconds(data.timeout?.connect, limits.timeouts.connect),
      read: seconds(data.timeout?.read, limits.timeouts.read),
      write: seconds(data.timeout?.write, limits.timeouts.write),
    },
    verifyTls: data.ssl_verify ?? limits.verifyTls,
    signal: context.signal,
  }
}

function encodeContent({ content }: PreparedRequest): { body?: string | Uint8Array; contentType?: string } {
  switch (content.type) {
    case 'none':
      return {}
    case 'raw-text':
      return { body: content.text || undefined }
    case 'binary':
      return { body: content.bytes }
    case 'json':
      return { body: content.value === null ? undefined : asciiJson(content.value) }
    case 'x-www-form-urlencoded':
      return { body: formEncode(content.fields) || undefined }
    case 'form-data': {
      const { bytes, contentType } = encodeMultipart(content.fields, content.files)
      return { body: bytes, contentType }
    }
  }
}

async function refusedAnswer(response: OutboundResponse, url: string, processData: ValueMap): Promise<NodeResult> {
  await response.body[Symbol.asyncIterator]().return?.()
  return {
    ...failure(`Reached maximum retries (0) for URL ${url}`, 'HttpRequestNodeError', processData),
    retryAfter: retryAfterOf(response),
  }
}

/** Milliseconds the server asks to wait, in seconds or until a time by its own clock. */
function retryAfterOf(response: OutboundResponse): number | undefined {
  const text = headerOf(response, 'retry-after').trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const milliseconds = Date.parse(text) - (Date.parse(headerOf(response, 'date')) || Date.now())
  return milliseconds > 0 ? milliseconds : undefined
}

function keepFile(response: OutboundResponse, bytes: Uint8Array, url: string, { run }: NodeContext<HttpRequestData>, files: FileService) {
  const mimeType = fileTypeOf(response, url)
  return files.createToolFile({
    tenantId: run.tenantId,
    userId: run.userId,
    conversationId: null,
    body: bytes,
    filename: null,
    mimeType,
    origin: run.origin,
  })
}

/** By name; the values of a repeated one are joined. */
function headersOf(response: OutboundResponse): ValueMap {
  const headers: ValueMap = {}
  for (const [name, value] of response.headers) headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value
  return headers
}
