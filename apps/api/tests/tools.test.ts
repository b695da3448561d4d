import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { startTestMcpServer, type TestMcpServer } from '@weft/testkit/mcp-server'
import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServiceClient, listen, publishApp, type ServiceClient } from './service-client.ts'

const ROOT = '/workspaces/current'
const ICON = { content: '🚤', background: '#FFFFFF' }

let weft: TestPlatform
let owner: TestMember
let stranger: TestMember
let api: Server
let apiUrl: string
let mcp: TestMcpServer
const seen: { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; body: string }[] = []

beforeAll(async () => {
  api = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url, headers } = request
    seen.push({ method, url, headers, body })
    const status = Number(/^\/status\/(\d+)/.exec(url ?? '')?.[1] ?? 200)
    if (url === '/openapi.json') return response.end(JSON.stringify(boats()))
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ path: url, body }))
  })
  await new Promise<void>(resolve => api.listen(0, '127.0.0.1', resolve))
  apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  mcp = await startTestMcpServer({
    tools: [
      {
        name: 'greet',
        description: 'Says hello',
        inputSchema: { type: 'object', properties: { name: { type: 'string' }, times: { type: 'integer' } }, required: ['name'] },
        call: ({ name, times }) => ({ content: [{ type: 'text', text: `Hello ${name} ${times ?? 1}` }] }),
      },
      { name: 'fail', call: () => ({ content: [{ type: 'text', text: 'no such boat' }], isError: true }) },
      { name: 'hang', call: () => new Promise(() => {}) },
    ],
  })
  weft = await createTestPlatform({
    environment: { SSRF_ALLOWED_TARGETS: '127.0.0.1', SSRF_DEFAULT_MAX_RETRIES: '1', LOG_LEVEL: 'CRITICAL' },
  })
  owner = await weft.owner()
  stranger = await weft.stranger()
})
afterAll(async () => {
  await weft?.[Symbol.asyncDispose]()
  await mcp?.[Symbol.asyncDispose]()
  api?.closeAllConnections()
  api?.close()
})

function boats() {
  const parameter = { name: 'code', in: 'path', required: true, schema: { type: 'string' } }
  const requestBody = {
    content: { 'application/json': { schema: { properties: { name: { type: 'string' }, crew: { type: 'integer' } } } } },
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Boats', description: 'All boats' },
    servers: [{ url: apiUrl }],
    paths: {
      '/boats': { post: { operationId: 'addBoat', summary: 'Add a boat', requestBody } },
      '/status/{code}': { get: { operationId: 'status', parameters: [parameter] } },
    },
  }
}

const provider = (more: object = {}) => ({
  provider: 'boats',
  icon: ICON,
  credentials: { auth_type: 'api_key_header', api_key_header: 'X-Key', api_key_value: 'a-long-secret', api_key_header_prefix: 'custom' },
  schema_type: 'openapi',
  schema: JSON.stringify(boats()),
  privacy_policy: '',
  custom_disclaimer: '',
  labels: ['travel', 'none such'],
  ...more,
})

/** A workflow of start, one tool, end. */
function toolApp(tool: object, options: { variables?: object[]; name?: string } = {}): string {
  const node = (id: string, data: object) => ({ id, data: { title: id, ...data } })
  const edge = (source: string, target: string) => ({ id: source + target, source, sourceHandle: 'source', target, targetHandle: 'target' })
  const data = { type: 'tool', tool_label: 'tool', tool_configurations: {}, tool_node_version: '2', ...tool }
  const variables = options.variables ?? [{ variable: 'q', label: 'q', type: 'text-input', required: false }]
  const outputs = ['text', 'files', 'json'].map(variable => ({ variable, value_selector: ['tool', variable] }))
  const graph = {
    nodes: [node('start', { type: 'start', variables }), node('tool', data), node('end', { type: 'end', outputs })],
    edges: [edge('start', 'tool'), edge('tool', 'end')],
  }
  return JSON.stringify({
    version: '0.4.0',
    app: { name: options.name ?? 'Uses a tool', mode: 'workflow' },
    workflow: { graph, features: {} },
  })
}

const mixed = (value: string) => ({ type: 'mixed', value })
const QUESTION = mixed('{{#start.q#}}')

async function runOf(client: ServiceClient, inputs: object = {}) {
  const { body } = await client.call('POST', '/workflows/run', { inputs, response_mode: 'blocking', user: 'u' })
  return body.data as { status: string; error: string; outputs: { text: string; files: unknown[]; json: unknown[] } }
}

