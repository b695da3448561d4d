import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let weft: TestPlatform
let owner: TestMember
beforeAll(async () => {
  weft = await createTestPlatform()
  owner = await weft.owner()
})
afterAll(() => weft?.[Symbol.asyncDispose]())

const SECRET = 'sk-very-secret-value-42'

const ECHO = `
app: {name: Echo, mode: workflow, icon: 🤖, description: Says it again}
kind: app
version: 0.4.0
workflow:
  environment_variables:
  - {id: 11111111-1111-4111-8111-111111111111, name: place, value_type: string, value: harbour}
  - {id: 22222222-2222-4222-8222-222222222222, name: count, value_type: number, value: 3}
  - {id: 33333333-3333-4333-8333-333333333333, name: token, value_type: secret, value: ${SECRET}}
  features: {}
  graph:
    edges: []
    nodes:
    - id: s
      data: {type: start, title: Start, ratio: 1.0, exact: 0.5, large: 12345678901234567890, switch: yes, day: 2025-10-01}
`

const importYaml = (yaml_content: string, more: object = {}, as = owner) =>
  as.call('POST', '/apps/imports', { mode: 'yaml-content', yaml_content, ...more })

async function importApp(yaml = ECHO, as = owner): Promise<string> {
  const { status, body } = await importYaml(yaml, {}, as)
  expect(body).toMatchObject({ error: '' })
  expect(status).toBe(200)
  return body.app_id
}

const countOfApps = async () => (await owner.call('GET', '/apps')).body.total

/** Somebody else in the owner's workspace. */
async function member(role: string): Promise<TestMember['call']> {
  const email = `${role}-${Math.random().toString(36).slice(2)}@example.com`
  const { identity, database } = weft.platform
  const account = await identity.accounts.create({ email, name: 'Bo', password: 'passw0rd1' })
  await database.query({
    text: 'insert into tenant_members (id, tenant_id, account_id, role, is_current) values (gen_random_uuid(), $1, $2, $3, true)',
    values: [owner.scope.tenantId, account.id, role],
  })
  const { accessToken } = await identity.sessions.logIn({ email, password: 'passw0rd1', ip: '127.0.0.1' })
  return (method, path, body) =>
    weft.call(method, `/console/api${path}`, { headers: { authorization: `Bearer ${accessToken}` }, ...(body ? { body } : {}) })
}

