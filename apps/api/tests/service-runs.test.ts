import { setTimeout } from 'node:timers/promises'
import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts'
import { createServiceClient, namesOf, publishApp, readFixture, type ServiceClient, type StreamEvent, textOf } from './service-client.ts'

let weft: TestPlatform
let owner: TestMember
let model: ScriptedModel
let report: ServiceClient
let other: ServiceClient
beforeAll(async () => {
  model = await startScriptedModel()
  weft = await createTestPlatform({ environment: { SSRF_ALLOWED_TARGETS: model.target } })
  owner = await weft.owner()
  await model.giveTo(owner)
  report = await createServiceClient(weft, owner, await readFixture('tide-report'))
  other = await createServiceClient(weft, owner, await readFixture('tide-report'))
})
afterAll(async () => {
  await weft?.[Symbol.asyncDispose]()
  await model?.[Symbol.asyncDispose]()
})

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const UNKNOWN = '5b1a0dd0-3b0a-4c57-9a0f-5d3b61f7a9c1'

const run = (place: string, more: object = {}, as = report) =>
  as.call('POST', '/workflows/run', { inputs: { place }, user: 'ada', response_mode: 'blocking', ...more })
const streamed = (place: string, options?: Parameters<ServiceClient['stream']>[3], user = 'ada') =>
  report.stream('POST', '/workflows/run', { inputs: { place }, user, response_mode: 'streaming' }, options)
const rejoin = (taskId: string, query = '', options?: Parameters<ServiceClient['stream']>[3], as = report) =>
  as.stream('GET', `/tasks/${taskId}/events?user=ada${query}`, undefined, options)

/** Starts a slow run and leaves it at its first text. */
async function leaveSlowRun(words = 20): Promise<{ taskId: string; runId: string; seen: StreamEvent[] }> {
  const seen = await streamed(`[slow] ${'word '.repeat(words)}`, { until: ({ data }) => data.event === 'text_chunk' })
  const { task_id, workflow_run_id } = seen[0]?.data ?? {}
  return { taskId: task_id, runId: workflow_run_id, seen }
}

async function settled(runId: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const { body } = await report.call('GET', `/workflows/run/${runId}`)
    if (body.status !== 'running') return body.status
    await setTimeout(50)
  }
  return 'running'
}

describe('blocking', () => {
  test('a run answers with what its End node gives', async () => {
    const { status, body } = await run('Dover')
    expect(status).toBe(200)
    expect(body).toEqual({
      task_id: expect.stringMatching(UUID),
      workflow_run_id: expect.stringMatching(UUID),
      data: {
        id: body.workflow_run_id,
        workflow_id: expect.stringMatching(UUID),
        status: 'succeeded',
        outputs: { heading: 'Tides of Dover', report: 'Echo: Dover', chart: null },
        error: '',
        elapsed_time: expect.any(Number),
        total_tokens: 10,
        total_steps: 4,
        created_at: expect.any(Number),
        finished_at: expect.any(Number),
      },
    })
  })

  test('a mode that is not named is blocking', async () => {
    expect((await report.call('POST', '/workflows/run', { inputs: { place: 'Dover' }, user: 'ada' })).body.data.status).toBe('succeeded')
  })

  test('a run that fails is answered by 200, with its error', async () => {
    const { status, body } = await run('[fail]')
    expect(status).toBe(200)
    expect(body.data).toMatchObject({ status: 'failed', outputs: {}, error: expect.stringContaining('The model has sunk.') })
  })

  test('a published version runs by its id', async () => {
    const { body: published } = await owner.call('GET', `/apps/${report.appId}/workflows/publish`)
    const { body } = await report.call('POST', `/workflows/${published.id}/run`, { inputs: { place: 'Dover' }, user: 'ada' })
    expect(body.data).toMatchObject({ workflow_id: published.id, status: 'succeeded' })
    const { body: draft } = await owner.call('GET', `/apps/${report.appId}/workflows/draft`)
    const runVersion = (id: string) => report.call('POST', `/workflows/${id}/run`, { inputs: { place: 'Dover' }, user: 'ada' })
    expect(await runVersion(draft.id)).toMatchObject({
      status: 400,
      body: { code: 'bad_request', message: expect.stringContaining(`Cannot use draft workflow version. Workflow ID: ${draft.id}`) },
    })
    expect(await runVersion(UNKNOWN)).toMatchObject({ status: 404, body: { message: `Workflow not found with id: ${UNKNOWN}` } })
    expect(await runVersion('newest')).toMatchObject({
      status: 400,
      body: { code: 'bad_request', message: expect.stringContaining("Invalid workflow_id format: 'newest'") },
    })
  })
})