describe('lists', () => {
  test('begin with what Weft ships', async () => {
    const { body } = await owner.call('GET', `${ROOT}/tool-providers`)
    expect(body.slice(0, 4).map(({ name }: { name: string }) => name)).toEqual(['audio', 'code', 'time', 'webscraper'])
    expect(body[2]).toEqual({
      id: 'time',
      author: 'Dify',
      name: 'time',
      plugin_id: null,
      plugin_unique_identifier: '',
      description: {
        zh_Hans: '一个用于获取当前时间的工具。',
        en_US: 'A tool for getting the current time.',
        pt_BR: 'A tool for getting the current time.',
        ja_JP: 'A tool for getting the current time.',
      },
      icon: '/console/api/workspaces/current/tool-provider/builtin/time/icon',
      icon_dark: '',
      label: { zh_Hans: '时间', en_US: 'CurrentTime', pt_BR: 'CurrentTime', ja_JP: 'CurrentTime' },
      type: 'builtin',
      team_credentials: {},
      is_team_authorization: true,
      allow_delete: false,
      tools: [],
      labels: ['utilities'],
    })
    expect((await owner.call('GET', `${ROOT}/tool-providers?type=mcp`)).body).toEqual([])
    expect((await owner.call('GET', `${ROOT}/tool-providers?type=boat`)).status).toBe(400)
  })

  test('hold tools with their parameters', async () => {
    const { body } = await owner.call('GET', `${ROOT}/tools/builtin`)
    const named = body.map(({ name, tools }: { name: string; tools: { name: string }[] }) => [name, tools.map(tool => tool.name)])
    expect(named).toEqual([
      ['audio', ['tts', 'asr']],
      ['code', ['simple_code']],
      ['time', ['current_time', 'localtime_to_timestamp', 'timestamp_to_localtime', 'timezone_conversion', 'weekday']],
      ['webscraper', ['webscraper']],
    ])
    expect(body[0].tools[0].parameters.map(({ name, form }: { name: string; form: string }) => [name, form])).toEqual([
      ['text', 'llm'],
      ['model', 'form'],
    ])
    expect(body[2].tools[0].parameters[0]).not.toHaveProperty('input_schema')
  })

  test('name 17 labels', async () => {
    const { body } = await owner.call('GET', `${ROOT}/tool-labels`)
    expect(body).toHaveLength(17)
    expect(body[0]).toMatchObject({ name: 'search', label: { en_US: 'Search' } })
  })

  test('icons are for everyone', async () => {
    const icon = await weft.call('GET', `/console/api${ROOT}/tool-provider/builtin/time/icon`)
    expect(icon.headers).toMatchObject({ 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=3600' })
    expect((await weft.call('GET', `/console/api${ROOT}/tool-provider/builtin/boats/icon`)).status).toBe(404)
  })

  test('what Weft ships takes no credentials', async () => {
    const path = `${ROOT}/tool-provider/builtin/time`
    expect((await owner.call('GET', `${path}/credential/info`)).body).toEqual({
      supported_credential_types: [],
      is_oauth_custom_client_enabled: false,
      credentials: [],
    })
    const added = await owner.call('POST', `${path}/add`, { credentials: {}, type: 'api-key' })
    expect(added).toMatchObject({ status: 400, body: { message: 'provider time does not need credentials' } })
    expect((await owner.call('POST', `${path}/add`, { credentials: {}, type: 'magic' })).body.message).toBe(
      'Invalid credential type: magic',
    )
    expect((await owner.call('GET', `${path}/info`)).body.message).toBe('you have not added provider time')
    expect((await owner.call('GET', `${path}/credential/schema/api-key`)).body).toEqual([])
  })
})

describe('custom tools', () => {
  beforeAll(async () => {
    expect((await owner.call('POST', `${ROOT}/tool-provider/api/add`, provider())).body).toEqual({ result: 'success' })
  })

  const stored = () => owner.call('GET', `${ROOT}/tool-provider/api/get?provider=boats`)
  const listed = async () => (await owner.call('GET', `${ROOT}/tools/api`)).body[0]

  test('are shown with their key masked, and are the workspace’s own', async () => {
    expect((await stored()).body).toMatchObject({
      schema_type: 'openapi',
      description: 'All boats',
      icon: ICON,
      labels: ['travel'],
      credentials: { auth_type: 'api_key_header', api_key_header: 'X-Key', api_key_value: 'a-*********et' },
    })
    expect(await listed()).toMatchObject({
      name: 'boats',
      author: 'Ada',
      type: 'api',
      tools: [{ name: 'addBoat', parameters: [{ name: 'name' }, { name: 'crew', type: 'number' }] }, { name: 'status' }],
    })
    const { rows } = await weft.platform.database.query<{ credentials: string }>({ text: 'select credentials from tool_api_providers' })
    expect(rows[0]?.credentials).not.toContain('a-long-secret')
    expect((await stranger.call('GET', `${ROOT}/tools/api`)).body).toEqual([])
    expect((await stranger.call('GET', `${ROOT}/tool-provider/api/get?provider=boats`)).body.message).toBe(
      'you have not added provider boats',
    )
    const removed = await stranger.call('POST', `${ROOT}/tool-provider/api/delete`, { provider: 'boats' })
    expect(removed.status).toBe(400)
  })

  test('keep a key that comes back masked', async () => {
    const { body } = await stored()
    const change = { ...provider({ credentials: body.credentials, labels: [] }), original_provider: 'boats' }
    expect((await owner.call('POST', `${ROOT}/tool-provider/api/update`, change)).body).toEqual({ result: 'success' })
    const client = await clientOf('addBoat', { name: QUESTION, crew: { type: 'constant', value: 3 } })
    expect(await runOf(client, { q: 'Argo' })).toMatchObject({
      status: 'succeeded',
      outputs: { json: [{ path: '/boats', body: '{"name":"Argo","crew":3}' }] },
    })
    expect(seen.at(-1)?.headers).toMatchObject({ 'x-key': 'a-long-secret', 'x-idempotency-key': expect.any(String) })
  })

  async function clientOf(tool_name: string, tool_parameters: object, more: object = {}) {
    const { id } = await listed()
    const tool = { provider_id: id, provider_type: 'api', provider_name: 'boats', tool_name, tool_parameters, ...more }
    return createServiceClient(weft, owner, toolApp(tool))
  }

  test.each([
    ['429', 'it answered 429, too many requests. Call it less often, or raise its limit'],
    ['500', 'it answered 500. The fault is on its side: try again later'],
  ])('say what to do about an answer of %s, after another try', async (code, advice) => {
    const client = await clientOf('status', { code: QUESTION })
    seen.splice(0)
    expect(await runOf(client, { q: code })).toMatchObject({
      status: 'failed',
      error: `Reached maximum retries (1) for URL ${apiUrl}/status/${code}: ${advice}`,
    })
    const keys = seen.map(({ headers }) => headers['x-idempotency-key'])
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
  })

  test('pass on what the server says of a bad request', async () => {
    const client = await clientOf('status', { code: QUESTION })
    expect(await runOf(client, { q: '418' })).toMatchObject({
      status: 'failed',
      error: 'Failed to invoke tool boats: Request failed with status code 418 and {"path":"/status/418","body":""}',
    })
  })

  test('fail where a parameter or the tool is missing', async () => {
    expect((await runOf(await clientOf('status', {}))).error).toBe('Missing required parameter code')
    expect((await runOf(await clientOf('gone', {}))).error).toBe('tool gone not found')
    const foreign = await createServiceClient(
      weft,
      stranger,
      toolApp({
        provider_id: (await listed()).id,
        provider_type: 'api',
        provider_name: 'boats',
        tool_name: 'status',
        tool_parameters: { code: mixed('200') },
      }),
    )
    expect((await runOf(foreign)).error).toMatch(/^api provider .* not found$/)
  })

  test('can be tried before they are stored', async () => {
    const trial = {
      tool_name: 'addBoat',
      provider_name: '',
      credentials: { auth_type: 'none' },
      parameters: { name: 'x' },
      schema_type: 'openapi',
      schema: JSON.stringify(boats()),
    }
    const tryOut = (more: object) => owner.call('POST', `${ROOT}/tool-provider/api/test/pre`, { ...trial, ...more })
    expect((await tryOut({})).body).toEqual({ result: '{"path": "/boats", "body": "{\\"name\\":\\"x\\"}"}' })
    expect((await tryOut({ tool_name: 'status', parameters: {} })).body).toEqual({ error: 'Missing required parameter code' })
    expect((await tryOut({ tool_name: 'nothing' })).body.message).toBe('invalid tool name nothing')
    expect((await tryOut({ credentials: {} })).body.message).toBe('auth_type is required')
    expect((await tryOut({ provider_name: 'boats', credentials: (await stored()).body.credentials })).status).toBe(200)
    expect(seen.at(-1)?.headers['x-key']).toBe('a-long-secret')
  })

  test('are read from text and from elsewhere', async () => {
    const schema = JSON.stringify(boats())
    const { body } = await owner.call('POST', `${ROOT}/tool-provider/api/schema`, { schema })
    expect(body).toMatchObject({
      schema_type: 'openapi',
      parameters_schema: [{ operation_id: 'addBoat', method: 'post' }, {}],
      warning: {},
    })
    const remote = (url: string) => owner.call('GET', `${ROOT}/tool-provider/api/remote?url=${encodeURIComponent(url)}`)
    expect((await remote(`${apiUrl}/openapi.json`)).body).toEqual({ schema })
    const refused = await remote('http://169.254.169.254/latest')
    expect(refused).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('invalid schema, please check the url you provided') },
    })
    expect((await remote(`${apiUrl}/boats`)).status).toBe(400)
  })

  test.each([
    [{ schema: '{"openapi": "3.0.0"}' }, 'invalid schema: No server found in the openapi yaml.'],
    [{ schema_type: 'boat' }, 'invalid schema type boat'],
    [{ credentials: { auth_type: 'magic' } }, "invalid mode value 'magic', expected one of: none, api_key_header, api_key_query"],
    [{ provider: 'boats' }, 'provider boats already exists'],
  ])('%j is refused', async (more, message) => {
    const answer = await owner.call('POST', `${ROOT}/tool-provider/api/add`, provider({ provider: 'others', ...more }))
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_param', message } })
  })
})

