import { Readable } from 'node:stream'
import { createTestPlatform, type TestAnswer, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { publishApp } from './service-client.ts'

/**
 * Walks every route that there is, as somebody of another tenant, with every id of the first tenant's in the path, the query and
 * the body. Whatever stands in a route's declaration is in here by itself; a feature adds what it creates to `furnish`.
 */
let weft: TestPlatform
let owner: TestMember
let things: Furniture
beforeAll(async () => {
  weft = await createTestPlatform({ environment: { LOG_LEVEL: 'CRITICAL' } })
  owner = await weft.owner()
  things = await furnish()
})
afterAll(() => weft?.[Symbol.asyncDispose]())

interface Furniture {
  appIds: string[]
  /** Of everything else. */
  ids: string[]
  /** Texts that must never reach another tenant. */
  marks: string[]
  /** Texts that must not even reach the keys of another app. */
  appMarks: string[]
}

/** Makes one of everything that a tenant can own. */
async function furnish(): Promise<Furniture> {
  const workflow = await addApp(owner, 'workflow', 'Plans of Ada')
  const chat = await addApp(owner, 'advanced-chat', 'Talks of Ada')
  const { body: tag } = await owner.call('POST', '/tags', { name: 'Word of Ada', type: 'app' })
  const file = await addFile(owner)
  const runs = await addRuns(workflow)
  const talk = await addConversation(chat)
  const tools = await addTools(workflow.id)
  return {
    appIds: [workflow.id, chat.id],
    ids: [...workflow.ids, ...chat.ids, ...runs, ...talk, ...tools.ids, owner.scope.tenantId, owner.account.id, tag.id, file.id],
    marks: [owner.account.email, "Ada's Workspace", owner.account.id, 'Word of Ada', workflow.key, chat.key, ...tools.marks],
    appMarks: ['Plans of Ada', 'Talks of Ada', file.name, 'Boats of Ada', 'Height of Ada', 'Question of Ada', 'Approval of Ada'],
  }
}

interface AddedApp {
  id: string
  key: string
  ids: string[]
}

/** A published app with a key, that says its mark again. */
async function addApp(member: TestMember, mode: 'workflow' | 'advanced-chat', mark: string): Promise<AddedApp> {
  const isChat = mode === 'advanced-chat'
  const start = {
    id: 'start',
    data: { type: 'start', title: mark, variables: [{ variable: 'note', type: 'paragraph', label: mark, required: false }] },
  }
  const last = isChat
    ? { id: 'last', data: { type: 'answer', title: mark, answer: `${mark}: {{#sys.query#}}`, variables: [] } }
    : { id: 'last', data: { type: 'end', title: mark, outputs: [{ variable: 'note', value_selector: ['start', 'note'] }] } }
  const edge = { id: 'edge', source: 'start', sourceHandle: 'source', target: 'last', targetHandle: 'target' }
  const workflow = {
    graph: { nodes: [start, last], edges: [edge] },
    features: { opening_statement: mark },
    environment_variables: [{ name: 'token', value_type: 'secret', value: mark }],
    conversation_variables: isChat ? [{ id: crypto.randomUUID(), name: 'kept', value_type: 'string', value: mark }] : [],
  }
  const { appId: id, key } = await publishApp(member, JSON.stringify({ version: '0.4.0', app: { name: mark, mode }, workflow }))
  const { body: keys } = await member.call('GET', `/apps/${id}/api-keys`)
  const { body: published } = await member.call('GET', `/apps/${id}/workflows/publish`)
  return { id, key, ids: [keys.data[0].id, published.id] }
}

async function addFile({ scope, account }: TestMember) {
  const body = Readable.from([Buffer.from('Boats of Ada')])
  await using upload = await weft.platform.files.uploads.receive(scope, { filename: 'tides-of-ada.txt', mimeType: 'text/plain', body })
  return upload.keep({ role: 'account', id: account.id }, '')
}

const service = (key: string, method: string, path: string, body?: unknown) =>
  weft.call(method, `/v1${path}`, { headers: { authorization: `Bearer ${key}` }, body })

/** A run by the API, one of the draft, and what the draft's nodes gave. */
async function addRuns({ id, key }: AddedApp): Promise<string[]> {
  const { body: run } = await service(key, 'POST', '/workflows/run', { inputs: { note: 'Height of Ada' }, user: 'ada' })
  await owner.call('POST', `/apps/${id}/workflows/draft/run`, { inputs: { note: 'Height of Ada' } })
  const { body: debugged } = await owner.call('GET', `/apps/${id}/workflow-runs`)
  const { body: executions } = await owner.call('GET', `/apps/${id}/workflow-runs/${run.workflow_run_id}/node-executions`)
  const { body: variables } = await owner.call('GET', `/apps/${id}/workflows/draft/variables`)
  const ids = [run.workflow_run_id, run.task_id, debugged.data[0].id, executions.data[0].id, variables.items[0].id, 'start']
  expect(ids.every(Boolean)).toBe(true)
  return ids
}

/** A turn with a variable, an opinion and an approved answer. */
async function addConversation({ key }: AddedApp): Promise<string[]> {
  const { body: turn } = await service(key, 'POST', '/chat-messages', { inputs: {}, query: 'Question of Ada', user: 'ada' })
  await service(key, 'POST', `/messages/${turn.message_id}/feedbacks`, { rating: 'like', content: 'Approval of Ada', user: 'ada' })
  const { body: feedbacks } = await service(key, 'GET', '/app/feedbacks')
  const { body: variables } = await service(key, 'GET', `/conversations/${turn.conversation_id}/variables?user=ada`)
  const { body: annotation } = await service(key, 'POST', '/apps/annotations', { question: 'Question of Ada', answer: 'Approval of Ada' })
  const { body: logs } = await service(key, 'GET', '/workflows/logs')
  const ids = [
    turn.conversation_id,
    turn.message_id,
    turn.task_id,
    feedbacks.data[0].id,
    feedbacks.data[0].from_end_user_id,
    variables.data[0].id,
    annotation.id,
    logs.data[0].workflow_run.id,
  ]
  expect(ids.every(Boolean)).toBe(true)
  return ids
}

/** A custom tool, a workflow that is one, an MCP server, and an app that is one. */
async function addTools(appId: string): Promise<{ ids: string[]; marks: string[] }> {
  const [icon, path] = [{ content: '🚤', background: '#FFF' }, '/workspaces/current/tool-provider']
  const schema = JSON.stringify({ openapi: '3.1.0', servers: [{ url: 'https://tides.example' }], paths: { '/': { get: {} } } })
  const credentials = { auth_type: 'api_key_header', api_key_value: 'Key of Ada' }
  await owner.call('POST', `${path}/api/add`, { provider: 'Tool of Ada', icon, credentials, schema_type: 'openapi', schema })
  const tool = { name: 'tool_of_ada', label: 'Tool of Ada', description: '', icon, parameters: [], workflow_app_id: appId }
  await owner.call('POST', `${path}/workflow/create`, tool)
  const server = {
    name: 'Server of Ada',
    server_url: 'https://tides.example/mcp',
    icon: '🚤',
    icon_type: 'emoji',
    server_identifier: 'tides',
  }
  const { body: mcp } = await owner.call('POST', `${path}/mcp`, server)
  const { body: served } = await owner.call('POST', `/apps/${appId}/server`, { parameters: {} })
  const { body: api } = await owner.call('GET', '/workspaces/current/tools/api')
  const { body: workflows } = await owner.call('GET', '/workspaces/current/tools/workflow')
  const ids = [mcp.id, served.id, api[0].id, workflows[0].id]
  expect(ids.every(Boolean)).toBe(true)
  return { ids, marks: ['Tool of Ada', 'Server of Ada', 'tides.example', 'Key of Ada', served.server_code] }
}

/** Nothing in these is the tenant's: setting up, logging in and out. */
const LEFT_OUT = new Set(['/logout', '/setup', '/init', '/login', '/refresh-token', '/account/password'])

test("no route gives another tenant's things away, or takes orders about them", async () => {
  const before = await contentsOfDatabase()
  const stranger = await weft.stranger()
  const keys = [(await addApp(stranger, 'workflow', 'Of no interest')).key, (await addApp(stranger, 'advanced-chat', 'Of none')).key]
  await walk({ prefixes: undefined, tokens: [stranger.token, ...keys], marks: [...things.marks, ...things.appMarks] })
  await expectUntouched(before)
})

test("no key gives another app's things away, or takes orders about them", async () => {
  const siblings = [(await addApp(owner, 'workflow', 'Beside')).key, (await addApp(owner, 'advanced-chat', 'Beside')).key]
  const before = await contentsOfDatabase()
  await walk({ prefixes: ['/v1'], tokens: siblings, marks: things.appMarks })
  // The siblings' own rows may come; the first apps' stay as they were.
  await expectUntouched(before, row => things.appIds.some(id => row.includes(id)))
})

async function walk({ prefixes, tokens, marks }: { prefixes: string[] | undefined; tokens: string[]; marks: string[] }) {
  for (const { prefix, routes } of weft.server.surfaces) {
    if (prefixes && !prefixes.includes(prefix)) continue
    for (const route of routes) {
      if (LEFT_OUT.has(route.path)) continue
      for (const [index, used] of fillings(route.path).entries()) {
        const id = used.at(-1) ?? things.ids[0] ?? ''
        const path = prefix + used.reduce((rest, part) => rest.replace(/:\w+/, part), route.path)
        const query = new URLSearchParams(sampleOf(route.query, id) as Record<string, string>)
        const body = route.body ? { ...sampleOf(route.body, id), name: 'Taken over', tenant_id: owner.scope.tenantId } : undefined
        // Without a proof of anything, the ids make no difference.
        for (const token of index ? tokens : [...tokens, undefined]) {
          const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
          for (const url of query.size ? [path, `${path}?${query}`] : [path]) {
            const answer = await weft.call(route.method, url, { headers, ...(body ? { body } : {}) })
            expectNothing(answer, [...used, id], marks, `${route.method} ${url}`)
          }
        }
      }
    }
  }
}

function expectNothing(answer: TestAnswer, used: string[], marks: string[], place: string) {
  expect(answer.status, `${place}: ${answer.text.slice(0, 200)}`).toBeLessThan(500)
  // What the caller wrote may be repeated to them.
  const told = used.reduce((text, id) => text.replaceAll(id, ''), answer.text)
  for (const mark of marks) expect(told, place).not.toContain(mark)
}

/** Ways to fill the places of a path: apps where apps are meant, everything everywhere else. */
function fillings(path: string): string[][] {
  let ways: string[][] = [[]]
  for (const [, name] of path.matchAll(/:(\w+)/g)) {
    const isApp = name === 'appId'
    const isLater = ways[0]?.some(id => !things.appIds.includes(id)) === true
    const candidates = isApp ? things.appIds : [...things.ids, ...things.appIds]
    ways = isLater ? ways.map(way => [...way, way.at(-1) ?? '']) : ways.flatMap(way => candidates.map(id => [...way, id]))
  }
  return ways
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>
  anyOf?: JsonSchema[]
  type?: string
  enum?: unknown[]
  default?: unknown
}

/** Arguments that a route takes, with the id wherever an id is asked for. */
function sampleOf(schema: z.ZodType | undefined, id: string): Record<string, unknown> {
  if (!schema) return {}
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, exampleOf(name, property, id)]))
}

