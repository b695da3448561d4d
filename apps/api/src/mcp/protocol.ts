import { isValueMap, parseJson, type Value, type ValueMap } from '@weft/contracts'

/** JSON-RPC as MCP has it. */
export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
export const INVALID_PARAMS = -32602
export const INTERNAL_ERROR = -32603
const PARSE_ERROR = -32700

export interface RpcMessage {
  /** Undefined of notifications. */
  id: string | number | undefined
  method: string
  params: ValueMap
}

/** What is wrong with a message, and how it is answered. */
export class RpcError extends Error {
  readonly code = 'rpc-error'
  readonly rpcCode: number
  /** Of the HTTP answer: an error inside the protocol is 200. */
  readonly status: number
  constructor(rpcCode: number, message: string, status = 200) {
    super(message)
    this.name = 'RpcError'
    this.rpcCode = rpcCode
    this.status = status
  }
}

/** @throws RpcError */
export function readMessage(body: unknown): RpcMessage {
  const message = parse(body)
  if (Array.isArray(message)) throw new RpcError(INVALID_REQUEST, 'Batches are not supported: send one message at a time', 400)
  if (!isValueMap(message) || typeof message.method !== 'string' || !message.method) {
    throw new RpcError(INVALID_REQUEST, 'Invalid MCP request: it needs jsonrpc, method and, unless it is a notification, an id', 400)
  }
  const { id, method, params } = message
  if (params !== undefined && params !== null && !isValueMap(params)) {
    throw new RpcError(INVALID_PARAMS, 'Invalid MCP request: params must be an object', 400)
  }
  const isId = typeof id === 'string' || typeof id === 'number'
  return { id: isId ? id : undefined, method, params: isValueMap(params) ? params : {} }
}

function parse(body: unknown): Value {
  try {
    return parseJson(body instanceof Buffer ? body.toString() : '')
  } catch {
    throw new RpcError(PARSE_ERROR, 'The body is not JSON', 400)
  }
}

export function resultOf(id: RpcMessage['id'], result: ValueMap): ValueMap {
  return { jsonrpc: '2.0', id: id ?? null, result }
}

export function errorOf(id: RpcMessage['id'], { rpcCode, message }: RpcError): ValueMap {
  return { jsonrpc: '2.0', id: id ?? null, error: { code: rpcCode, message } }
}

/** Requests of the protocol that an app has no answer to, by the names that clients of Dify are told. */
const UNSUPPORTED: Record<string, string> = {
  'completion/complete': 'CompleteRequest',
  'logging/setLevel': 'SetLevelRequest',
  'prompts/get': 'GetPromptRequest',
  'prompts/list': 'ListPromptsRequest',
  'resources/list': 'ListResourcesRequest',
  'resources/templates/list': 'ListResourceTemplatesRequest',
  'resources/read': 'ReadResourceRequest',
  'resources/subscribe': 'SubscribeRequest',
  'resources/unsubscribe': 'UnsubscribeRequest',
}

export function methodNotFound(method: string): RpcError {
  return new RpcError(METHOD_NOT_FOUND, `Method not found: ${UNSUPPORTED[method] ?? method}`)
}