describe('workflows as tools', () => {
  const CODE = { type: 'tool', provider_id: 'time', provider_type: 'builtin', provider_name: 'time', tool_name: 'timestamp_to_localtime' }
  const inner = (name: string) =>
    toolApp(
      { ...CODE, tool_parameters: { timestamp: QUESTION, timezone: mixed('UTC') } },
      { name, variables: [{ variable: 'q', label: 'Moment', type: 'number', required: true }] },
    )
  const tool = (workflow_app_id: string, name: string, more: object = {}) => ({
    workflow_app_id,
    name,
    label: 'Moment',
    description: 'Says when',
    icon: ICON,
    parameters: [{ name: 'q', description: 'seconds', form: 'llm' }],
    ...more,
  })
  const PATH = `${ROOT}/tool-provider/workflow`

  test('are called with their outputs as text and JSON', async () => {
    const { appId } = await publishApp(owner, inner('Moment'))
    expect((await owner.call('GET', `/apps/${appId}/workflows/draft`)).body.tool_published).toBe(false)
    expect((await owner.call('POST', `${PATH}/create`, tool(appId, 'moment', { labels: ['utilities'] }))).body).toEqual({
      result: 'success',
    })
    expect((await owner.call('GET', `/apps/${appId}/workflows/draft`)).body.tool_published).toBe(true)
    const { body } = await owner.call('GET', `${PATH}/get?workflow_app_id=${appId}`)
    expect(body).toMatchObject({
      name: 'moment',
      workflow_app_id: appId,
      synced: true,
      icon: ICON,
      tool: {
        name: 'moment',
        author: 'Ada',
        labels: ['utilities'],
        parameters: [{ name: 'q', type: 'number', required: true, label: { en_US: 'Moment' } }],
      },
    })
    const toolId: string = body.workflow_tool_id
    const calling = {
      provider_id: toolId,
      provider_type: 'workflow',
      provider_name: 'Moment',
      tool_name: 'moment',
      tool_parameters: { q: QUESTION },
    }
    const client = await createServiceClient(weft, owner, toolApp(calling))
    expect(await runOf(client, { q: '0' })).toMatchObject({
      status: 'succeeded',
      outputs: { text: '{"text": "1970-01-01 00:00:00", "files": [], "json": [{"data": []}]}', json: [{ text: '1970-01-01 00:00:00' }] },
    })
    const events = await client.stream('POST', '/workflows/run', { inputs: { q: '1' }, response_mode: 'streaming', user: 'u' })
    const started = events.find(({ data }) => data.event === 'node_started' && data.data.node_id === 'tool')
    expect(started?.data.data.extras).toEqual({ icon: ICON })

    await owner.call('POST', `/apps/${appId}/workflows/publish`, {})
    expect((await owner.call('GET', `${PATH}/get?workflow_tool_id=${toolId}`)).body.synced).toBe(false)
    const { workflow_app_id: _, ...change } = tool(appId, 'moment')
    await owner.call('POST', `${PATH}/update`, { ...change, workflow_tool_id: toolId })
    expect((await owner.call('GET', `${PATH}/get?workflow_tool_id=${toolId}`)).body.synced).toBe(true)

    expect((await stranger.call('GET', `${PATH}/get?workflow_tool_id=${toolId}`)).body.message).toBe('Tool not found')
    await stranger.call('POST', `${PATH}/delete`, { workflow_tool_id: toolId })
    expect((await runOf(await createServiceClient(weft, stranger, toolApp(calling)), { q: '0' })).error).toMatch(
      /^workflow provider .* not found$/,
    )
    expect((await owner.call('GET', `${ROOT}/tools/workflow`)).body).toHaveLength(1)
    await owner.call('POST', `${PATH}/delete`, { workflow_tool_id: toolId })
    expect((await owner.call('GET', `${ROOT}/tools/workflow`)).body).toEqual([])
  })

  test('are refused where they cannot be tools', async () => {
    const { appId } = await publishApp(owner, inner('Again'))
    const create = (more: object) => owner.call('POST', `${PATH}/create`, { ...tool(appId, 'again'), ...more })
    expect((await create({ name: 'not a name' })).body).toMatchObject({ errors: { name: 'not a name is not a valid alphanumeric value' } })
    expect((await create({ parameters: [{ name: 'other', description: '', form: 'llm' }] })).body.message).toBe('variable not found')
    expect((await create({ workflow_app_id: owner.account.id })).body.message).toBe(`App ${owner.account.id} not found`)
    const theirs = await stranger.call('POST', `${PATH}/create`, tool(appId, 'again'))
    expect(theirs.body.message).toBe(`App ${appId} not found`)
  })

  test('that call themselves end at the depth limit', async () => {
    const first = await publishApp(owner, inner('Deep'))
    await owner.call('POST', `${PATH}/create`, tool(first.appId, 'deep'))
    const { body } = await owner.call('GET', `${PATH}/get?workflow_app_id=${first.appId}`)
    const calling = {
      provider_id: body.workflow_tool_id,
      provider_type: 'workflow',
      provider_name: 'Deep',
      tool_name: 'deep',
      tool_parameters: { q: QUESTION },
    }
    const graph = JSON.parse(toolApp(calling, { variables: [{ variable: 'q', label: 'q', type: 'number', required: true }] })).workflow
      .graph
    const { body: draft } = await owner.call('GET', `/apps/${first.appId}/workflows/draft`)
    await owner.call('POST', `/apps/${first.appId}/workflows/draft`, { ...draft, graph, hash: draft.hash })
    await owner.call('POST', `/apps/${first.appId}/workflows/publish`, {})
    const { workflow_app_id: _, ...change } = tool(first.appId, 'deep')
    await owner.call('POST', `${PATH}/update`, { ...change, workflow_tool_id: body.workflow_tool_id })
    const { error } = await runOf(await createServiceClient(weft, owner, toolApp(calling)), { q: '1' })
    expect(error).toBe(`${'Failed to invoke tool Deep: '.repeat(5)}Max workflow call depth 5 reached.`)
  })
})