describe('importing', () => {
  test.each([
    ['0.4.0', 200, 'completed'],
    ['0.3.1', 200, 'completed-with-warnings'],
  ])('a file of version %s goes in', async (version, status, outcome) => {
    const answer = await importYaml(ECHO.replace('0.4.0', version))
    expect(answer).toMatchObject({ status, body: { status: outcome, app_mode: 'workflow', imported_dsl_version: version } })
  })

  test('a newer file waits for a word, which counts once and for its workspace only', async () => {
    const before = await countOfApps()
    const pending = await importYaml(ECHO.replace('0.4.0', '0.9.0'))
    expect(pending).toMatchObject({ status: 202, body: { status: 'pending', app_id: null } })
    expect(await countOfApps()).toBe(before)
    const confirm = (as: TestMember) => as.call('POST', `/apps/imports/${pending.body.id}/confirm`, {})
    const expired = { status: 400, body: { error: 'Import information expired or does not exist' } }
    expect(await confirm(await weft.stranger())).toMatchObject(expired)
    expect(await confirm(owner)).toMatchObject({ status: 200, body: { status: 'completed', imported_dsl_version: '0.9.0' } })
    expect(await confirm(owner)).toMatchObject(expired)
    expect(await countOfApps()).toBe(before + 1)
  })

  test.each([
    ['a: [1, 2', /^Invalid YAML format: /],
    ['- 1', 'Invalid YAML format: content must be a mapping'],
    [ECHO.replace('0.4.0', '0.4'), "Invalid version type, expected str, got <class 'float'>"],
    [ECHO.replace('0.4.0', 'newest'), "Invalid version: 'newest'"],
    [ECHO.replace('app: {', 'other: {'), 'Missing app data in YAML content'],
    ['app: true', 'app must be of dict type'],
    [ECHO.replace('mode: workflow, ', ''), 'loss app mode'],
    [ECHO.replace('mode: workflow', 'mode: sorcery'), "'sorcery' is not a valid AppMode"],
    [ECHO.replace('mode: workflow', 'mode: chat'), 'Missing model_config for chat/agent-chat/completion app'],
    [ECHO.replace('workflow:\n', 'nothing:\n'), 'Missing workflow data for workflow/advanced chat app'],
    [ECHO.replace('  features: {}', '  features: [1]'), 'features must be of dict type'],
    [ECHO.replace('  features: {}', '  features: {text_to_speech: 1}'), 'text_to_speech must be of dict type'],
    [ECHO.replace('value_type: number, value: 3', 'value_type: number, value: x'), 'invalid number value x'],
    [ECHO.replace('value_type: number, value: 3', 'value_type: number'), 'missing value'],
    [ECHO.replace('name: place, ', ''), 'missing name'],
    [ECHO.replace('value: harbour', `value: ${'x'.repeat(300_000)}`), 'variable size 300000 exceeds limit 204800'],
    [`${ECHO}dependencies: [{type: wish}]`, 'a dependency must be of type github, marketplace or package'],
    [`a: ${'x'.repeat(10 * 1024 * 1024)}`, 'Invalid YAML format: the document exceeds the limit of 10MB'],
    [`a: ${'['.repeat(5000)}`, /nested deeper/],
  ])('a bad file is refused and leaves nothing behind', async (yaml, error) => {
    const before = await countOfApps()
    const answer = await importYaml(yaml)
    expect(answer).toMatchObject({ status: 400, body: { status: 'failed', app_id: null } })
    expect(answer.body.error).toEqual(typeof error === 'string' ? error : expect.stringMatching(error))
    expect(await countOfApps()).toBe(before)
  })

  test('an app is written over by a file of its kind, its published version stays', async () => {
    const appId = await importApp()
    await owner.call('POST', `/apps/${appId}/workflows/publish`, {})
    const changed = ECHO.replace('title: Start', 'title: Begin').replace('name: Echo', 'name: Echo 2')
    expect(await importYaml(changed, { app_id: appId })).toMatchObject({ status: 200, body: { app_id: appId } })
    expect((await owner.call('GET', `/apps/${appId}`)).body.name).toBe('Echo 2')
    const titleOf = async (which: string) => (await owner.call('GET', `/apps/${appId}/workflows/${which}`)).body.graph.nodes[0].data.title
    expect(await titleOf('draft')).toBe('Begin')
    expect(await titleOf('publish')).toBe('Start')
    for (const app_id of [crypto.randomUUID(), 'x']) expect((await importYaml(ECHO, { app_id })).body.error).toBe('App not found')
    const stranger = await weft.stranger()
    expect((await importYaml(ECHO, { app_id: appId }, stranger)).body.error).toBe('App not found')
  })

  test('dataset ids of other workspaces are dropped', async () => {
    const datasetId = '8c3f5a52-9f0e-4f1e-8d57-0a7d4c1f2b3a'
    const node = `    - {id: k, data: {type: knowledge-retrieval, title: K, dataset_ids: [${datasetId}]}}\n`
    const { data } = (await owner.call('GET', `/apps/${await importApp(ECHO + node)}/export`)).body
    expect(data).not.toContain(datasetId)
    const idsOf = async (as: TestMember) => {
      const draft = await as.call('GET', `/apps/${await importApp(data, as)}/workflows/draft`)
      return draft.body.graph.nodes.find((one: { id: string }) => one.id === 'k').data.dataset_ids
    }
    expect(await idsOf(owner)).toEqual([datasetId])
    expect(await idsOf(await weft.stranger())).toEqual([])
  })
})

