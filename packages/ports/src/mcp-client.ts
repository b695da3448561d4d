import type { ValueMap } from '@weft/contracts'

/** Speaks to MCP servers: connects, lists their tools, calls them. */
export interface McpClient extends AsyncDisposable {
  /** All tools, over every page of the list. @throws McpError */
  listTools(server: McpServer, signal?: AbortSignal): Promise<McpTool[]>
  /** @throws McpError */
  callTool(server: McpServer, call: McpToolCall): Promise<McpToolResult>
  /** Closes the connections to the server that are kept open for the next call. */
  forget(key: string): Promise<void>
}

export interface McpServer {
  /** Connections are kept per key: the same key means the same address, headers and rights. */
  key: string
  url: string
  headers: Record<string, string>
  /** Milliseconds until an answer to a request must have begun, and between two pieces of a stream. */
  timeouts: { request: number; stream: number }
}

/** As the server describes it. */
export interface McpTool {
  name: string
  description: string
  inputSchema: ValueMap
  outputSchema: ValueMap
}

export interface McpToolCall {
  name: string
  arguments: ValueMap
  idempotencyKey: string
  signal?: AbortSignal
}

export interface McpToolResult {
  /** Kinds that this client does not know are left out. */
  content: McpContent[]
  isError: boolean
}

export type McpContent =
  | { type: 'text'; text: string }
  | { type: 'image' | 'audio'; bytes: Uint8Array; mimeType: string }
  | { type: 'resource'; uri: string; mimeType: string | null; text: string | null; bytes: Uint8Array | null }
  | { type: 'resource-link'; uri: string; name: string }

export type McpErrorCode =
  /** The server wants an authorisation, or a wider one than the tokens stand for. */
  | 'unauthorized'
  | 'connection-failed'
  | 'timeout'
  /** The server answered with a JSON-RPC error, or not in the protocol. */
  | 'protocol'

/** What a server says along with its refusal: where its authorisation is described, and what to ask for. */
export interface McpChallenge {
  resourceMetadataUrl?: string
  scope?: string
}

export class McpError extends Error {
  readonly code: McpErrorCode
  readonly challenge: McpChallenge
  constructor(code: McpErrorCode, message: string, options?: ErrorOptions & { challenge?: McpChallenge }) {
    super(message, options)
    this.name = 'McpError'
    this.code = code
    this.challenge = options?.challenge ?? {}
  }
}

/** What a client of an authorisation server must keep. Members are spelled as in OAuth. */
export interface McpCredentials {
  client?: McpOAuthClient
  tokens?: McpOAuthTokens
  /** The authorisation server that the client is registered with. */
  issuer?: string
  /** What the tokens are for, by the server's own name for itself. */
  resource?: string
  /** What a tool has asked for and the tokens do not allow. */
  missingScope?: string
}

export interface McpOAuthClient {
  client_id: string
  client_secret?: string
  redirect_uris?: string[]
  token_endpoint_auth_method?: string
}

export interface McpOAuthTokens {
  access_token: string
  token_type: string
  refresh_token?: string
  scope?: string
  /** Milliseconds since the epoch; undefined where the server does not say. */
  expires_at?: number
}

/** OAuth as MCP servers ask for it: discovery, dynamic registration, PKCE, refresh. */
export interface McpAuthorization {
  /** Finds the authorisation server, registers where there is no client yet, and makes the address to send the user to. @throws McpError */
  begin(request: { serverUrl: string; challenge: McpChallenge; credentials: McpCredentials; redirectUrl: string; state: string }): Promise<{
    authorizationUrl: string
    codeVerifier: string
    credentials: McpCredentials
  }>
  /** Exchanges the code. @throws McpError */
  finish(request: {
    serverUrl: string
    credentials: McpCredentials
    redirectUrl: string
    code: string
    codeVerifier: string
  }): Promise<McpCredentials>
  /** New tokens for the refresh token. @throws McpError where there is none or it is refused */
  refresh(request: { serverUrl: string; credentials: McpCredentials }): Promise<McpCredentials>
}
