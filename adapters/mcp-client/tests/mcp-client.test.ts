import type { McpError, McpServer } from '@weft/ports'
import { createLoopbackHttpClient } from '@weft/testkit'
import { startTestMcpServer, type TestMcpServer, type TestMcpServerOptions } from '@weft/testkit/mcp-server'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { createMcpAuthorization, createMcpClient } from '../src/index.ts'

const http = createLoopbackHttpClient()
const client = createMcpClient({ fetch: http.fetch })
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await http[Symbol.asyncDispose]()
})

let open: TestMcpServer | undefined
afterEach(async () => {
  await open?.[Symbol.asyncDispose]()
  open = undefined
})

const greet = {
  name: 'greet',
  description: 'Says hello',
  inputSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  call: ({ name }: Record<string, unknown>) => ({ content: [{ type: 'text' as const, text: `Hello ${String(name)}` }] }),
}

async function start(options: TestMcpServerOptions = {}): Promise<TestMcpServer> {
  open = await startTestMcpServer({ tools: [greet], ...options })
  return open
}

let keys = 0
function serverAt(url: string, more: Partial<McpServer> = {}): McpServer {
  return { key: `server ${keys++}`, url, headers: {}, timeouts: { request: 2000, stream: 4000 }, ...more }
}

const say = (name: string, idempotencyKey = 'key') => ({ name: 'greet', arguments: { name }, idempotencyKey })
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: McpError) => error,
  )

describe.each(['mcp', 'sse', 'tools', 'events'] as const)('over /%s', path => {
  test('lists tools and calls them', async () => {
    const { url } = await start()
    const server = serverAt(url(path))
    expect(await client.listTools(server)).toEqual([
      { name: 'greet', description: 'Says hello', inputSchema: greet.inputSchema, outputSchema: {} },
    ])
    expect(await client.callTool(server, say('sea'))).toEqual({ content: [{ type: 'text', text: 'Hello sea' }], isError: false })
    await client.forget(server.key)
  })

  test('sends its headers and the idempotency key of the call', async () => {
    const { url, requests } = await start()
    const server = serverAt(url(path), { headers: { 'x-team': 'blue' } })
    await client.callTool(server, say('sea', 'once'))
    await client.forget(server.key)
    const call = requests.find(({ body }) => body.includes('tools/call'))
    expect(call?.headers).toMatchObject({ 'x-team': 'blue', 'x-idempotency-key': 'once' })
  })
})

