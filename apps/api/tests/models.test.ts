import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createModels } from '@weft/core'
import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const PROVIDER = 'langgenius/openai_api_compatible/openai_api_compatible'
const PATH = `/workspaces/current/model-providers/${PROVIDER}`

let weft: TestPlatform
let owner: TestMember
let vendor: Server
let endpoint_url: string

/** Keys that the vendor refuses, by the status it does so with. */
const busyKeys = new Map<string, number>()

/** A vendor that takes every key but `sk-wrong`. */
beforeAll(async () => {
  vendor = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = JSON.parse(text)
    const busy = busyKeys.get(request.headers.authorization?.slice(7) ?? '')
    if (busy) return response.writeHead(busy, { 'content-type': 'application/json' }).end('{"error":{"message":"not now"}}')
    if (request.headers.authorization === 'Bearer sk-wrong') {
      return response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"no such key"}}')
    }
    if (body.input) return response.end(JSON.stringify({ data: [{ embedding: [1] }], usage: { prompt_tokens: 1 } }))
    if (!body.stream) return response.end(JSON.stringify({ object: 'chat.completion', choices: [{ message: { content: 'pong' } }] }))
    response.setHeader('content-type', 'text/event-stream')
    response.write(
      `data: {"choices":[{"index":0,"delta":{"content":"key ${request.headers.authorization?.slice(7)}"},"finish_reason":null}]}\n\n`,
    )
    response.end(
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\ndata: [DONE]\n\n',
    )
  })
  await new Promise<void>(resolve => vendor.listen(0, '127.0.0.1', resolve))
  const { port } = vendor.address() as AddressInfo
  endpoint_url = `http://127.0.0.1:${port}/v1`
  weft = await createTestPlatform({ environment: { SSRF_ALLOWED_TARGETS: `127.0.0.1:${port}` } })
  owner = await weft.owner()
})
afterAll(async () => {
  await weft?.[Symbol.asyncDispose]()
  vendor?.close()
})

const llm = (model: string) => ({ model, model_type: 'llm' })
const form = (more: object = {}) => ({
  endpoint_url,
  api_key: 'sk-a-long-key',
  context_size: '8192',
  mode: 'chat',
  vision_support: 'support',
  ...more,
})
const add = (model: string, more: object = {}, credentials: object = {}) =>
  owner.call('POST', `${PATH}/models/credentials`, { ...llm(model), credentials: form(credentials), ...more })
const show = async (model: string, more = '') =>
  (await owner.call('GET', `${PATH}/models/credentials?model=${model}&model_type=llm${more}`)).body
const ask = async (model: string, provider = PROVIDER) => {
  const request = { messages: [{ role: 'user' as const, content: 'Hi' }], parameters: {} }
  const events = await Array.fromAsync(weft.platform.models.language.stream({ tenantId: owner.scope.tenantId, provider, model }, request))
  return events[0]
}

const vendorOf = async (path: string) =>
  (await owner.call('GET', path)).body.data.find((item: { provider: string }) => item.provider === PROVIDER)