describe('MCP servers', () => {
  const PATH = `${ROOT}/tool-provider/mcp`
  const server = (more: object = {}) => ({
    server_url: mcp.url(),
    name: 'Greetings',
    icon: '👋',
    icon_type: 'emoji',
    icon_background: '#FFF',
    server_identifier: 'greetings',
    timeout: 2,
    sse_read_timeout: 1,
    headers: { 'X-Team': 'blue-team' },
    ...more,
  })
  let id: string
  beforeAll(async () => {
    const made = await owner.call('POST', PATH, server())
    expect(made.body).toMatchObject({
      name: 'Greetings',
      is_team_authorization: false,
      tools: [],
      server_url: `${mcp.origin}/******`,
      icon: { content: '👋' },
    })
    id = made.body.id
  })
  const call = (tool_name: string, tool_parameters: object = {}, as = owner) =>
    createServiceClient(
      weft,
      as,
      toolApp({ provider_id: 'greetings', provider_type: 'mcp', provider_name: 'Greetings', tool_name, tool_parameters }),
    )

  test('connect, and their tools are called by graphs', async () => {
    expect((await owner.call('POST', `${PATH}/auth`, { provider_id: id })).body).toEqual({ result: 'success' })
    const { body } = await owner.call('GET', `${ROOT}/tools/mcp`)
    expect(body).toMatchObject([
      {
        id: 'greetings',
        server_identifier: 'greetings',
        is_team_authorization: true,
        timeout: 2,
        masked_headers: { 'X-Team': 'bl*****am' },
        original_headers: { 'X-Team': 'bl*****am' },
        tools: [
          {
            name: 'greet',
            parameters: [
              { name: 'name', required: true },
              { name: 'times', type: 'number' },
            ],
          },
          { name: 'fail' },
          { name: 'hang' },
        ],
      },
    ])
    expect(await runOf(await call('greet', { name: QUESTION, times: { type: 'constant', value: 2 } }), { q: 'sea' })).toMatchObject({
      status: 'succeeded',
      outputs: { text: 'Hello sea 2', json: [{ data: [] }] },
    })
    expect(mcp.requests.at(-1)?.headers).toMatchObject({ 'x-team': 'blue-team', 'x-idempotency-key': expect.any(String) })
  })

  test('fail as their tools do, in time, with advice', async () => {
    expect((await runOf(await call('fail'))).error).toBe('Failed to invoke tool Greetings: no such boat')
    expect((await runOf(await call('hang'))).error).toBe(
      'Failed to invoke tool Greetings: Failed to connect to MCP server: the server did not answer in time. Try again, or raise its time limit',
    )
    expect((await runOf(await call('gone'))).error).toBe('Tool with name gone not found')
    expect((await runOf(await call('greet', {}, stranger))).error).toBe('mcp provider greetings not found')
  })

  test('change without their secrets going round', async () => {
    const change = server({
      provider_id: id,
      server_url: `${mcp.origin}/[__HIDDEN__]`,
      headers: { 'X-Team': 'bl*****am', 'X-More': 'more' },
      name: 'Hellos',
    })
    expect((await owner.call('PUT', PATH, change)).body).toEqual({ result: 'success' })
    await owner.call('GET', `${PATH}/update/${id}`)
    expect(mcp.requests.at(-1)?.headers).toMatchObject({ 'x-team': 'blue-team', 'x-more': 'more' })
    expect((await owner.call('GET', `${PATH}/tools/${id}`)).body).toMatchObject({ id, name: 'Hellos', tools: [{ name: 'greet' }, {}, {}] })
    const { rows } = await weft.platform.database.query<{ row: string }>({ text: 'select t::text as row from tool_mcp_providers t' })
    expect(rows[0]?.row).not.toContain('blue-team')
    expect(rows[0]?.row).not.toContain(mcp.origin)
  })

  test('are one of a name, address and identifier, and the workspace’s own', async () => {
    const taken = async (more: object) =>
      (await owner.call('POST', PATH, server({ name: 'n', server_identifier: 'i', server_url: 'http://127.0.0.1:1/mcp', ...more }))).body
        .message
    expect(await taken({ name: 'Hellos' })).toBe('MCP tool Hellos already exists')
    expect(await taken({ server_url: mcp.url() })).toBe(`MCP tool ${mcp.url()} already exists`)
    expect(await taken({ server_identifier: 'greetings' })).toBe('MCP tool greetings already exists')
    expect(await taken({ server_url: 'boat' })).toBe('Server URL is not valid.')
    for (const [method, path, body] of [
      ['GET', `${PATH}/tools/${id}`],
      ['GET', `${PATH}/update/${id}`],
      ['POST', `${PATH}/auth`, { provider_id: id }],
      ['PUT', PATH, server({ provider_id: id })],
      ['DELETE', PATH, { provider_id: id }],
    ] as const) {
      expect(await stranger.call(method, path, body), `${method} ${path}`).toMatchObject({
        status: 400,
        body: { message: 'MCP tool not found' },
      })
    }
  })

  test('that cannot be reached say so', async () => {
    const { body } = await owner.call(
      'POST',
      PATH,
      server({ name: 'Nobody', server_identifier: 'nobody', server_url: 'http://127.0.0.1:1/mcp' }),
    )
    const refused = await owner.call('POST', `${PATH}/auth`, { provider_id: body.id })
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringMatching(/^Failed to connect to MCP server: /) } })
    expect((await owner.call('DELETE', PATH, { provider_id: body.id })).body).toEqual({ result: 'success' })
  })

  test('that want an authorisation get it by OAuth, and again when it has run out', async () => {
    await using guarded = await startTestMcpServer({ hasOAuth: true, tools: mcp.tools })
    const { body } = await owner.call('POST', PATH, server({ name: 'Guarded', server_identifier: 'guarded', server_url: guarded.url() }))
    const client = await createServiceClient(
      weft,
      owner,
      toolApp({
        provider_id: 'guarded',
        provider_type: 'mcp',
        provider_name: 'Guarded',
        tool_name: 'greet',
        tool_parameters: { name: mixed('sea') },
      }),
    )
    const begun = await owner.call('POST', `${PATH}/auth`, { provider_id: body.id })
    const sent = await fetch(begun.body.authorization_url, { redirect: 'manual' })
    const back = new URL(sent.headers.get('location') ?? '')
    expect(back.pathname).toBe('/console/api/mcp/oauth/callback')
    const arrived = await weft.call('GET', back.pathname + back.search)
    expect(arrived).toMatchObject({ status: 302, headers: { location: '/oauth-callback' } })
    expect((await weft.call('GET', back.pathname + back.search)).status).toBe(400)

    expect((await owner.call('GET', `${PATH}/tools/${body.id}`)).body).toMatchObject({
      is_team_authorization: true,
      tools: [{ name: 'greet' }, {}, {}],
    })
    expect((await runOf(client)).outputs.text).toBe('Hello sea 1')
    guarded.revokeAccessTokens()
    expect((await runOf(client)).outputs.text).toBe('Hello sea 1')
    const { rows } = await weft.platform.database.query<{ row: string }>({
      text: `select credentials as row from tool_mcp_providers where id = '${body.id}'`,
    })
    expect(rows[0]?.row).not.toContain('access_token')
  })
})