test('reads the list over all its pages, and leaves out what is no tool', async () => {
  const named = (name: string) => ({ ...greet, name })
  const { url } = await start({ tools: ['a', 'b', 'c'].map(named), pageSize: 1 })
  expect((await client.listTools(serverAt(url()))).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
})

test('takes a tool whose schema is broken as one without parameters', async () => {
  const { url } = await start({ tools: [greet, { ...greet, name: 'odd', inputSchema: 'nonsense' }] })
  const tools = await client.listTools(serverAt(url()))
  expect(tools.map(({ name, inputSchema }) => [name, Object.keys(inputSchema).length])).toEqual([
    ['greet', 3],
    ['odd', 0],
  ])
})

test('keeps its connection: a second call is one request', async () => {
  const { url, requests } = await start()
  const server = serverAt(url())
  await client.callTool(server, say('one'))
  requests.splice(0)
  await client.callTool(server, say('two'))
  expect(requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
})

test('connects anew where the server has forgotten the session', async () => {
  const started = await start()
  const server = serverAt(started.url())
  await client.callTool(server, say('one'))
  started.forgetSessions()
  expect(await client.callTool(server, say('two'))).toMatchObject({ content: [{ text: 'Hello two' }] })
})

test('ends the session when it is forgotten', async () => {
  const { url, requests } = await start()
  const server = serverAt(url())
  await client.callTool(server, say('one'))
  await client.forget(server.key)
  expect(requests.at(-1)?.method).toBe('DELETE')
})

test('tells what kinds of content there are', async () => {
  const content = [
    { type: 'text' as const, text: 'words' },
    { type: 'image' as const, data: 'AQID', mimeType: 'image/png' },
    { type: 'resource_link' as const, uri: 'https://example.com/a', name: 'a' },
    { type: 'resource' as const, resource: { uri: 'file:///note.txt', mimeType: 'text/plain', text: 'note' } },
  ]
  const { url } = await start({ tools: [{ ...greet, call: () => ({ content, isError: true }) }] })
  expect(await client.callTool(serverAt(url()), say(''))).toEqual({
    isError: true,
    content: [
      { type: 'text', text: 'words' },
      { type: 'image', bytes: Buffer.from([1, 2, 3]), mimeType: 'image/png' },
      { type: 'resource-link', uri: 'https://example.com/a', name: 'a' },
      { type: 'resource', uri: 'file:///note.txt', mimeType: 'text/plain', text: 'note', bytes: null },
    ],
  })
})

describe('what goes wrong', () => {
  test.each(['mcp', 'sse'] as const)('a server that hangs over /%s ends in time', async path => {
    const started = await start()
    started.intercept = () => true
    const failure = await failureOf(client.listTools(serverAt(started.url(path), { timeouts: { request: 300, stream: 300 } })))
    expect(failure).toMatchObject({ code: 'timeout', message: 'the server did not answer in time. Try again, or raise its time limit' })
  })

  test('so does a tool that hangs', async () => {
    const { url } = await start({ tools: [{ ...greet, call: () => new Promise(() => {}) }] })
    const failure = await failureOf(client.callTool(serverAt(url(), { timeouts: { request: 2000, stream: 300 } }), say('')))
    expect(failure).toMatchObject({ code: 'timeout' })
  })

  test('a call that is aborted ends at once', async () => {
    const { url } = await start({ tools: [{ ...greet, call: () => new Promise(() => {}) }] })
    const leaving = new AbortController()
    setTimeout(() => leaving.abort(), 50)
    const begun = Date.now()
    await failureOf(client.callTool(serverAt(url()), { ...say(''), signal: leaving.signal }))
    expect(Date.now() - begun).toBeLessThan(1500)
  })

  test.each([
    [429, 'the server answered 429, too many requests: try again later'],
    [500, 'the server answered 500: the fault is on its side, try again later'],
    [403, 'the server answered 403: the credentials do not allow this'],
  ])('an answer of %i says what to do', async (status, message) => {
    const started = await start()
    started.intercept = (_request, response) => {
      response.writeHead(status).end('{}')
      return true
    }
    expect(await failureOf(client.listTools(serverAt(started.url())))).toMatchObject({ code: 'connection-failed', message })
  })

  test('an error of the tool keeps its words', async () => {
    const fail = () => {
      throw new Error('no such boat')
    }
    const { url } = await start({ tools: [{ ...greet, call: fail }] })
    expect(await failureOf(client.callTool(serverAt(url()), say('')))).toMatchObject({ code: 'protocol', message: 'no such boat' })
  })

  test('nobody there, and an address that is refused, are told apart from an answer', async () => {
    expect(await failureOf(client.listTools(serverAt('http://127.0.0.1:1/mcp')))).toMatchObject({ code: 'connection-failed' })
    expect(await failureOf(client.listTools(serverAt('http://169.254.169.254/mcp')))).toMatchObject({ code: 'connection-failed' })
  })
})

describe('authorisation', () => {
  const redirectUrl = 'http://127.0.0.1/callback'
  const authorization = createMcpAuthorization({ fetch: http.fetch })

  async function authorize(started: TestMcpServer) {
    const refused = await failureOf(client.listTools(serverAt(started.url())))
    expect(refused.code).toBe('unauthorized')
    const { challenge } = refused
    expect(challenge.resourceMetadataUrl).toContain('/.well-known/oauth-protected-resource')
    const begun = await authorization.begin({ serverUrl: started.url(), challenge, credentials: {}, redirectUrl, state: 'kept' })
    const sent = await fetch(begun.authorizationUrl, { redirect: 'manual' })
    const back = new URL(sent.headers.get('location') ?? '')
    expect(back.searchParams.get('state')).toBe('kept')
    const code = back.searchParams.get('code') ?? ''
    const { credentials, codeVerifier } = begun
    return authorization.finish({ serverUrl: started.url(), credentials, redirectUrl, code, codeVerifier })
  }

  const bearer = (token: string | undefined) => ({ headers: { Authorization: `Bearer ${token}` } })

  test('registers, asks the user, exchanges the code, and refreshes', async () => {
    const started = await start({ hasOAuth: true })
    const credentials = await authorize(started)
    expect(await client.listTools(serverAt(started.url(), bearer(credentials.tokens?.access_token)))).toHaveLength(1)
    started.revokeAccessTokens()
    expect(await failureOf(client.listTools(serverAt(started.url(), bearer(credentials.tokens?.access_token))))).toMatchObject({
      code: 'unauthorized',
    })
    const refreshed = await authorization.refresh({ serverUrl: started.url(), credentials })
    expect(await client.listTools(serverAt(started.url(), bearer(refreshed.tokens?.access_token)))).toHaveLength(1)
    expect(refreshed.client).toEqual(credentials.client)
  })

  test('a wrong verifier gets no tokens', async () => {
    const started = await start({ hasOAuth: true })
    const begun = await authorization.begin({ serverUrl: started.url(), challenge: {}, credentials: {}, redirectUrl, state: 's' })
    const sent = await fetch(begun.authorizationUrl, { redirect: 'manual' })
    const code = new URL(sent.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const { credentials } = begun
    const finish = authorization.finish({ serverUrl: started.url(), credentials, redirectUrl, code, codeVerifier: 'guessed' })
    expect(await failureOf(finish)).toMatchObject({ code: 'unauthorized' })
  })
})