describe('exporting', () => {
  test('numbers, texts and order survive the round trip; secrets go only when asked', async () => {
    const appId = await importApp()
    const plain: string = (await owner.call('GET', `/apps/${appId}/export`)).body.data
    expect(plain).not.toContain(SECRET)
    for (const line of ['ratio: 1.0', 'exact: 0.5', 'large: 12345678901234567890', 'switch: true', "day: '2025-10-01'", 'icon: 🤖']) {
      expect(plain).toContain(line)
    }
    expect(plain.split('\n')[0]).toBe('app:')
    const whole: string = (await owner.call('GET', `/apps/${appId}/export?include_secret=true`)).body.data
    expect(whole).toContain(SECRET)
    const again: string = (await owner.call('GET', `/apps/${await importApp(whole)}/export?include_secret=true`)).body.data
    expect(again).toBe(whole)
  })

  test('a copy has the secrets of its original', async () => {
    const appId = await importApp()
    const copy = await owner.call('POST', `/apps/${appId}/copy`, { name: 'Twin' })
    expect(copy).toMatchObject({ status: 201, body: { name: 'Twin', description: 'Says it again', enable_api: true } })
    expect((await owner.call('GET', `/apps/${copy.body.id}/export?include_secret=true`)).body.data).toContain(SECRET)
  })
})

describe('drafts', () => {
  const read = async (appId: string) => (await owner.call('GET', `/apps/${appId}/workflows/draft`)).body
  const save = (appId: string, draft: object) => owner.call('POST', `/apps/${appId}/workflows/draft`, draft)

  test('an old hash is refused, the new one is taken', async () => {
    const appId = await importApp()
    const draft = await read(appId)
    const graph = { nodes: [], edges: [] }
    const stale = { status: 400, body: { code: 'draft_workflow_not_sync' } }
    expect(await save(appId, { ...draft, graph, hash: 'old' })).toMatchObject(stale)
    expect(await save(appId, { ...draft, graph, hash: undefined })).toMatchObject(stale)
    const saved = await save(appId, { ...draft, graph })
    expect(saved).toMatchObject({ status: 200, body: { result: 'success' } })
    expect(saved.body.hash).toBe((await read(appId)).hash)
    expect(await save(appId, { ...draft, graph })).toMatchObject(stale)
  })

  test('two editors at once: one wins', async () => {
    const appId = await importApp()
    const draft = await read(appId)
    const tries = await Promise.all([1, 2, 3, 4].map(x => save(appId, { ...draft, graph: { nodes: [], edges: [], viewport: { x } } })))
    expect(tries.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400])
  })

  test('secrets are stars to readers, and stay when they come back hidden', async () => {
    const appId = await importApp()
    const draft = await read(appId)
    expect(draft.environment_variables[2]).toMatchObject({ name: 'token', value: '*'.repeat(20), value_type: 'secret' })
    expect(draft.environment_variables[1]).toMatchObject({ name: 'count', value: 3, value_type: 'number' })
    const renamed = draft.environment_variables.map((variable: { value_type: string; name: string }) =>
      variable.value_type === 'secret' ? { ...variable, name: 'key', value: '[__HIDDEN__]' } : variable,
    )
    await save(appId, { ...draft, environment_variables: renamed })
    const exported: string = (await owner.call('GET', `/apps/${appId}/export?include_secret=true`)).body.data
    expect(exported).toContain(`name: key\n    selector:\n    - env\n    - key\n    value: ${SECRET}`)
    const { rows } = await weft.platform.database.query<{ text: string }>({ text: 'select environment_variables as text from workflows' })
    for (const { text } of rows) expect(text).not.toContain(SECRET)
  })

  test('a page that closes may send plain text', async () => {
    const appId = await importApp()
    const draft = await read(appId)
    const beacon = (body: string) =>
      weft.call('POST', `/console/api/apps/${appId}/workflows/draft?_token=${owner.token}`, {
        headers: { 'content-type': 'text/plain;charset=UTF-8' },
        body,
      })
    expect(await beacon('{')).toMatchObject({ status: 400, body: { message: 'Invalid JSON data' } })
    expect(await beacon('{}')).toMatchObject({ status: 400, body: { message: 'graph or features not found in data' } })
    expect(await beacon(JSON.stringify(draft))).toMatchObject({ status: 200 })
  })

  test('an app without one says so', async () => {
    const { body } = await owner.call('POST', '/apps', { name: 'Blank', mode: 'advanced-chat' })
    expect(await owner.call('GET', `/apps/${body.id}/workflows/draft`)).toMatchObject({
      status: 400,
      body: { code: 'draft_workflow_not_exist' },
    })
    expect((await owner.call('POST', `/apps/${body.id}/workflows/publish`, {})).body.message).toBe('No valid workflow found.')
    const first = { graph: { nodes: [], edges: [] }, features: {}, environment_variables: [], conversation_variables: [] }
    expect((await save(body.id, first)).status).toBe(200)
    expect((await read(body.id)).features).toMatchObject({ opening_statement: '', retriever_resource: { enabled: false } })
  })
})