describe('streaming', () => {
  test('tells of the run, its nodes and its text, each event under an id of its own', async () => {
    const events = await streamed('Dover and Calais')
    expect(namesOf(events.filter(({ data }) => data.event !== 'text_chunk'))).toEqual([
      'workflow_started',
      ...Array(4).fill(['node_started', 'node_finished']).flat(),
      'workflow_finished',
    ])
    expect(textOf(events)).toContain('Echo: Dover and Calais')
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    expect(events.every(({ id }) => /^\d+(-\d+)?$/.test(id))).toBe(true)
    const [first, last] = [events[0]?.data, events.at(-1)?.data]
    expect(first).toMatchObject({ task_id: expect.stringMatching(UUID), data: { id: first.workflow_run_id } })
    expect(events.every(({ data }) => data.task_id === first.task_id && data.workflow_run_id === first.workflow_run_id)).toBe(true)
    expect(last.data).toMatchObject({ status: 'succeeded', outputs: { report: 'Echo: Dover and Calais' }, created_by: { user: 'ada' } })
  })

  test('a run that fails ends its stream by saying so', async () => {
    const last = (await streamed('[fail]')).at(-1)
    expect(last?.data).toMatchObject({
      event: 'workflow_finished',
      data: { status: 'failed', error: expect.stringContaining('The model has sunk.') },
    })
  })

  test('what is wrong before the run begins is a plain answer', async () => {
    const body = { inputs: {}, user: 'ada', response_mode: 'streaming' }
    expect(await report.call('POST', '/workflows/run', body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_param', message: 'place is required in input form', status: 400 },
    })
  })
})

describe('coming back', () => {
  test('a client that leaves does not end the run, and gets each event once when it comes back', async () => {
    const { taskId, seen } = await leaveSlowRun()
    const rest = await rejoin(taskId, '', { headers: { 'last-event-id': seen.at(-1)?.id ?? '' } })
    const whole = await rejoin(taskId)
    expect([...seen, ...rest].map(({ data }) => data.event).filter(name => name !== 'text_chunk')).toEqual(
      namesOf(whole.filter(({ data }) => data.event !== 'text_chunk')),
    )
    expect(textOf([...seen, ...rest])).toBe(textOf(whole))
    expect(textOf(whole)).toContain(`Echo: [slow] ${'word '.repeat(20)}`.trim())
    expect(whole.at(-1)?.data).toMatchObject({ event: 'workflow_finished', data: { status: 'succeeded' } })
  })

  test('any event of a run that is over can be gone on from, by header or by query', async () => {
    const events = await streamed('Dover')
    const taskId = events[0]?.data.task_id
    for (const [index, { id }] of events.entries()) {
      const rest = events.slice(index + 1)
      expect(await rejoin(taskId, `&after=${id}`)).toEqual(rest)
      expect(await rejoin(taskId, '', { headers: { 'last-event-id': id } })).toEqual(rest)
    }
    expect(await rejoin(taskId)).toEqual(events)
  })

  test('ids that no event has begin anew, or find nothing left', async () => {
    const events = await streamed('Dover')
    const taskId = events[0]?.data.task_id
    for (const after of ['x', '-1', '0', '1e9x', '%00']) expect(await rejoin(taskId, `&after=${after}`), after).toEqual(events)
    for (const after of ['999999999', '9'.repeat(400)]) expect(await rejoin(taskId, `&after=${after}`), after).toEqual([])
  })

  test('only whoever began a run can come back to it', async () => {
    const taskId = (await streamed('Dover'))[0]?.data.task_id
    const refused = { status: 404, body: { code: 'not_found', message: 'There is no such task of this user.', status: 404 } }
    expect(await report.call('GET', `/tasks/${taskId}/events?user=bob`)).toMatchObject(refused)
    expect(await other.call('GET', `/tasks/${taskId}/events?user=ada`)).toMatchObject(refused)
    expect(await report.call('GET', `/tasks/${UNKNOWN}/events?user=ada`)).toMatchObject(refused)
    expect(await report.call('GET', '/tasks/mine/events?user=ada')).toMatchObject(refused)
    expect(await report.call('GET', `/tasks/${taskId}/events`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_param', message: 'Arg user must be provided.' },
    })
  })
})