describe('apps as MCP servers', () => {
  async function serve(yaml: string) {
    const { appId } = await publishApp(owner, yaml)
    expect((await owner.call('GET', `/apps/${appId}/server`)).body).toMatchObject({ id: null, server_code: null })
    const { body } = await owner.call('POST', `/apps/${appId}/server`, { description: 'Tells the time', parameters: { q: 'the moment' } })
    expect(body).toMatchObject({
      status: 'active',
      description: 'Tells the time',
      parameters: { q: 'the moment' },
      server_code: expect.stringMatching(/^\w{16}$/),
    })
    return { appId, server: body }
  }
  const TIME = toolApp(
    {
      provider_id: 'time',
      provider_type: 'builtin',
      provider_name: 'time',
      tool_name: 'timestamp_to_localtime',
      tool_parameters: { timestamp: QUESTION, timezone: mixed('UTC') },
    },
    {
      name: 'Clock',
      variables: [
        { variable: 'q', label: 'q', type: 'number', required: true },
        { variable: 'zone', label: 'z', type: 'select', options: ['UTC'], required: false },
        { variable: 'sure', label: 's', type: 'checkbox', required: false },
        {
          variable: 'file',
          label: 'f',
          type: 'file',
          required: false,
          allowed_file_types: ['image'],
          allowed_file_upload_methods: ['local_file'],
        },
      ],
    },
  )
  const post = (code: string, message: unknown) => weft.call('POST', `/mcp/server/${code}/mcp`, { body: message })
  const rpc = (method: string, params: object = {}, id: unknown = 1) => ({ jsonrpc: '2.0', id, method, params })

  test('are used by the reference client', async () => {
    const { server } = await serve(TIME)
    const client = new Client({ name: 'tester', version: '1' })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${await listen(weft)}/mcp/server/${server.server_code}/mcp`)) as Parameters<
        Client['connect']
      >[0],
    )
    expect(client.getInstructions()).toBe('Tells the time')
    expect(await client.listTools()).toEqual({
      tools: [
        {
          name: 'Clock',
          description: 'Tells the time',
          inputSchema: {
            type: 'object',
            required: ['q'],
            properties: {
              q: { type: 'number', description: 'the moment' },
              zone: { type: 'string', enum: ['UTC'], description: '' },
              sure: { description: '' },
            },
          },
        },
      ],
    })
    expect(await client.callTool({ name: 'any', arguments: { q: 0 } })).toEqual({
      content: [{ type: 'text', text: '{"text": "1970-01-01 00:00:00", "files": [], "json": [{"data": []}]}' }],
      isError: false,
    })
    await client.ping()
    await expect(client.listPrompts()).rejects.toThrow()
    await expect(client.callTool({ name: 'any', arguments: {} })).rejects.toThrow('q is required in input form')
    await client.close()
    const { rows } = await weft.platform.database.query({ text: `select name, type from end_users where session_id = '${server.id}'` })
    expect(rows).toEqual([{ name: 'tester@1', type: 'mcp' }])
  })

  test('of a chat ask for a query', async () => {
    const answer = { id: 'answer', data: { type: 'answer', title: 'answer', answer: 'You said {{#sys.query#}}' } }
    const start = { id: 'start', data: { type: 'start', title: 'start', variables: [] } }
    const edges = [{ id: 'e', source: 'start', sourceHandle: 'source', target: 'answer', targetHandle: 'target' }]
    const yaml = JSON.stringify({
      version: '0.4.0',
      app: { name: 'Echo', mode: 'advanced-chat' },
      workflow: { graph: { nodes: [start, answer], edges }, features: {} },
    })
    const { server } = await serve(yaml)
    await post(server.server_code, rpc('initialize', { clientInfo: { name: 'a', version: '2' } }))
    const listed = await post(server.server_code, rpc('tools/list'))
    expect(listed.body.result.tools[0].inputSchema).toEqual({
      type: 'object',
      properties: { query: { type: 'string', description: 'User Input/Question content' } },
      required: ['query'],
    })
    const called = await post(server.server_code, rpc('tools/call', { name: 'Echo', arguments: { query: 'hello' } }))
    expect(called.body).toEqual({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'You said hello' }], isError: false } })
  })

  test('answer wrong messages inside the protocol', async () => {
    const { appId, server } = await serve(TIME)
    const code = server.server_code
    expect((await post(code, rpc('tools/call', { arguments: { q: 1 } }))).body.error).toEqual({
      code: -32602,
      message: 'End user not found',
    })
    expect((await post(code, rpc('initialize'))).body.result).toMatchObject({
      protocolVersion: '2024-11-05',
      capabilities: { tools: { listChanged: false } },
    })
    expect(await post(code, { jsonrpc: '2.0', method: 'notifications/initialized' })).toMatchObject({ status: 202, text: '' })
    expect((await post(code, rpc('prompts/list'))).body.error).toEqual({ code: -32601, message: 'Method not found: ListPromptsRequest' })
    expect((await post(code, rpc('boats/list', {}, 'x'))).body).toMatchObject({ id: 'x', error: { code: -32601 } })
    expect(await post(code, { jsonrpc: '2.0', method: 'ping' })).toMatchObject({
      status: 400,
      body: { error: { message: 'Request ID is required' } },
    })
    expect(await post(code, 'no json')).toMatchObject({ status: 400, body: { error: { code: -32700 } } })
    expect(await post('unknown', rpc('ping'))).toMatchObject({
      status: 404,
      body: { error: { code: -32600, message: 'Server Not Found' } },
    })
    expect((await weft.call('GET', `/mcp/server/${code}/mcp`)).status).toBe(405)

    const closed = await owner.call('PUT', `/apps/${appId}/server`, { id: server.id, parameters: {}, status: 'inactive' })
    expect(closed.body.status).toBe('inactive')
    expect((await post(code, rpc('ping'))).body.error.message).toBe('Server is not active')
    await owner.call('PUT', `/apps/${appId}/server`, { id: server.id, parameters: {}, status: 'active' })
    const renewed = await owner.call('GET', `/apps/${server.id}/server/refresh`)
    expect((await post(code, rpc('ping'))).status).toBe(404)
    expect((await post(renewed.body.server_code, rpc('ping'))).body).toEqual({ jsonrpc: '2.0', id: 1, result: {} })
    expect((await stranger.call('GET', `/apps/${server.id}/server/refresh`)).status).toBe(404)
    expect((await stranger.call('PUT', `/apps/${appId}/server`, { id: server.id, parameters: {} })).status).toBe(404)
  })
})

test('code is run, and pages are read', async () => {
  const code = await createServiceClient(
    weft,
    owner,
    toolApp({
      provider_id: 'code',
      provider_type: 'builtin',
      provider_name: 'code',
      tool_name: 'simple_code',
      tool_parameters: { language: mixed('javascript'), code: QUESTION },
    }),
  )
  expect((await runOf(code, { q: 'console.log(6 * 7)' })).outputs.text).toContain('42')
  expect((await runOf(code, { q: 'throw new Error("sunk")' })).error).toContain('sunk')
  const page = await createServiceClient(
    weft,
    owner,
    toolApp({
      provider_id: 'webscraper',
      provider_type: 'builtin',
      provider_name: 'webscraper',
      tool_name: 'webscraper',
      tool_parameters: { url: QUESTION },
    }),
  )
  expect((await runOf(page, { q: 'http://169.254.169.254/' })).error).toMatch(/^Failed to invoke tool webscraper: /)
  expect((await runOf(page, { q: `${apiUrl}/status/500` })).error).toContain('Reached maximum retries (1)')
})