describe('versions', () => {
  test('are listed after the draft, named, and deleted unless in use', async () => {
    const appId = await importApp()
    const versions = async (query = '') => (await owner.call('GET', `/apps/${appId}/workflows${query}`)).body
    expect((await versions()).items).toEqual([])
    await owner.call('POST', `/apps/${appId}/workflows/publish`, { marked_name: 'one' })
    await owner.call('POST', `/apps/${appId}/workflows/publish`, {})
    const { items } = await versions()
    expect(items.map((item: { marked_name: string }) => item.marked_name)).toEqual(['', '', 'one'])
    expect(items[0].version).toBe('draft')
    expect(items[1].version > items[2].version).toBe(true)
    expect((await versions('?named_only=true')).items).toHaveLength(1)
    expect(await versions('?limit=1')).toMatchObject({ has_more: true, limit: 1, page: 1 })
    const change = (method: string, index: number, body?: object) => owner.call(method, `/apps/${appId}/workflows/${items[index].id}`, body)
    expect((await change('PATCH', 2, { marked_comment: 'first' })).body).toMatchObject({ marked_name: 'one', marked_comment: 'first' })
    expect((await change('PATCH', 2, { marked_name: 'x'.repeat(21) })).status).toBe(400)
    expect((await change('DELETE', 0)).body.message).toBe('Cannot delete draft workflow versions')
    expect((await change('DELETE', 1)).status).toBe(400)
    expect((await change('DELETE', 2)).status).toBe(204)
    expect((await change('DELETE', 2)).status).toBe(404)
  })
})