describe('stopping', () => {
  const stop = (taskId: string, as = report, user: string | undefined = 'ada') =>
    as.call('POST', `/workflows/tasks/${taskId}/stop`, { user })

  test('ends a run as stopped', async () => {
    let stopped: unknown
    const events = await streamed(`[slow] ${'word '.repeat(70)}`, {
      async until({ data }) {
        if (data.event === 'text_chunk' && !stopped) stopped = (await stop(data.task_id)).body
        return false
      },
    })
    expect(stopped).toEqual({ result: 'success' })
    const last = events.at(-1)?.data
    expect(last).toMatchObject({ event: 'workflow_finished', data: { status: 'stopped', error: 'Stopped by user.' } })
    expect(await report.call('GET', `/workflows/run/${last.workflow_run_id}`)).toMatchObject({ body: { status: 'stopped', outputs: null } })
  })

  test('of what is unknown, over or of another app succeeds and does nothing', async () => {
    const { taskId, runId } = await leaveSlowRun()
    for (const [id, as] of [
      [taskId, other],
      [UNKNOWN, report],
      ['nonsense', report],
      ['%00', report],
    ] as const) {
      expect(await stop(id, as), id).toMatchObject({ status: 200, body: { result: 'success' } })
    }
    expect(await settled(runId)).toBe('succeeded')
    expect(await stop(taskId)).toMatchObject({ status: 200, body: { result: 'success' } })
    expect(await settled(runId)).toBe('succeeded')
    expect(await report.call('POST', `/workflows/tasks/${taskId}/stop`, {})).toMatchObject({
      status: 400,
      body: { message: 'Arg user must be provided.' },
    })
  })
})

describe('run detail', () => {
  test('shows inputs and outputs as JSON text', async () => {
    const { body } = await run('Dover', { inputs: { place: 'Dover', height: 2.5 } })
    const { status, body: detail } = await report.call('GET', `/workflows/run/${body.workflow_run_id}`)
    expect(status).toBe(200)
    expect(detail).toEqual({
      id: body.workflow_run_id,
      workflow_id: body.data.workflow_id,
      status: 'succeeded',
      inputs: expect.any(String),
      outputs: expect.any(String),
      error: null,
      total_steps: 4,
      total_tokens: 10,
      created_at: body.data.created_at,
      finished_at: body.data.finished_at,
      elapsed_time: expect.any(Number),
    })
    expect(JSON.parse(detail.inputs)).toMatchObject({ place: 'Dover', height: 2.5, 'sys.user_id': 'ada' })
    expect(JSON.parse(detail.outputs)).toEqual(body.data.outputs)
  })

  test('of an unknown run, or another app’s, is not found', async () => {
    const { body } = await run('Dover', {}, other)
    const refused = { status: 404, body: { code: 'not_found', message: 'Workflow run not found.', status: 404 } }
    expect(await report.call('GET', `/workflows/run/${body.workflow_run_id}`)).toMatchObject(refused)
    expect(await report.call('GET', `/workflows/run/${UNKNOWN}`)).toMatchObject(refused)
    expect((await report.call('GET', '/workflows/run/7')).status).toBe(404)
  })
})

