import { CallToolResultSchema, type ContentBlock, ResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { isValueMap, stringifyJson, type ValueMap } from '@weft/contracts'
import { type McpClient, type McpContent, McpError, type McpServer, type McpTool } from '@weft/ports'
import { connect, idempotencyKeys, type McpConnection } from './mcp-connection.ts'
import { mcpFailure, statusOf } from './mcp-failure.ts'

export interface McpClientOptions {
  /** Passes the gate for outbound requests. */
  fetch: typeof globalThis.fetch
  /** Milliseconds that an unused connection is kept. Default 30 s. */
  keepFor?: number
}

interface Kept {
  connection: Promise<McpConnection>
  /** Calls that use it now. */
  users: number
  timer?: NodeJS.Timeout
}

const MOST_PAGES = 100
const MOST_TOOLS = 1000
const MOST_CONNECTIONS = 500

/** Speaks MCP by the reference SDK. Connections are kept for a while, so that a call costs one request. */
export function createMcpClient({ fetch, keepFor = 30_000 }: McpClientOptions): McpClient {
  const kept = new Map<string, Kept>()

  function enter(server: McpServer): Kept {
    const known = kept.get(server.key)
    if (known) {
      clearTimeout(known.timer)
      known.users++
      return known
    }
    const entry: Kept = { connection: connect(server, fetch), users: 1 }
    entry.connection.catch(() => kept.get(server.key) === entry && kept.delete(server.key))
    kept.set(server.key, entry)
    const idle = kept.size > MOST_CONNECTIONS ? [...kept].find(([, other]) => !other.users) : undefined
    if (idle) void drop(idle[0], idle[1])
    return entry
  }

  function leave(key: string, entry: Kept): void {
    entry.users--
    if (entry.users > 0) return
    if (kept.get(key) !== entry) {
      void drop(key, entry)
      return
    }
    entry.timer = setTimeout(() => void drop(key, entry), keepFor)
    entry.timer.unref()
  }

  async function drop(key: string, entry: Kept): Promise<void> {
    clearTimeout(entry.timer)
    if (kept.get(key) === entry) kept.delete(key)
    if (entry.users > 0) return
    await entry.connection.then(
      connection => connection.close(),
      () => undefined,
    )
  }

  /** Does the work over a kept connection; over a new one where the server has forgotten the session of that one. */
  async function over<T>(server: McpServer, work: (connection: McpConnection) => Promise<T>): Promise<T> {
    for (let isFirst = true; ; isFirst = false) {
      const wasKept = kept.has(server.key)
      const entry = enter(server)
      try {
        const connection = await entry.connection
        try {
          return await work(connection)
        } catch (error) {
          const isForgotten = isFirst && wasKept && statusOf(error) === 404
          if (!isTold(error)) void drop(server.key, entry)
          if (isForgotten) continue
          throw mcpFailure(error, connection.challenge())
        }
      } finally {
        leave(server.key, entry)
      }
    }
  }

  return {
    listTools: (server, signal) =>
      over(server, async ({ client }) => {
        const tools: McpTool[] = []
        let cursor: string | undefined
        for (let page = 0; page < MOST_PAGES && tools.length < MOST_TOOLS; page++) {
          const params = cursor === undefined ? {} : { cursor }
          const options = { timeout: server.timeouts.request, ...(signal ? { signal } : {}) }
          const result: Record<string, unknown> = await client.request({ method: 'tools/list', params }, ResultSchema, options)
          if (!Array.isArray(result.tools)) throw new McpError('protocol', 'the server answered without a list of tools')
          tools.push(...result.tools.flatMap(readTool))
          cursor = typeof result.nextCursor === 'string' && result.nextCursor ? result.nextCursor : undefined
          if (cursor === undefined) break
        }
        return tools
      }),
    callTool: (server, { name, arguments: values, idempotencyKey, signal }) =>
      over(server, ({ client }) =>
        idempotencyKeys.run(idempotencyKey, async () => {
          const params = { name, arguments: JSON.parse(stringifyJson(values)) as Record<string, unknown> }
          const options = { timeout: server.timeouts.stream, resetTimeoutOnProgress: true, ...(signal ? { signal } : {}) }
          const result = await client.request({ method: 'tools/call', params }, CallToolResultSchema, options)
          return { content: result.content.flatMap(readContent), isError: result.isError === true }
        }),
      ),
    async forget(key) {
      const entry = kept.get(key)
      if (!entry) return
      kept.delete(key)
      await drop(key, entry)
    },
    async [Symbol.asyncDispose]() {
      const all = [...kept]
      kept.clear()
      await Promise.all(all.map(([key, entry]) => drop(key, { ...entry, users: 0 })))
    },
  }
}

/** Whether the server has answered, if only by an error: the connection is as good as before. */
function isTold(error: unknown): boolean {
  return mcpFailure(error).code === 'protocol'
}

/** A tool that says too little of itself to be called is left out. */
function readTool(tool: unknown): McpTool[] {
  if (!isValueMap(tool) || typeof tool.name !== 'string' || !tool.name) return []
  const { name, description, inputSchema, outputSchema } = tool
  return [
    {
      name,
      description: typeof description === 'string' ? description : '',
      inputSchema: isValueMap(inputSchema) ? (inputSchema as ValueMap) : {},
      outputSchema: isValueMap(outputSchema) ? (outputSchema as ValueMap) : {},
    },
  ]
}

function readContent(block: ContentBlock): McpContent[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'text', text: block.text }]
    case 'image':
    case 'audio':
      return [{ type: block.type, bytes: Buffer.from(block.data, 'base64'), mimeType: block.mimeType }]
    case 'resource_link':
      return [{ type: 'resource-link', uri: block.uri, name: block.name }]
    case 'resource': {
      const { resource } = block
      const text = 'text' in resource ? resource.text : null
      const bytes = 'blob' in resource ? Buffer.from(resource.blob, 'base64') : null
      return [{ type: 'resource', uri: resource.uri, mimeType: resource.mimeType ?? null, text, bytes }]
    }
    default:
      return []
  }
}
