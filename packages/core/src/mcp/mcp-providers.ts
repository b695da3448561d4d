import { createHash } from 'node:crypto'
import { parseJson, stringifyJson } from '@weft/contracts'
import {
  type Cache,
  type McpAuthorization,
  type McpChallenge,
  type McpClient,
  type McpCredentials,
  McpError,
  type McpServer,
  type McpTool,
  type ToolDeclaration,
  ToolError,
  type ToolIcon,
  type ToolOutput,
} from '@weft/ports'
import { eq, or } from 'drizzle-orm'
import { newId } from '../database/columns.ts'
import type { Database } from '../database/database.ts'
import { grantTenantScope, type TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { HIDDEN_VALUE, maskToolSecret } from '../secrets/masking.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { accountNames } from '../tools/tool-authors.ts'
import type { ToolSource } from '../tools/tool-source.ts'
import { mcpArguments, mcpOutputs } from './mcp-outputs.ts'
import { declareMcpTool } from './mcp-parameters.ts'
import { type McpProvider, toolMcpProviders } from './mcp-tables.ts'

export interface McpProviderInput {
  name: string
  serverUrl: string
  serverIdentifier: string
  icon: ToolIcon
  /** Seconds; undefined leaves them as they are. */
  timeout: number | undefined
  sseReadTimeout: number | undefined
  headers: Record<string, string> | undefined
}

/** An MCP server as its keepers see it. */
export interface McpProviderOverview {
  provider: McpProvider
  author: string
  /** The address with its path hidden. */
  maskedUrl: string
  maskedHeaders: Record<string, string>
  icon: ToolIcon
  tools: ToolDeclaration[]
}

/** MCP servers whose tools workspaces use. */
export interface McpProviders extends ToolSource {
  list(scope: TenantScope): Promise<McpProviderOverview[]>
  /** @throws DomainError */
  get(scope: TenantScope, providerId: string): Promise<McpProviderOverview>
  /** @throws DomainError where the name, address or identifier is taken */
  create(scope: TenantScope, accountId: string, input: McpProviderInput): Promise<McpProviderOverview>
  /** An address with `[__HIDDEN__]` in it stays, and so does a header that comes back masked. A new address is called. @throws DomainError */
  update(scope: TenantScope, providerId: string, input: McpProviderInput): Promise<void>
  /** @throws DomainError */
  remove(scope: TenantScope, providerId: string): Promise<void>
  /** Asks the server anew for its tools. @throws DomainError */
  refreshTools(scope: TenantScope, providerId: string): Promise<McpProviderOverview>
  /** Connects; where the server wants an authorisation, gives the address to send the user to. @throws DomainError */
  authorize(scope: TenantScope, providerId: string, redirectUrl: string): Promise<{ authorizationUrl?: string }>
  /** Takes up what `authorize` began, when the user comes back. @throws DomainError */
  finishAuthorization(state: string, code: string): Promise<void>
}

export interface McpProvidersOptions {
  database: Database
  secrets: Secrets
  cache: Cache
  client: McpClient
  authorization: McpAuthorization
  /** Where an uploaded picture is shown. */
  pictureAddress(scope: TenantScope, fileId: string): string
  onChange(scope: TenantScope): void
}

interface State {
  tenantId: string
  providerId: string
  redirectUrl: string
  codeVerifier: string
}

const [URL_SECRET, HEADERS_SECRET, CREDENTIALS_SECRET] = ['mcp-server-url', 'mcp-headers', 'mcp-credentials']
const STATE_SECONDS = 300
const REFRESHED_BEFORE = 60_000
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const UNAUTHORIZED = 'Please auth the tool first'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

export function createMcpProviders(options: McpProvidersOptions): McpProviders {
  const { database, secrets, cache, client, authorization, pictureAddress, onChange } = options
  const rows = (scope: TenantScope) => database.tenant(scope)

  async function find(scope: TenantScope, id: string): Promise<McpProvider> {
    const provider = UUID.test(id) ? await rows(scope).first(toolMcpProviders, { where: eq(toolMcpProviders.id, id) }) : undefined
    if (!provider) throw new DomainError('invalid_param', 'MCP tool not found')
    return provider
  }

  const urlOf = (scope: TenantScope, { serverUrl }: McpProvider) => secrets.decrypt(scope, URL_SECRET, serverUrl)

  async function headersOf(scope: TenantScope, { headers }: McpProvider): Promise<Record<string, string>> {
    return headers ? (parseJson(await secrets.decrypt(scope, HEADERS_SECRET, headers)) as Record<string, string>) : {}
  }

  async function credentialsOf(scope: TenantScope, { credentials }: Pick<McpProvider, 'credentials'>): Promise<McpCredentials> {
    return credentials ? (JSON.parse(await secrets.decrypt(scope, CREDENTIALS_SECRET, credentials)) as McpCredentials) : {}
  }

  const sealCredentials = (scope: TenantScope, credentials: McpCredentials) =>
    secrets.encrypt(scope, CREDENTIALS_SECRET, JSON.stringify(credentials))
  const sealHeaders = async (scope: TenantScope, headers: Record<string, string> | undefined) =>
    headers && Object.keys(headers).length ? secrets.encrypt(scope, HEADERS_SECRET, stringifyJson(headers)) : null

  async function change(scope: TenantScope, id: string, set: Parameters<ReturnType<typeof rows>['update']>[1]['set']): Promise<void> {
    await rows(scope).update(toolMcpProviders, { set: { ...set, updatedAt: new Date() }, where: eq(toolMcpProviders.id, id) })
    onChange(scope)
  }

  async function serverOf(scope: TenantScope, provider: McpProvider, credentials: McpCredentials): Promise<McpServer> {
    const { tokens } = credentials
    const url = await urlOf(scope, provider)
    const own = await headersOf(scope, provider)
    const proof: Record<string, string> = tokens ? { Authorization: `${capitalized(tokens.token_type)} ${tokens.access_token}` } : {}
    const kept = Object.entries(own).filter(([name]) => !tokens || name.toLowerCase() !== 'authorization')
    const headers = { ...Object.fromEntries(kept), ...proof }
    const timeouts = { request: provider.timeout * 1000, stream: provider.sseReadTimeout * 1000 }
    return { key: hashOf(stringifyJson([scope.tenantId, provider.id, url, headers, timeouts])), url, headers, timeouts }
  }

  /** New tokens for the old. Whoever comes second takes what the first has got. */
  async function refresh(scope: TenantScope, provider: McpProvider, used: McpCredentials): Promise<McpCredentials> {
    return database.transaction(async tx => {
      const row = await tx.tenant(scope).first(toolMcpProviders, { where: eq(toolMcpProviders.id, provider.id), lock: 'update' })
      if (!row) throw new McpError('unauthorized', 'the server is gone')
      const stored = await credentialsOf(scope, row)
      if (stored.tokens && stored.tokens.access_token !== used.tokens?.access_token) return stored
      const refreshed = await authorization.refresh({ serverUrl: await urlOf(scope, row), credentials: stored })
      const set = { credentials: await sealCredentials(scope, refreshed), isAuthorized: true }
      await tx.tenant(scope).update(toolMcpProviders, { set, where: eq(toolMcpProviders.id, row.id) })
      return refreshed
    })
  }

  /** Does the work with tokens that hold. @throws McpError */
  async function withServer<T>(scope: TenantScope, provider: McpProvider, work: (server: McpServer) => Promise<T>): Promise<T> {
    let credentials = await credentialsOf(scope, provider)
    const { tokens } = credentials
    if (tokens?.refresh_token && tokens.expires_at !== undefined && tokens.expires_at - REFRESHED_BEFORE < Date.now()) {
      credentials = await refresh(scope, provider, credentials)
    }
    try {
      return await work(await serverOf(scope, provider, credentials))
    } catch (error) {
      if (!(error instanceof McpError) || error.code !== 'unauthorized' || !credentials.tokens?.refresh_token) throw error
      const refreshed = await refresh(scope, provider, credentials).catch(() => {
        throw error
      })
      return work(await serverOf(scope, provider, refreshed))
    }
  }

  const iconOf = (scope: TenantScope, { icon }: McpProvider): ToolIcon => (typeof icon === 'string' ? pictureAddress(scope, icon) : icon)

  async function overviews(scope: TenantScope, providers: McpProvider[]): Promise<McpProviderOverview[]> {
    const authors = await accountNames(
      database,
      providers.map(({ userId }) => userId),
    )
    return Promise.all(
      providers.map(async provider => {
        const author = authors.get(provider.userId) ?? 'Anonymous'
        const icon = iconOf(scope, provider)
        const about = { identifier: provider.serverIdentifier, author, icon }
        return {
          provider,
          author,
          icon,
          maskedUrl: maskedUrl(await urlOf(scope, provider)),
          maskedHeaders: masked(await headersOf(scope, provider)),
          tools: provider.tools.map(tool => declareMcpTool(tool, about)),
        }
      }),
    )
  }

  async function overview(scope: TenantScope, id: string): Promise<McpProviderOverview> {
    const [found] = await overviews(scope, [await find(scope, id)])
    return found as McpProviderOverview
  }

  async function checkFree(scope: TenantScope, { name, serverIdentifier }: McpProviderInput, url: string | undefined, id?: string) {
    const urlHash = url === undefined ? undefined : hashOf(url)
    const same = [eq(toolMcpProviders.name, name), eq(toolMcpProviders.serverIdentifier, serverIdentifier)]
    const where = or(...same, ...(urlHash ? [eq(toolMcpProviders.serverUrlHash, urlHash)] : []))
    for (const other of await rows(scope).find(toolMcpProviders, { where })) {
      if (other.id === id) continue
      const taken = other.name === name ? name : other.serverUrlHash === urlHash ? url : serverIdentifier
      throw new DomainError('invalid_param', `MCP tool ${taken} already exists`)
    }
  }

  const toolsOf = (scope: TenantScope, provider: McpProvider): Promise<McpTool[]> =>
    withServer(scope, provider, server => client.listTools(server))

  /** What a new address means for what is stored of the old one. */
  async function reconnected(scope: TenantScope, provider: McpProvider) {
    try {
      return { isAuthorized: true, tools: await toolsOf(scope, provider), credentials: null }
    } catch (error) {
      if (!(error instanceof McpError)) throw error
      if (error.code === 'unauthorized') return { isAuthorized: false, tools: [], credentials: null }
      throw new DomainError('invalid_param', `Failed to re-connect MCP server: ${error.message}`, { cause: error })
    }
  }

  async function invoke(scope: TenantScope, provider: McpProvider, call: Parameters<McpClient['callTool']>[1]) {
    try {
      return await withServer(scope, provider, server => client.callTool(server, call))
    } catch (error) {
      call.signal?.throwIfAborted()
      if (!(error instanceof McpError)) throw error
      if (error.challenge.scope) await noteMissingScope(scope, provider.id, error.challenge.scope)
      throw new ToolError(error.code === 'unauthorized' ? 'credentials' : 'failed', wordsFor(error), { cause: error })
    }
  }

  /** So that whoever authorises the server anew asks for it. */
  async function noteMissingScope(scope: TenantScope, id: string, missingScope: string): Promise<void> {
    const credentials = await credentialsOf(scope, await find(scope, id))
    await change(scope, id, { credentials: await sealCredentials(scope, { ...credentials, missingScope }), isAuthorized: false })
  }

  return {
    async list(scope) {
      return overviews(scope, await rows(scope).find(toolMcpProviders, { orderBy: toolMcpProviders.name }))
    },
    get: overview,
    async create(scope, accountId, input) {
      checkInput(input)
      await checkFree(scope, input, input.serverUrl)
      const { id } = await rows(scope).insert(toolMcpProviders, {
        userId: accountId,
        name: input.name,
        serverIdentifier: input.serverIdentifier,
        serverUrl: await secrets.encrypt(scope, URL_SECRET, input.serverUrl),
        serverUrlHash: hashOf(input.serverUrl),
        headers: await sealHeaders(scope, input.headers),
        icon: input.icon,
        tools: [],
        ...(input.timeout === undefined ? {} : { timeout: input.timeout }),
        ...(input.sseReadTimeout === undefined ? {} : { sseReadTimeout: input.sseReadTimeout }),
      })
      return overview(scope, id)
    },
    async update(scope, id, input) {
      const provider = await find(scope, id)
      const isSame = input.serverUrl.includes(HIDDEN_VALUE)
      checkInput({ ...input, serverUrl: isSame ? await urlOf(scope, provider) : input.serverUrl })
      await checkFree(scope, input, isSame ? undefined : input.serverUrl, id)
      const moved = !isSame && hashOf(input.serverUrl) !== provider.serverUrlHash
      const address = moved
        ? { serverUrl: await secrets.encrypt(scope, URL_SECRET, input.serverUrl), serverUrlHash: hashOf(input.serverUrl) }
        : {}
      const headers = input.headers && (await sealHeaders(scope, unmasked(input.headers, await headersOf(scope, provider))))
      const set = {
        name: input.name,
        serverIdentifier: input.serverIdentifier,
        icon: input.icon,
        ...address,
        ...(headers === undefined ? {} : { headers }),
        ...(input.timeout === undefined ? {} : { timeout: input.timeout }),
        ...(input.sseReadTimeout === undefined ? {} : { sseReadTimeout: input.sseReadTimeout }),
      }
      // Tokens are for the server that they were given for, and for no other.
      const found = moved ? await reconnected(scope, { ...provider, ...set, credentials: null }) : {}
      await change(scope, id, { ...set, ...found })
    },
    async remove(scope, id) {
      const provider = await find(scope, id)
      await rows(scope).delete(toolMcpProviders, eq(toolMcpProviders.id, provider.id))
      onChange(scope)
    },
    async refreshTools(scope, id) {
      const provider = await find(scope, id)
      try {
        const tools = await toolsOf(scope, provider)
        await change(scope, id, { tools, isAuthorized: true })
      } catch (error) {
        if (!(error instanceof McpError)) throw error
        throw new DomainError('invalid_param', wordsFor(error), { cause: error })
      }
      return overview(scope, id)
    },
    async authorize(scope, id, redirectUrl) {
      const provider = await find(scope, id)
      const { missingScope } = await credentialsOf(scope, provider)
      if (missingScope) return begin(scope, provider, redirectUrl, { scope: missingScope })
      try {
        const tools = await toolsOf(scope, provider)
        await change(scope, id, { tools, isAuthorized: true })
        return {}
      } catch (error) {
        if (!(error instanceof McpError)) throw error
        if (error.code !== 'unauthorized') {
          await change(scope, id, { isAuthorized: false, tools: [] })
          throw new DomainError('invalid_param', `Failed to connect to MCP server: ${error.message}`, { cause: error })
        }
        return begin(scope, provider, redirectUrl, error.challenge)
      }
    },
    async finishAuthorization(stateKey, code) {
      const kept = await cache.take(stateName(stateKey))
      if (!kept) throw new DomainError('invalid_param', 'State parameter has expired or does not exist')
      const { tenantId, providerId, redirectUrl, codeVerifier } = JSON.parse(kept) as State
      const scope = grantTenantScope(tenantId)
      const provider = await find(scope, providerId)
      const credentials = await credentialsOf(scope, provider)
      const serverUrl = await urlOf(scope, provider)
      try {
        const finished = await authorization.finish({ serverUrl, credentials, redirectUrl, code, codeVerifier })
        const sealed = await sealCredentials(scope, finished)
        await change(scope, providerId, { credentials: sealed, isAuthorized: true })
        const tools = await toolsOf(scope, { ...provider, credentials: sealed }).catch(() => undefined)
        if (tools) await change(scope, providerId, { tools })
      } catch (error) {
        if (!(error instanceof McpError)) throw error
        throw new DomainError('invalid_param', `The authorization failed: ${error.message}`, { cause: error })
      }
    },
    async find(scope, { providerId, toolName }) {
      const provider = await rows(scope).first(toolMcpProviders, { where: eq(toolMcpProviders.serverIdentifier, providerId) })
      if (!provider) throw new ToolError('not-found', `mcp provider ${providerId} not found`)
      const tool = provider.tools.find(({ name }) => name === toolName)
      if (!tool) throw new ToolError('not-found', `Tool with name ${toolName} not found`)
      const about = { identifier: providerId, author: '', icon: iconOf(scope, provider) }
      return {
        declaration: declareMcpTool(tool, about),
        async *invoke({ parameters, idempotencyKey, signal }): AsyncIterable<ToolOutput> {
          const call = { name: toolName, arguments: mcpArguments(parameters), idempotencyKey, signal }
          yield* mcpOutputs(await invoke(scope, provider, call))
        },
      }
    },
    async icon(scope, providerId) {
      const provider = await rows(scope).first(toolMcpProviders, { where: eq(toolMcpProviders.serverIdentifier, providerId) })
      return provider && iconOf(scope, provider)
    },
  }

  async function begin(scope: TenantScope, provider: McpProvider, redirectUrl: string, challenge: McpChallenge) {
    const state = newId() + newId().replaceAll('-', '')
    const request = { serverUrl: await urlOf(scope, provider), credentials: await credentialsOf(scope, provider), redirectUrl, state }
    try {
      const begun = await authorization.begin({ ...request, challenge })
      const { codeVerifier } = begun
      const kept: State = { tenantId: scope.tenantId, providerId: provider.id, redirectUrl, codeVerifier }
      await cache.set(stateName(state), JSON.stringify(kept), STATE_SECONDS)
      await change(scope, provider.id, { credentials: await sealCredentials(scope, begun.credentials), isAuthorized: false, tools: [] })
      return { authorizationUrl: begun.authorizationUrl }
    } catch (error) {
      if (!(error instanceof McpError)) throw error
      throw new DomainError('invalid_param', `Failed to authenticate: ${error.message}`, { cause: error })
    }
  }
}

const stateName = (state: string) => `mcp-oauth-state:${hashOf(state)}`

function wordsFor(error: McpError): string {
  if (error.code === 'unauthorized') return UNAUTHORIZED
  return error.code === 'protocol' ? `Failed to invoke tool: ${error.message}` : `Failed to connect to MCP server: ${error.message}`
}

function checkInput({ name, serverIdentifier, serverUrl, timeout, sseReadTimeout }: McpProviderInput): void {
  if (!isHttpUrl(serverUrl)) throw new DomainError('invalid_param', 'Server URL is not valid.')
  if (!name || name.length > 40) throw new DomainError('invalid_param', 'The name must have 1 to 40 characters.')
  if (!serverIdentifier || serverIdentifier.length > 64) {
    throw new DomainError('invalid_param', 'The server identifier must have 1 to 64 characters.')
  }
  for (const seconds of [timeout, sseReadTimeout]) {
    if (seconds !== undefined && !(seconds > 0 && seconds <= 86_400))
      throw new DomainError('invalid_param', 'A time limit must be above 0 seconds.')
  }
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:'
}

function maskedUrl(text: string): string {
  const url = new URL(text)
  return url.pathname && url.pathname !== '/' ? `${url.protocol}//${url.host}/******` : `${url.protocol}//${url.host}`
}

function masked(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, maskToolSecret(String(value))]))
}

function unmasked(headers: Record<string, string>, stored: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const before = stored[name]
      return [name, before !== undefined && (value === maskToolSecret(before) || value === HIDDEN_VALUE) ? before : value]
    }),
  )
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()
}