describe('logs', () => {
  let logged: ServiceClient
  beforeAll(async () => {
    logged = await createServiceClient(weft, owner, await readFixture('tide-report'))
    await run('Dover', {}, logged)
    await run('Calais 100% of_it', { user: 'bob' }, logged)
    await run('[fail]', {}, logged)
    await owner.call('POST', `/apps/${logged.appId}/workflows/draft/run`, { inputs: { place: 'Draft' } })
  })
  const logs = async (query = '') => (await logged.call('GET', `/workflows/logs?${query}`)).body
  const placesOf = async (query: string) => {
    const ids: string[] = (await logs(query)).data.map((entry: { workflow_run: { id: string } }) => entry.workflow_run.id)
    const details = await Promise.all(ids.map(id => logged.call('GET', `/workflows/run/${id}`)))
    return details.map(({ body }) => JSON.parse(body.inputs).place)
  }

  test('list the runs of the API, newest first, a page at a time', async () => {
    const all = await logs()
    expect(all).toMatchObject({ page: 1, limit: 20, total: 3, has_more: false })
    expect(all.data[2]).toEqual({
      id: expect.stringMatching(UUID),
      workflow_run: {
        id: expect.stringMatching(UUID),
        version: expect.any(String),
        status: 'succeeded',
        error: null,
        elapsed_time: expect.any(Number),
        total_tokens: 10,
        total_steps: 4,
        created_at: expect.any(Number),
        finished_at: expect.any(Number),
        exceptions_count: 0,
      },
      created_from: 'service-api',
      created_by_role: 'end_user',
      created_by_account: null,
      created_by_end_user: { id: expect.stringMatching(UUID), type: 'service_api', is_anonymous: false, session_id: 'ada' },
      created_at: expect.any(Number),
    })
    expect(await logs('page=2&limit=2')).toMatchObject({ page: 2, limit: 2, total: 3, has_more: false, data: [all.data[2]] })
    expect(await logs('limit=1')).toMatchObject({ has_more: true })
    expect(await logs('page=99999&limit=100')).toMatchObject({ total: 3, data: [] })
  })

  test('are filtered by words, status, person and time', async () => {
    expect(await placesOf('keyword=dover')).toEqual(['Dover'])
    expect(await placesOf('keyword=100%25%20of_it')).toEqual(['Calais 100% of_it'])
    expect(await placesOf('keyword=bob')).toEqual(['Calais 100% of_it'])
    expect(await placesOf('status=failed')).toEqual(['[fail]'])
    expect(await placesOf('created_by_end_user_session_id=bob')).toEqual(['Calais 100% of_it'])
    expect(await placesOf('created_by_end_user_session_id=nobody')).toEqual([])
    expect(await placesOf(`created_by_account=${owner.account.email}`)).toEqual([])
    expect(await placesOf('created_at__after=2000-01-01T00:00:00Z')).toHaveLength(3)
    expect(await placesOf('created_at__before=2000-01-01T00:00:00Z')).toEqual([])
  })

  test.each([
    ['status=running', "The value 'running' is not a valid choice for 'status'."],
    ['limit=0', 'Invalid argument: 0. argument must be within the range 1 - 100'],
    ['limit=many', 'many is not a valid integer'],
    ['page=100000', 'Invalid argument: 100000. argument must be within the range 1 - 99999'],
    ['page=1e400', '1e400 is not a valid integer'],
  ])('refuse %s', async (query, reason) => {
    const field = query.split('=')[0] ?? ''
    expect(await logged.call('GET', `/workflows/logs?${query}`)).toMatchObject({
      status: 400,
      body: { errors: { [field]: reason }, message: 'Input payload validation failed' },
    })
  })

  test.each(['yesterday', '-271821-04-20T00:00:00Z', '%2B275760-09-13T00:00:00Z', '%00'])('take %s for no time', async time => {
    expect((await logged.call('GET', `/workflows/logs?created_at__after=${time}`)).status).toBe(400)
  })
})

describe('files', () => {
  const upload = async (user = 'ada', as = report) => {
    const form = new FormData()
    form.set('user', user)
    form.set('file', new File(['High water at noon.'], 'chart.txt', { type: 'text/plain' }))
    return as.call('POST', '/files/upload', form)
  }
  const fileOf = (id: string) => ({ type: 'document', transfer_method: 'local_file', upload_file_id: id })

  test('go into a run by their ids and come out with a signed link', async () => {
    const uploaded = await upload()
    expect(uploaded).toMatchObject({ status: 201, body: { name: 'chart.txt', extension: 'txt', size: 19, mime_type: 'text/plain' } })
    const { body } = await run('Dover', { inputs: { place: 'Dover', chart: fileOf(uploaded.body.id) } })
    const { chart } = body.data.outputs
    expect(chart).toMatchObject({ dify_model_identity: '__dify__file__', filename: 'chart.txt', related_id: uploaded.body.id })
    const { pathname, search } = new URL(chart.url)
    expect(await weft.call('GET', pathname + search)).toMatchObject({ status: 200, text: 'High water at noon.' })
  })

  test('that are unknown, another workspace’s or no files are refused', async () => {
    const stranger = await weft.stranger()
    const elsewhere = await createServiceClient(weft, stranger, await readFixture('tide-report'))
    const { body: theirs } = await upload('ada', elsewhere)
    for (const chart of [fileOf(theirs.id), fileOf(UNKNOWN), fileOf('x'), { type: 'document' }, 'chart.txt', 7, [fileOf(UNKNOWN)]]) {
      expect(await run('Dover', { inputs: { place: 'Dover', chart } }), JSON.stringify(chart)).toMatchObject({
        status: 400,
        body: { code: 'invalid_param' },
      })
    }
  })
})

