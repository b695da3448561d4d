import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js'
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js'
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'

export interface TestMcpTool {
  name: string
  description?: string
  inputSchema?: unknown
  call(values: Record<string, unknown>): CallToolResult | Promise<CallToolResult>
}

/** A server of the reference SDK. */
export interface TestMcpServer extends AsyncDisposable {
  origin: string
  /** `mcp` and `tools` are streamable HTTP, `sse` and `events` the older transport. */
  url(path?: 'mcp' | 'sse' | 'tools' | 'events'): string
  /** What has come in: method, path and headers of each request, in order. */
  requests: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[]
  /** Tools as the server lists them from now on. */
  tools: TestMcpTool[]
  /** How a request is answered before the protocol sees it; undefined lets it through. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** Ends all sessions, as a server that starts anew does. */
  forgetSessions(): void
  /** Makes tokens that were given out worthless. Refresh tokens stay good. */
  revokeAccessTokens(): void
}

export interface TestMcpServerOptions {
  tools?: TestMcpTool[]
  /** Clients must be authorised, and may register themselves. */
  hasOAuth?: boolean
  /** Tools per page of the list; all at once unless given. */
  pageSize?: number
}

export async function startTestMcpServer(options: TestMcpServerOptions = {}): Promise<TestMcpServer> {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const streams = new Map<string, SSEServerTransport>()
  const oauth = options.hasOAuth ? createAuthorizationServer() : undefined
  const http = createServer((request, response) => void route(request, response))
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const authApp = oauth?.mount(origin)

  const weft: TestMcpServer = {
    origin,
    url: (path = 'mcp') => `${origin}/${path}`,
    requests: [],
    tools: options.tools ?? [],
    intercept: undefined,
    forgetSessions: () => sessions.clear(),
    revokeAccessTokens: () => oauth?.revoke(),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise<void>(resolve => http.close(() => resolve()))
    },
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', origin).pathname
    if (path.startsWith('/.well-known') || ['/authorize', '/token', '/register'].includes(path)) {
      if (authApp) return authApp(request, response)
      return void response.writeHead(404).end()
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    weft.requests.push({ method: request.method ?? '', path, headers: request.headers, body })
    if (weft.intercept?.(request, response)) return
    if (oauth && !oauth.isValid(request.headers.authorization)) {
      const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`
      return void response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }).end()
    }
    const message: unknown = body ? JSON.parse(body) : undefined
    if ((path === '/sse' || path === '/events') && request.method === 'GET') return openStream(response)
    if (path === '/messages') {
      const stream = streams.get(new URL(request.url ?? '/', origin).searchParams.get('sessionId') ?? '')
      return stream ? stream.handlePostMessage(request, response, message) : void response.writeHead(404).end()
    }
    if (path === '/mcp' || path === '/tools') return handleMessage(request, response, message)
    response.writeHead(404).end()
  }

  async function openStream(response: ServerResponse): Promise<void> {
    const transport = new SSEServerTransport('/messages', response)
    streams.set(transport.sessionId, transport)
    await protocol(weft, options).connect(transport)
  }

  async function handleMessage(request: IncomingMessage, response: ServerResponse, message: unknown): Promise<void> {
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (id && !known)
      return void response.writeHead(404).end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}')
    if (known) return known.handleRequest(request, response, message)
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: sessionId => void sessions.set(sessionId, transport),
      onsessionclosed: sessionId => void sessions.delete(sessionId),
    })
    await protocol(weft, options).connect(transport as Parameters<Server['connect']>[0])
    await transport.handleRequest(request, response, message)
  }
  return weft
}

function protocol(weft: TestMcpServer, { pageSize }: TestMcpServerOptions): Server {
  const server = new Server({ name: 'test', version: '1' }, { capabilities: { tools: {} } })
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const start = Number(params?.cursor ?? 0)
    const end = pageSize ? start + pageSize : weft.tools.length
    const tools = weft.tools.slice(start, end).map(({ call: _, inputSchema = { type: 'object' }, ...tool }) => ({ ...tool, inputSchema }))
    return { tools: tools as never, ...(end < weft.tools.length ? { nextCursor: String(end) } : {}) }
  })
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const tool = weft.tools.find(({ name }) => name === params.name)
    if (!tool) throw new Error(`Tool ${params.name} not found`)
    return tool.call(params.arguments ?? {})
  })
  return server
}

/** The SDK's authorisation server: registration, PKCE, refresh. Everyone is let in at once. */
function createAuthorizationServer() {
  const clients = new Map<string, OAuthClientInformationFull>()
  const codes = new Map<string, string>()
  const accessTokens = new Set<string>()
  const refreshTokens = new Set<string>()
  const give = () => {
    const tokens = { access_token: randomUUID(), refresh_token: randomUUID(), token_type: 'bearer', expires_in: 3600 }
    accessTokens.add(tokens.access_token)
    refreshTokens.add(tokens.refresh_token)
    return tokens
  }
  return {
    isValid: (authorization: string | undefined) => accessTokens.has(authorization?.replace(/^Bearer /, '') ?? ''),
    revoke: () => accessTokens.clear(),
    mount(origin: string): (request: IncomingMessage, response: ServerResponse) => void {
      const app = createMcpExpressApp()
      app.use(
        mcpAuthRouter({
          issuerUrl: new URL(origin),
          resourceServerUrl: new URL('/mcp', origin),
          provider: {
            clientsStore: {
              getClient: (id: string) => clients.get(id),
              registerClient(client) {
                const registered = client as OAuthClientInformationFull
                clients.set(registered.client_id, registered)
                return registered
              },
            },
            async authorize(_client, { redirectUri, state, codeChallenge }, response) {
              const code = randomUUID()
              codes.set(code, codeChallenge)
              const target = new URL(redirectUri)
              target.search = new URLSearchParams({ code, ...(state ? { state } : {}) }).toString()
              ;(response as unknown as ServerResponse).writeHead(302, { location: target.href }).end()
            },
            challengeForAuthorizationCode: async (_client, code) => codes.get(code) ?? '',
            async exchangeAuthorizationCode(_client, code) {
              if (!codes.delete(code)) throw new Error('unknown code')
              return give()
            },
            async exchangeRefreshToken(_client, token) {
              if (!refreshTokens.delete(token)) throw new Error('unknown refresh token')
              return give()
            },
            async verifyAccessToken(token) {
              if (!accessTokens.has(token)) throw new Error('unknown token')
              return { token, clientId: 'any', scopes: [], expiresAt: Math.floor(Date.now() / 1000) + 3600 }
            },
          },
        }),
      )
      return app as unknown as (request: IncomingMessage, response: ServerResponse) => void
    },
  }
}