describe('apps', () => {
  test('of the other kinds are created with a configuration', async () => {
    const { status, body } = await owner.call('POST', '/apps', { name: 'Chat', mode: 'completion', icon: '🧪', icon_background: '#FFF' })
    expect(status).toBe(201)
    expect(body.model_config).toMatchObject({ pre_prompt: '{{query}}', retriever_resource: { enabled: true }, prompt_type: 'simple' })
    expect((await owner.call('GET', `/apps/${body.id}/export`)).body.data).toContain('mode: completion')
    expect((await owner.call('GET', `/apps/${body.id}/workflows/draft`)).body.code).toBe('app_not_found')
  })

  test('become agents when their configuration is one', async () => {
    const { body: app } = await owner.call('POST', '/apps', { name: 'Chat', mode: 'chat' })
    const agent_mode = { enabled: true, strategy: 'function_call', tools: [] }
    const model = { provider: 'openai', name: 'gpt-4o', mode: 'chat', completion_params: {} }
    const save = (config: object) => owner.call('POST', `/apps/${app.id}/model-config`, config)
    expect((await save({ agent_mode })).body.message).toBe('model is required')
    expect((await save({ model, agent_mode, unknown: 1 })).body).toEqual({ result: 'success' })
    const { body } = await owner.call('GET', `/apps/${app.id}`)
    expect(body).toMatchObject({ mode: 'agent-chat', model_config: { model, agent_mode } })
    expect(body.model_config).not.toHaveProperty('unknown')
  })

  test('are found by name, kind, tag and maker', async () => {
    const { body: tag } = await owner.call('POST', '/tags', { name: 'Harbour', type: 'app' })
    const { body: app } = await owner.call('POST', '/apps', { name: '100% tide_table', mode: 'chat' })
    await owner.call('POST', '/tag-bindings/create', { tag_ids: [tag.id], target_id: app.id, type: 'app' })
    const found = async (query: string) => (await owner.call('GET', `/apps?${query}`)).body.data.map((one: { id: string }) => one.id)
    expect(await found(`tag_ids=${tag.id}`)).toEqual([app.id])
    expect(await found('name=100%25%20tide_')).toEqual([app.id])
    expect(await found('name=tide-')).toEqual([])
    expect(await found('mode=chat&is_created_by_me=true')).toContain(app.id)
    expect(await found('mode=workflow')).not.toContain(app.id)
    expect((await owner.call('GET', '/tags?type=app')).body).toMatchObject([{ name: 'Harbour', binding_count: '1' }])
    expect((await owner.call('POST', '/tags', { name: 'Harbour', type: 'app' })).body.message).toBe('Tag name already exists')
    expect((await owner.call('GET', '/apps?limit=101')).status).toBe(400)
  })

  test('are changed, and gone when deleted', async () => {
    const { body: app } = await owner.call('POST', '/apps', { name: 'Draft', mode: 'chat' })
    expect((await owner.call('PUT', `/apps/${app.id}`, { name: 'New', max_active_requests: 2 })).body).toMatchObject({
      name: 'New',
      max_active_requests: 2,
    })
    expect((await owner.call('PUT', `/apps/${app.id}`, { name: 'New', description: 'x'.repeat(401) })).body.errors).toEqual({
      description: 'Description cannot exceed 400 characters.',
    })
    const site = await owner.call('POST', `/apps/${app.id}/site`, { title: 'Hello', default_language: 'zh-Hans' })
    expect(site.body).toMatchObject({ title: 'Hello', default_language: 'zh-Hans', customize_token_strategy: 'not_allow' })
    const reset = await owner.call('POST', `/apps/${app.id}/site/access-token-reset`)
    expect(reset.body.code).toMatch(/^\w{16}$/)
    expect(reset.body.code).not.toBe(site.body.code)
    expect((await owner.call('DELETE', `/apps/${app.id}`)).status).toBe(204)
    expect(await owner.call('GET', `/apps/${app.id}`)).toMatchObject({ status: 404, body: { code: 'app_not_found' } })
  })

  test('open their API by keys, ten at most, each dead once revoked', async () => {
    const appId = await importApp()
    const keys = `/apps/${appId}/api-keys`
    const first = (await owner.call('POST', keys)).body
    expect(first.token).toMatch(/^app-\w{24}$/)
    const { access } = weft.platform.apps
    expect((await access.byToken(first.token)).app.id).toBe(appId)
    await owner.call('POST', `/apps/${appId}/api-enable`, { enable_api: false })
    await expect(access.byToken(first.token)).rejects.toThrow("The app's API service has been disabled.")
    await owner.call('POST', `/apps/${appId}/api-enable`, { enable_api: true })
    for (let count = 1; count < 10; count++) expect((await owner.call('POST', keys)).status).toBe(201)
    expect(await owner.call('POST', keys)).toMatchObject({ status: 400, body: { custom: 'max_keys_exceeded' } })
    expect((await owner.call('DELETE', `${keys}/${first.id}`)).status).toBe(204)
    await expect(access.byToken(first.token)).rejects.toThrow('Access token is invalid')
    const { token } = (await owner.call('POST', '/datasets/api-keys')).body
    expect(token).toMatch(/^dataset-\w{24}$/)
    await expect(access.byToken(token)).rejects.toThrow('Access token is invalid')
    expect((await access.byDatasetToken(token)).scope.tenantId).toBe(owner.scope.tenantId)
  })
})

test('members may do what their role allows', async () => {
  const appId = await importApp()
  const [reader, editor] = [await member('normal'), await member('editor')]
  expect((await reader('GET', '/apps')).status).toBe(200)
  expect((await reader('GET', `/apps/${appId}`)).status).toBe(200)
  for (const [method, path, body] of [
    ['POST', '/apps', { name: 'Mine', mode: 'chat' }],
    ['POST', '/apps/imports', { mode: 'yaml-content', yaml_content: ECHO }],
    ['GET', `/apps/${appId}/workflows/draft`],
    ['GET', `/apps/${appId}/export`],
    ['POST', `/apps/${appId}/workflows/publish`, {}],
    ['DELETE', `/apps/${appId}`],
    ['POST', `/apps/${appId}/api-keys`],
    ['POST', '/tags', { name: 'Mine', type: 'app' }],
  ] as const) {
    expect(await reader(method, path, body), path).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  }
  expect((await editor('POST', `/apps/${appId}/workflows/publish`, {})).status).toBe(200)
  expect((await editor('POST', `/apps/${appId}/api-keys`)).status).toBe(201)
  for (const path of [`/apps/${appId}/api-enable`, `/apps/${appId}/site/access-token-reset`, '/datasets/api-keys']) {
    expect((await editor('POST', path, { enable_api: false })).status, path).toBe(403)
  }
})