describe('a model with credentials of its own', () => {
  test('is added once the vendor accepts them, and shown with its secrets masked', async () => {
    expect(await show('chat')).toEqual({
      credentials: {},
      current_credential_id: null,
      current_credential_name: null,
      load_balancing: { enabled: false, configs: [] },
      available_credentials: [],
    })
    expect(await add('chat', { name: 'first' })).toMatchObject({ status: 201, body: { result: 'success' } })
    expect(await show('chat')).toMatchObject({
      credentials: { api_key: 'sk-a-l************ey', endpoint_url, context_size: '8192', function_calling_type: 'no_call' },
      current_credential_name: 'first',
      available_credentials: [{ credential_name: 'first' }],
    })
    expect(await ask('chat')).toEqual({ type: 'text', text: 'key sk-a-long-key' })
    expect(await ask('chat', 'openai_api_compatible')).toMatchObject({ type: 'text' })
  })

  test('is not added where vendor or form object', async () => {
    expect(await add('bad', {}, { api_key: 'sk-wrong' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_param', message: expect.stringContaining('no such key') },
    })
    expect((await add('bad', {}, { endpoint_url: '' })).body.message).toBe('Variable endpoint_url is required')
    expect((await add('bad', {}, { mode: 'talk' })).body.message).toBe('Variable mode is not in options')
    expect((await add('chat', { name: 'first' })).body.message).toBe("Model credential with name 'first' already exists for chat.")
    expect((await add('bad', { name: 'n'.repeat(31) })).body).toEqual({
      errors: { name: `Invalid argument: ${'n'.repeat(31)}. argument cannot exceed length 30` },
      message: 'Input payload validation failed',
    })
    expect((await add('bad', { model_type: 'poem' })).body.errors).toEqual({
      model_type: "The value 'poem' is not a valid choice for 'model_type'.",
    })
    expect((await add('bad', {}, { endpoint_url: 'http://10.0.0.1/v1' })).body).toMatchObject({ code: 'invalid_param' })
    const nobody = await owner.call('POST', '/workspaces/current/model-providers/a/b/c/models/credentials', {
      ...llm('bad'),
      credentials: {},
    })
    expect(nobody).toMatchObject({ status: 400, body: { message: 'Provider a/b/c does not exist.' } })
    expect((await show('bad')).available_credentials).toEqual([])
  })

  test('is tried without being added', async () => {
    const attempt = (credentials: object) =>
      owner.call('POST', `${PATH}/models/credentials/validate`, { ...llm('x'), credentials: form(credentials) })
    expect((await attempt({})).body).toEqual({ result: 'success' })
    expect(await attempt({ api_key: 'sk-wrong' })).toMatchObject({
      status: 200,
      body: { result: 'error', error: expect.stringContaining('no such key') },
    })
  })

  test('can have several, of which one is used at a time', async () => {
    await add('many')
    await add('many', {}, { api_key: 'sk-the-second-key' })
    const shown = await show('many')
    expect(shown.available_credentials.map((item: { credential_name: string }) => item.credential_name)).toEqual(['API KEY 2', 'API KEY 1'])
    expect(shown.current_credential_name).toBe('API KEY 1')
    const [second, first] = shown.available_credentials.map((item: { credential_id: string }) => item.credential_id)
    expect(await ask('many')).toMatchObject({ text: 'key sk-a-long-key' })
    const use = (credential_id: string) => owner.call('POST', `${PATH}/models/credentials/switch`, { ...llm('many'), credential_id })
    expect((await use(second)).body).toEqual({ result: 'success' })
    expect((await use(second)).body.message).toBe("Can't add same credential")
    expect(await ask('many')).toMatchObject({ text: 'key sk-the-second-key' })
    expect((await show('many', `&credential_id=${first}`)).current_credential_name).toBe('API KEY 1')

    const remove = (credential_id: string) => owner.call('DELETE', `${PATH}/models/credentials`, { ...llm('many'), credential_id })
    expect(await remove(second)).toMatchObject({ status: 204, text: '' })
    await expect(ask('many')).rejects.toMatchObject({ code: 'credentials-missing', message: 'Model many credentials is not initialized.' })
    const models = (await owner.call('GET', `${PATH}/models`)).body.data
    expect(models.find((item: { model: string }) => item.model === 'many')).toMatchObject({ status: 'credential-removed' })
    expect((await remove(second)).body.message).toBe('Credential record not found.')
    await remove(first)
    expect((await owner.call('GET', `${PATH}/models`)).body.data.some((item: { model: string }) => item.model === 'many')).toBe(false)
  })

  test('keeps a secret that is sent back hidden', async () => {
    await add('changing')
    const { current_credential_id: credential_id } = await show('changing')
    const change = (credentials: object) =>
      owner.call('PUT', `${PATH}/models/credentials`, {
        ...llm('changing'),
        credential_id,
        name: 'renamed',
        credentials: form(credentials),
      })
    expect((await change({ api_key: '[__HIDDEN__]', context_size: '100' })).body).toEqual({ result: 'success' })
    expect(await show('changing')).toMatchObject({
      current_credential_name: 'renamed',
      credentials: { api_key: 'sk-a-l************ey', context_size: '100' },
    })
    expect(
      (await weft.platform.models.language.schema({ tenantId: owner.scope.tenantId, provider: PROVIDER, model: 'changing' })).contextSize,
    ).toBe(100)
    expect((await change({ api_key: 'sk-wrong' })).status).toBe(400)
    expect(await ask('changing')).toMatchObject({ text: 'key sk-a-long-key' })
  })

  test('is nowhere stored in the clear', async () => {
    const { rows } = await weft.platform.database.query<{ text: string }>({ text: 'select c::text as text from model_credentials c' })
    expect(rows.length).toBeGreaterThan(0)
    for (const { text } of rows) expect(text).not.toContain('sk-a-long')
  })
})

describe('the list of vendors', () => {
  test('shows forms, models and icons', async () => {
    const provider = await vendorOf('/workspaces/current/model-providers?model_type=llm')
    expect(provider).toMatchObject({
      tenant_id: owner.scope.tenantId,
      provider: PROVIDER,
      label: { en_US: 'OpenAI-API-compatible' },
      help: null,
      background: null,
      icon_large: null,
      supported_model_types: ['llm', 'rerank', 'text-embedding', 'speech2text', 'tts'],
      configurate_methods: ['customizable-model'],
      provider_credential_schema: null,
      preferred_provider_type: 'custom',
      system_configuration: { enabled: false, current_quota_type: null, quota_configurations: [] },
      custom_configuration: { status: 'active', current_credential_id: null, available_credentials: [], can_added_models: [] },
    })
    const [first] = provider.custom_configuration.custom_models
    expect(first).toMatchObject({
      model: 'chat',
      model_type: 'llm',
      credentials: { api_key: 'sk-a-l************ey' },
      current_credential_name: 'first',
      unadded_to_model_list: false,
    })
    expect(provider.model_credential_schema.credential_form_schemas[1]).toMatchObject({
      variable: 'api_key',
      type: 'secret-input',
      options: [],
      max_length: 0,
      show_on: [],
    })
    const icon = await weft.call('GET', provider.icon_small.en_US)
    expect(icon).toMatchObject({ status: 200, headers: { 'content-type': 'image/svg+xml' } })
    const moderators = (await owner.call('GET', '/workspaces/current/model-providers?model_type=moderation')).body.data
    expect(moderators.map((item: { provider: string }) => item.provider)).toContain('langgenius/openai/openai')
    expect(moderators.map((item: { provider: string }) => item.provider)).not.toContain(PROVIDER)
  })

  test('shows active models by type, with what they can do', async () => {
    const [group] = (await owner.call('GET', '/workspaces/current/models/model-types/llm')).body.data
    expect(group).toMatchObject({ provider: PROVIDER, status: 'active' })
    expect(group.models[0]).toMatchObject({
      model: 'chat',
      model_type: 'llm',
      features: ['vision'],
      fetch_from: 'customizable-model',
      model_properties: { mode: 'chat', context_size: 8192 },
      deprecated: false,
      status: 'active',
      load_balancing_enabled: false,
      has_invalid_load_balancing_configs: false,
    })
    const rules = (await owner.call('GET', `${PATH}/models/parameter-rules?model=chat`)).body.data
    expect(rules[0]).toMatchObject({
      name: 'temperature',
      use_template: 'temperature',
      type: 'float',
      default: 0.7,
      min: 0,
      max: 2,
      precision: 2,
      options: [],
    })
    expect((await owner.call('GET', `${PATH}/models/parameter-rules?model=nobody`)).body).toEqual({ data: [] })
    expect((await owner.call('GET', '/workspaces/current/models/model-types/poem')).status).toBe(400)
  })
})

describe('switches', () => {
  test('turn a model off and on', async () => {
    expect((await owner.call('PATCH', `${PATH}/models/disable`, llm('chat'))).body).toEqual({ result: 'success' })
    await expect(ask('chat')).rejects.toMatchObject({ code: 'model-disabled', message: 'Model chat is disabled.' })
    expect((await owner.call('GET', `${PATH}/models`)).body.data.find((item: { model: string }) => item.model === 'chat').status).toBe(
      'disabled',
    )
    await owner.call('PATCH', `${PATH}/models/enable`, llm('chat'))
    expect(await ask('chat')).toMatchObject({ type: 'text' })
  })

  test('choose default models; the first active one is the default until then', async () => {
    const get = async (type: string) => (await owner.call('GET', `/workspaces/current/default-model?model_type=${type}`)).body.data
    expect(await get('rerank')).toBeNull()
    expect(await get('llm')).toMatchObject({
      model: 'chat',
      model_type: 'llm',
      provider: { provider: PROVIDER, tenant_id: owner.scope.tenantId, models: [] },
    })
    const set = (model_settings: object[]) => owner.call('POST', '/workspaces/current/default-model', { model_settings })
    expect((await set([{ model_type: 'llm', provider: PROVIDER, model: 'changing' }, { model_type: 'tts' }])).body).toEqual({
      result: 'success',
    })
    expect(await get('llm')).toMatchObject({ model: 'changing' })
    expect((await set([{ model_type: 'llm', provider: PROVIDER, model: 'nobody' }])).body.message).toBe('Model nobody does not exist.')
    expect((await set([{ model_type: 'poem' }])).body.message).toBe('invalid model type')
  })

  test('take a model off the list and bring it back', async () => {
    await add('parked')
    const { current_credential_id: credential_id } = await show('parked')
    expect((await owner.call('DELETE', `${PATH}/models`, llm('parked'))).status).toBe(204)
    const provider = async () => (await vendorOf('/workspaces/current/model-providers')).custom_configuration
    expect((await provider()).can_added_models).toEqual([llm('parked')])
    await owner.call('POST', `${PATH}/models/credentials/switch`, { ...llm('parked'), credential_id })
    expect((await provider()).can_added_models).toEqual([])
  })

  test('keep a list of credentials to take turns with', async () => {
    const { current_credential_id: credential_id } = await show('chat')
    const save = (configs: unknown, enabled: boolean) =>
      owner.call('POST', `${PATH}/models`, {
        ...llm('chat'),
        config_from: 'custom-model',
        credential_id,
        load_balancing: { enabled, configs },
      })
    const configs = [
      { name: '__inherit__', enabled: true },
      { name: 'other', enabled: true, credentials: form({ api_key: 'sk-of-the-other' }) },
    ]
    expect((await save(configs, true)).body).toEqual({ result: 'success' })
    const { load_balancing } = await show('chat', '&config_from=custom-model')
    expect(load_balancing).toMatchObject({
      enabled: true,
      configs: [
        { name: '__inherit__', credentials: {} },
        { name: 'other', credentials: { api_key: 'sk-of-************er' } },
      ],
    })
    expect((await save([{ id: load_balancing.configs[1].id, name: 'other', enabled: false }], true)).body.message).toBe(
      'Model load balancing configuration must be more than 1.',
    )
    expect((await save('x', true)).body.message).toBe('Invalid load balancing configs')
    expect((await show('chat')).load_balancing.configs).toHaveLength(2)
  })
})

describe('taking turns', () => {
  const configs = () => [
    { name: '__inherit__', enabled: true },
    { name: 'second', enabled: true, credentials: form({ api_key: 'sk-of-the-second' }) },
  ]
  const listed = async (model: string) =>
    (await owner.call('GET', `${PATH}/models`)).body.data.find((item: { model: string }) => item.model === model)
  const turns = async (model: string) => (await show(model, '&config_from=custom-model')).load_balancing.configs
  async function balanced(model: string) {
    await add(model)
    const { current_credential_id: credential_id } = await show(model)
    const body = { ...llm(model), config_from: 'custom-model', credential_id, load_balancing: { enabled: true, configs: configs() } }
    expect((await owner.call('POST', `${PATH}/models`, body)).body).toEqual({ result: 'success' })
  }

  test('goes round, and past credentials that the vendor refuses, which then rest', async () => {
    await balanced('round')
    const seen = [await ask('round'), await ask('round'), await ask('round')].map(event => event?.type === 'text' && event.text)
    expect(seen).toEqual(['key sk-a-long-key', 'key sk-of-the-second', 'key sk-a-long-key'])
    expect(await listed('round')).toMatchObject({ load_balancing_enabled: true, has_invalid_load_balancing_configs: false })

    busyKeys.set('sk-of-the-second', 429)
    expect(await ask('round')).toMatchObject({ text: 'key sk-a-long-key' })
    busyKeys.clear()
    const [inherited, second] = await turns('round')
    expect(inherited).toMatchObject({ in_cooldown: false, ttl: 0 })
    expect(second.in_cooldown).toBe(true)
    expect(second.ttl).toBeGreaterThan(50)
    for (let call = 0; call < 3; call++) expect(await ask('round')).toMatchObject({ text: 'key sk-a-long-key' })
  })

  test('ends with the last refusal where all refuse, and says that all rest', async () => {
    await balanced('tired')
    busyKeys.set('sk-of-the-second', 500).set('sk-a-long-key', 503)
    await expect(ask('tired')).rejects.toMatchObject({ code: 'server-unavailable' })
    await expect(ask('tired')).rejects.toMatchObject({ message: expect.stringContaining('resting') })
    busyKeys.clear()
  })

  test('does not pass a request on that is at fault itself', async () => {
    await balanced('faulty')
    busyKeys.set('sk-a-long-key', 400)
    await expect(ask('faulty')).rejects.toMatchObject({ code: 'bad-request' })
    busyKeys.clear()
    expect((await turns('faulty')).every((config: { in_cooldown: boolean }) => !config.in_cooldown)).toBe(true)
  })

  test('tries an entry with its hidden secret', async () => {
    await balanced('tried')
    const [, second] = await turns('tried')
    const attempt = (path: string, credentials: object) =>
      owner.call('POST', `${PATH}/models/load-balancing-configs/${path}credentials-validate`, {
        ...llm('tried'),
        credentials: form(credentials),
      })
    expect((await attempt(`${second.id}/`, { api_key: '[__HIDDEN__]' })).body).toEqual({ result: 'success' })
    expect((await attempt('', { api_key: 'sk-wrong' })).body).toMatchObject({ result: 'error' })
    expect((await attempt(`${crypto.randomUUID()}/`, {})).status).toBe(400)
  })
})

describe('a vendor with credentials for all its models', () => {
  const OPENAI = '/workspaces/current/model-providers/langgenius/openai/openai'
  const openaiForm = (openai_api_key: string) => ({ openai_api_key, openai_api_base: endpoint_url, api_protocol: 'chat' })

  test('lists its models, priced, once its key works', async () => {
    const before = (await owner.call('GET', `${OPENAI}/models`)).body.data
    expect(before.find((item: { model: string }) => item.model === 'gpt-4o')).toMatchObject({
      status: 'no-configure',
      fetch_from: 'predefined-model',
    })
    expect((await owner.call('POST', `${OPENAI}/credentials`, { credentials: openaiForm('sk-wrong') })).body.message).toContain(
      'no such key',
    )
    expect((await owner.call('POST', `${OPENAI}/credentials`, { credentials: openaiForm('sk-openai-key') })).status).toBe(201)
    expect((await owner.call('GET', `${OPENAI}/credentials`)).body.credentials).toMatchObject({ openai_api_key: 'sk-ope************ey' })
    const groups = (await owner.call('GET', '/workspaces/current/models/model-types/text-embedding')).body.data
    expect(groups.find((group: { provider: string }) => group.provider === 'langgenius/openai/openai').models.length).toBeGreaterThan(1)
    const rules = (await owner.call('GET', `${OPENAI}/models/parameter-rules?model=gpt-4o`)).body.data
    expect(rules.map((rule: { name: string }) => rule.name)).toContain('json_schema')
    expect(await ask('gpt-4o', 'openai')).toEqual({ type: 'text', text: 'key sk-openai-key' })
    expect(await ask('gpt-of-tomorrow', 'openai')).toMatchObject({ type: 'text' })
  })

  test('takes turns among its named credentials', async () => {
    await owner.call('POST', `${OPENAI}/credentials`, { credentials: openaiForm('sk-openai-two'), name: 'two' })
    const path = `${OPENAI}/models/credentials?model=gpt-4o&model_type=llm&config_from=predefined-model`
    const { available_credentials } = (await owner.call('GET', path)).body
    expect(available_credentials).toHaveLength(2)
    const configs = available_credentials.map(({ credential_id }: { credential_id: string }) => ({
      credential_id,
      name: '',
      enabled: true,
    }))
    const body = { ...llm('gpt-4o'), config_from: 'predefined-model', load_balancing: { enabled: true, configs } }
    expect((await owner.call('POST', `${OPENAI}/models`, body)).body).toEqual({ result: 'success' })
    const seen = [await ask('gpt-4o', 'openai'), await ask('gpt-4o', 'openai')].map(event => event?.type === 'text' && event.text)
    expect(seen.toSorted()).toEqual(['key sk-openai-key', 'key sk-openai-two'])
  })

  test('embeds by the same credentials, and all calls are counted with their price', async () => {
    const { models } = weft.platform
    const reference = { tenantId: owner.scope.tenantId, provider: 'openai', model: 'text-embedding-3-small' }
    const { vectors, usage } = await models.embedding.embed(reference, ['cloth'])
    expect(vectors).toEqual([[1]])
    expect(usage).toMatchObject({ total_tokens: 1, unit_price: '0.02', currency: 'USD' })
    const request = { messages: [{ role: 'user' as const, content: 'Hi' }], parameters: {} }
    await Array.fromAsync(models.language.stream({ ...reference, model: 'gpt-4.1' }, request))
    await Array.fromAsync(models.language.stream({ ...reference, model: 'gpt-4.1' }, request))
    await models.usage.flush()
    const days = await models.usage.daily(owner.scope, '2000-01-01')
    expect(days.filter(({ model }) => model === 'gpt-4.1' || model === reference.model)).toMatchObject([
      { model: 'gpt-4.1', type: 'llm', calls: 2, promptTokens: 2, completionTokens: 4, totalPrice: '0.000036', currency: 'USD' },
      { model: 'text-embedding-3-small', type: 'text-embedding', calls: 1, totalPrice: '0' },
    ])
  })

  test('remembers whose credentials are preferred', async () => {
    const prefer = (preferred_provider_type: string) => owner.call('POST', `${OPENAI}/preferred-provider-type`, { preferred_provider_type })
    const shown = async () =>
      (await owner.call('GET', '/workspaces/current/model-providers')).body.data.find(
        (item: { provider: string }) => item.provider === 'langgenius/openai/openai',
      ).preferred_provider_type
    expect(await shown()).toBe('custom')
    expect((await prefer('system')).body).toEqual({ result: 'success' })
    expect(await shown()).toBe('system')
    await prefer('custom')
    expect((await owner.call('GET', `${OPENAI}/checkout-url`)).status).toBe(400)
  })
})

test('another tenant sees and uses none of it', async () => {
  const stranger = await weft.stranger()
  const { current_credential_id } = await show('chat')
  expect((await stranger.call('GET', `${PATH}/models`)).body).toEqual({ data: [] })
  expect(
    (await stranger.call('GET', `${PATH}/models/credentials?model=chat&model_type=llm&credential_id=${current_credential_id}`)).body
      .message,
  ).toContain('not found')
  expect(
    (await stranger.call('POST', `${PATH}/models/credentials/switch`, { ...llm('chat'), credential_id: current_credential_id })).status,
  ).toBe(400)
  const reference = { tenantId: stranger.scope.tenantId, provider: PROVIDER, model: 'chat' }
  await expect(weft.platform.models.language.schema(reference)).rejects.toMatchObject({ code: 'credentials-missing' })
  await expect(weft.platform.models.language.schema({ ...reference, provider: 'nobody' })).rejects.toMatchObject({
    code: 'provider-not-found',
  })
})

test('another process learns of a change at once', async () => {
  const elsewhere = await createModels({
    database: weft.platform.database,
    secrets: weft.platform.secrets,
    providers: weft.platform.models.registry.list(),
    bus: weft.platform.eventBus,
  })
  const reference = { tenantId: owner.scope.tenantId, provider: PROVIDER, model: 'chat' }
  expect(await elsewhere.language.schema(reference)).toMatchObject({ mode: 'chat' })
  await owner.call('PATCH', `${PATH}/models/disable`, llm('chat'))
  await expect.poll(() => elsewhere.language.schema(reference).catch(error => error.code)).toBe('model-disabled')
  await elsewhere[Symbol.asyncDispose]()
})
