import {
  discoverAuthorizationServerMetadata,
  discoverOAuthServerInfo,
  exchangeAuthorization,
  refreshAuthorization,
  registerClient,
  startAuthorization,
} from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { checkResourceAllowed, resourceUrlFromServerUrl } from '@modelcontextprotocol/sdk/shared/auth-utils.js'
import { type McpAuthorization, type McpCredentials, McpError, type McpOAuthClient } from '@weft/ports'

/** OAuth for MCP servers by the reference SDK; every request passes the gate. */
export function createMcpAuthorization({ fetch }: { fetch: typeof globalThis.fetch }): McpAuthorization {
  const fetchFn = (url: string | URL, init?: RequestInit) => fetch(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(30_000) })

  /** The authorisation server that tokens are from, with what it says of itself. */
  async function issuerOf(credentials: McpCredentials, serverUrl: string) {
    if (credentials.issuer === undefined) {
      const found = await discoverOAuthServerInfo(serverUrl, { fetchFn })
      return { issuer: found.authorizationServerUrl, metadata: found.authorizationServerMetadata }
    }
    return { issuer: credentials.issuer, metadata: await discoverAuthorizationServerMetadata(credentials.issuer, { fetchFn }) }
  }

  return {
    begin: ({ serverUrl, challenge, credentials, redirectUrl, state }) =>
      told(async () => {
        const options = {
          fetchFn,
          ...(challenge.resourceMetadataUrl ? { resourceMetadataUrl: new URL(challenge.resourceMetadataUrl) } : {}),
        }
        const {
          authorizationServerUrl: issuer,
          authorizationServerMetadata: metadata,
          resourceMetadata,
        } = await discoverOAuthServerInfo(serverUrl, options)
        const scope = challenge.scope ?? resourceMetadata?.scopes_supported?.join(' ')
        const isKnown = credentials.client !== undefined && (credentials.issuer ?? issuer) === issuer
        const client: McpOAuthClient = isKnown
          ? (credentials.client as McpOAuthClient)
          : await registerClient(issuer, { metadata, clientMetadata: clientMetadata(redirectUrl, scope), fetchFn })
        const resource = resourceMetadata && ownResource(serverUrl, resourceMetadata.resource)
        const { authorizationUrl, codeVerifier } = await startAuthorization(issuer, {
          metadata,
          clientInformation: client,
          redirectUrl,
          state,
          ...(scope ? { scope } : {}),
          ...(resource ? { resource } : {}),
        })
        // The verifier is worth nothing to whoever only sees the address.
        return { authorizationUrl: authorizationUrl.href, codeVerifier, credentials: { client, issuer, ...(resource ? { resource } : {}) } }
      }),
    finish: ({ serverUrl, credentials, redirectUrl, code, codeVerifier }) =>
      told(async () => {
        const { client: clientInformation, resource } = credentials
        if (!clientInformation) throw new McpError('unauthorized', 'there is no client to exchange the code for: begin again')
        const { issuer, metadata } = await issuerOf(credentials, serverUrl)
        const tokens = await exchangeAuthorization(issuer, {
          metadata,
          clientInformation,
          authorizationCode: code,
          codeVerifier,
          redirectUri: redirectUrl,
          fetchFn,
          ...(resource ? { resource } : {}),
        })
        return { ...credentials, issuer, tokens: timed(tokens) }
      }),
    refresh: ({ serverUrl, credentials }) =>
      told(async () => {
        const { client: clientInformation, resource, tokens } = credentials
        if (!clientInformation || !tokens?.refresh_token) throw new McpError('unauthorized', 'the server asks for an authorization')
        const { issuer, metadata } = await issuerOf(credentials, serverUrl)
        const refreshed = await refreshAuthorization(issuer, {
          metadata,
          clientInformation,
          refreshToken: tokens.refresh_token,
          fetchFn,
          ...(resource ? { resource } : {}),
        })
        return { ...credentials, issuer, tokens: timed(refreshed) }
      }),
  }
}

/** A server may only name itself, or a part of the address that leads to it. @throws McpError */
function ownResource(serverUrl: string, resource: string): string {
  const requestedResource = resourceUrlFromServerUrl(serverUrl)
  if (checkResourceAllowed({ requestedResource, configuredResource: resource })) return resource
  throw new McpError('unauthorized', `the server asks for an authorization to ${resource}, which it is not`)
}

function clientMetadata(redirectUrl: string, scope: string | undefined) {
  return {
    client_name: 'Weft',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    ...(scope ? { scope } : {}),
  }
}

function timed({ access_token, token_type, refresh_token, scope, expires_in }: OAuthTokens) {
  return {
    access_token,
    token_type,
    ...(refresh_token ? { refresh_token } : {}),
    ...(scope ? { scope } : {}),
    ...(expires_in === undefined ? {} : { expires_at: Date.now() + expires_in * 1000 }),
  }
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof McpError) throw error
    throw new McpError('unauthorized', error instanceof Error ? error.message : String(error), { cause: error })
  }
}