function exampleOf(name: string, { anyOf, type, enum: choices, default: preset }: JsonSchema, id: string): unknown {
  if (/_ids?$/.test(name)) return name.endsWith('s') ? [id] : id
  if (name === 'user') return 'ada'
  if (preset !== undefined && !isObject(preset)) return preset
  if (choices) return choices[0]
  if (anyOf?.[0]) return exampleOf(name, anyOf[0], id)
  const examples: Record<string, unknown> = { array: [], object: {}, boolean: true, integer: 1, number: 1, null: null }
  return type && type in examples ? examples[type] : 'Ada'
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null

/** Every row of every table that names a tenant, as text. */
async function contentsOfDatabase(): Promise<Map<string, string[]>> {
  const { database } = weft.platform
  const tables = await database.query<{ name: string }>({
    text: "select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'",
  })
  const contents = new Map<string, string[]>()
  const read = async (name: string, column: string) => {
    const { rows } = await database.query<{ text: string }>({
      text: `select t::text as text from ${name} t where ${column} = $1 order by 1`,
      values: [owner.scope.tenantId],
    })
    contents.set(
      name,
      rows.map(row => row.text),
    )
  }
  for (const { name } of tables.rows) await read(name, 'tenant_id')
  await read('tenants', 'id')
  return contents
}

async function expectUntouched(before: Map<string, string[]>, isMeant: (row: string) => boolean = () => true) {
  const after = await contentsOfDatabase()
  for (const [table, rows] of before) expect(after.get(table)?.filter(isMeant), table).toEqual(rows.filter(isMeant))
}
