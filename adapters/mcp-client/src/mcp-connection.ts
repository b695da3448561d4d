import { AsyncLocalStorage } from 'node:async_hooks'
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { McpChallenge, McpServer } from '@weft/ports'
import { mcpFailure, statusOf } from './mcp-failure.ts'

export interface McpConnection {
  client: Client
  /** What the server has said along with its last refusal. */
  challenge(): McpChallenge | undefined
  close(): Promise<void>
}

/** Sent with requests that are made while it is set. */
export const idempotencyKeys = new AsyncLocalStorage<string>()

const CLIENT = { name: 'Weft', version: '1.9.1' }
/** Answers to a POST of a server that knows only the older transport. */
const OTHER_TRANSPORT = new Set([400, 404, 405, 406, 415, 501])

/**
 * Connects by streamable HTTP, or by the older SSE where the address ends in `sse` or the server does not know better.
 * @throws McpError
 */
export async function connect(server: McpServer, fetch: typeof globalThis.fetch): Promise<McpConnection> {
  const kind = new URL(server.url).pathname.replace(/\/+$/, '').split('/').at(-1)
  if (kind === 'sse') return open('sse', server, fetch)
  try {
    return await open('http', server, fetch)
  } catch (error) {
    const status = statusOf((error as Error).cause)
    if (kind === 'mcp' || status === undefined || !OTHER_TRANSPORT.has(status)) throw error
    return open('sse', server, fetch)
  }
}

async function open(kind: 'http' | 'sse', server: McpServer, fetch: typeof globalThis.fetch): Promise<McpConnection> {
  let challenge: McpChallenge | undefined
  const watched = watchedFetch(server, fetch, response => {
    challenge = challengeIn(response)
  })
  const options = { fetch: watched, requestInit: { headers: server.headers } }
  const url = new URL(server.url)
  const http = kind === 'http' ? new StreamableHTTPClientTransport(url, options) : undefined
  const transport = http ?? new SSEClientTransport(url, options)
  const client = new Client(CLIENT, { capabilities: {} })
  const close = async () => {
    // Not every server lets its sessions be ended.
    await http?.terminateSession().catch(() => undefined)
    await client.close().catch(() => undefined)
  }
  try {
    const { request } = server.timeouts
    await within(request, client.connect(transport as Transport, { timeout: request }))
    return { client, challenge: () => challenge, close }
  } catch (error) {
    await client.close().catch(() => undefined)
    throw mcpFailure(error, challenge)
  }
}

/** A 403 is a challenge only where it says which scope is wanted; without that no authorisation helps. */
function challengeIn(response: Response): McpChallenge | undefined {
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response)
  if (response.status === 403 && (error !== 'insufficient_scope' || !scope)) return undefined
  return { ...(resourceMetadataUrl ? { resourceMetadataUrl: resourceMetadataUrl.href } : {}), ...(scope ? { scope } : {}) }
}

/** A stream that opens but never says where to send requests has no time limit of its own. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = new DOMException('The server did not answer in time', 'TimeoutError')
  const timer = setTimeout(() => reject(late), milliseconds)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** A fetch whose answers to POSTs begin in time, which carries idempotency keys, and which shows refusals. */
function watchedFetch(server: McpServer, fetch: typeof globalThis.fetch, onRefusal: (response: Response) => void): FetchLike {
  return async (url, init) => {
    const isPost = init?.method === 'POST'
    const headers = new Headers(init?.headers)
    const key = isPost ? idempotencyKeys.getStore() : undefined
    if (key !== undefined && !headers.has('x-idempotency-key')) headers.set('x-idempotency-key', key)
    const late = new AbortController()
    const timer = setTimeout(
      () => late.abort(new DOMException('The server did not answer in time', 'TimeoutError')),
      server.timeouts.request,
    )
    try {
      const signal = init?.signal ? AbortSignal.any([init.signal, late.signal]) : late.signal
      const response = await fetch(url, { ...init, headers, signal })
      if (response.status === 401 || response.status === 403) onRefusal(response)
      return response
    } finally {
      clearTimeout(timer)
    }
  }
}