describe('what the app is', () => {
  test('its form and limits', async () => {
    const { status, body } = await report.call('GET', '/parameters')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      opening_statement: null,
      suggested_questions: [],
      suggested_questions_after_answer: { enabled: false },
      speech_to_text: { enabled: false },
      retriever_resource: { enabled: false },
      sensitive_word_avoidance: { enabled: false },
      user_input_form: [
        { 'text-input': { variable: 'place', label: 'Place', required: true, max_length: 400 } },
        { number: { variable: 'height' } },
        { file: { variable: 'chart', allowed_file_types: ['document'] } },
      ],
      system_parameters: {
        image_file_size_limit: 10,
        video_file_size_limit: 100,
        audio_file_size_limit: 50,
        file_size_limit: 15,
        workflow_file_upload_limit: 10,
      },
    })
  })

  test('its name, its tools and its site', async () => {
    const { body: tag } = await owner.call('POST', '/tags', { name: 'water', type: 'app' })
    await owner.call('POST', '/tag-bindings/create', { tag_ids: [tag.id], target_id: report.appId, type: 'app' })
    expect((await report.call('GET', '/info')).body).toEqual({
      name: 'Tide report',
      description: 'Tells of the tide at a place',
      tags: ['water'],
      mode: 'workflow',
      author_name: 'Ada',
    })
    expect((await report.call('GET', '/meta')).body).toEqual({ tool_icons: {} })
    expect((await report.call('GET', '/site')).body).toMatchObject({ title: 'Tide report', icon: '🌊', default_language: 'en-US' })
  })

  test('an app that is not published has no parameters and does not run', async () => {
    const { body } = await owner.call('POST', '/apps/imports', { mode: 'yaml-content', yaml_content: await readFixture('tide-report') })
    const { body: key } = await owner.call('POST', `/apps/${body.app_id}/api-keys`)
    const headers = { authorization: `Bearer ${key.token}` }
    expect(await weft.call('GET', '/v1/parameters', { headers })).toMatchObject({ status: 400, body: { code: 'app_unavailable' } })
    const asked = { headers, body: { inputs: { place: 'Dover' }, user: 'ada' } }
    expect(await weft.call('POST', '/v1/workflows/run', asked)).toMatchObject({ status: 400, body: { message: 'Workflow not published' } })
  })
})

describe('limits', () => {
  test('an app runs no more at once than its owner lets it', async () => {
    const { appId, key } = await publishApp(owner, await readFixture('tide-report'))
    await owner.call('PUT', `/apps/${appId}`, { name: 'One at a time', max_active_requests: 1 })
    const ask = (place: string) =>
      weft.call('POST', '/v1/workflows/run', { headers: { authorization: `Bearer ${key}` }, body: { inputs: { place }, user: 'ada' } })
    const slow = ask(`[slow] ${'word '.repeat(15)}`)
    await setTimeout(150)
    expect(await ask('Dover')).toMatchObject({
      status: 400,
      body: {
        code: 'invalid_param',
        message: `Too many requests. Please try again later. The current maximum concurrent requests allowed for ${appId} is 1.`,
      },
    })
    expect((await slow).body.data.status).toBe('succeeded')
    expect((await ask('Dover')).status).toBe(200)
  })

  test('keys of chat apps do not run workflows', async () => {
    const chat = await createServiceClient(weft, owner, await readFixture('harbour-chat'))
    for (const path of ['/workflows/run', `/workflows/${UNKNOWN}/run`, `/workflows/tasks/${UNKNOWN}/stop`]) {
      expect(await chat.call('POST', path, { inputs: {}, user: 'ada' }), path).toMatchObject({
        status: 400,
        body: { code: 'not_workflow_app', message: 'Please check if your app mode matches the right API route.', status: 400 },
      })
    }
    expect(await report.call('POST', '/chat-messages', { inputs: {}, query: 'Hi', user: 'ada' })).toMatchObject({
      status: 400,
      body: { code: 'not_chat_app' },
    })
  })
})
