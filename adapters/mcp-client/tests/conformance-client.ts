// What the protocol's conformance suite runs: our client, used as the platform uses it. The last argument is the server's address.
import type { ValueMap } from '@weft/contracts'
import type { McpCredentials, McpServer } from '@weft/ports'
import { McpError } from '@weft/ports'
import { createMcpAuthorization, createMcpClient } from '../src/index.ts'

const url = process.argv.at(-1) ?? ''
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT || '{}') as { client_id?: string; client_secret?: string }
const redirectUrl = 'http://localhost:3000/callback'
await using client = createMcpClient({ fetch })
const authorization = createMcpAuthorization({ fetch })
const known = context.client_id ? { client: { client_id: context.client_id, client_secret: context.client_secret } } : {}

const serverWith = ({ tokens }: McpCredentials): McpServer => ({
  key: tokens?.access_token ?? '',
  url,
  headers: tokens ? { Authorization: `Bearer ${tokens.access_token}` } : {},
  timeouts: { request: 10_000, stream: 20_000 },
})

/** As the platform does it when a server says 401; the user agrees at once. */
async function authorize(challenge: McpError['challenge'], credentials: McpCredentials): Promise<McpCredentials> {
  const begun = await authorization.begin({ serverUrl: url, challenge, credentials, redirectUrl, state: 'state' })
  const sent = await fetch(begun.authorizationUrl, { redirect: 'manual' })
  const code = new URL(sent.headers.get('location') ?? '').searchParams.get('code') ?? ''
  return authorization.finish({ serverUrl: url, credentials: begun.credentials, redirectUrl, code, codeVerifier: begun.codeVerifier })
}

async function use(server: McpServer): Promise<void> {
  for (const { name, inputSchema } of await client.listTools(server)) {
    const names = Object.keys((inputSchema.properties ?? {}) as ValueMap)
    const values = Object.fromEntries(names.map((parameter, index) => [parameter, index + 1]))
    await client.callTool(server, { name, arguments: values, idempotencyKey: name })
  }
}

let credentials: McpCredentials = known
for (let tries = 0; ; tries++) {
  try {
    await use(serverWith(credentials))
    break
  } catch (error) {
    if (!(error instanceof McpError) || error.code !== 'unauthorized' || tries === 2) throw error
    credentials = await authorize(error.challenge, credentials)
  }
}
