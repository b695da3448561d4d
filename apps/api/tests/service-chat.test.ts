import { setTimeout } from 'node:timers/promises'
import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts'
import { createServiceClient, namesOf, readFixture, type ServiceClient, textOf } from './service-client.ts'

let weft: TestPlatform
let owner: TestMember
let model: ScriptedModel
let harbour: ServiceClient
let other: ServiceClient
beforeAll(async () => {
  model = await startScriptedModel()
  weft = await createTestPlatform({ environment: { SSRF_ALLOWED_TARGETS: model.target } })
  owner = await weft.owner()
  await model.giveTo(owner)
  harbour = await createServiceClient(weft, owner, await readFixture('harbour-chat'))
  other = await createServiceClient(weft, owner, await readFixture('harbour-chat'))
})
afterAll(async () => {
  await weft?.[Symbol.asyncDispose]()
  await model?.[Symbol.asyncDispose]()
})

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const UNKNOWN = '5b1a0dd0-3b0a-4c57-9a0f-5d3b61f7a9c1'

const turn = (query: string, more: object = {}) => ({ inputs: {}, query, user: 'ada', auto_generate_name: false, ...more })
const ask = async (query: string, more: object = {}, as = harbour) =>
  as.call('POST', '/chat-messages', turn(query, { response_mode: 'blocking', ...more }))
const streamed = (query: string, more: object = {}, options?: Parameters<ServiceClient['stream']>[3]) =>
  harbour.stream('POST', '/chat-messages', turn(query, { response_mode: 'streaming', ...more }), options)
const messagesOf = async (conversationId: string, user = 'ada', query = '') =>
  (await harbour.call('GET', `/messages?user=${user}&conversation_id=${conversationId}${query}`)).body

describe('a turn', () => {
  test('is answered in one piece', async () => {
    const { status, body } = await ask('How deep is it?')
    expect(status).toBe(200)
    expect(body).toEqual({
      event: 'message',
      task_id: expect.stringMatching(UUID),
      id: body.message_id,
      message_id: expect.stringMatching(UUID),
      conversation_id: expect.stringMatching(UUID),
      mode: 'advanced-chat',
      answer: 'Echo: How deep is it?',
      metadata: {
        annotation_reply: null,
        retriever_resources: [],
        usage: expect.objectContaining({ prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, currency: 'USD' }),
      },
      created_at: expect.any(Number),
    })
    expect((await harbour.call('POST', '/chat-messages', turn('Hi'))).body).toMatchObject({ event: 'message', answer: 'Echo: Hi' })
  })

  test('or as a stream, each event under an id of its own, all of one message', async () => {
    const events = await streamed('How deep is it?')
    expect(namesOf(events.filter(({ data }) => data.event !== 'message'))).toEqual([
      'workflow_started',
      ...Array(4).fill(['node_started', 'node_finished']).flat(),
      'workflow_finished',
      'message_end',
    ])
    expect(textOf(events)).toBe('Echo: How deep is it?')
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    const { task_id, message_id, conversation_id, created_at } = events[0]?.data ?? {}
    for (const { data } of events) expect(data).toMatchObject({ task_id, message_id, conversation_id, created_at })
    expect(events.find(({ data }) => data.event === 'message')?.data).toMatchObject({
      id: message_id,
      from_variable_selector: ['model', 'text'],
    })
    expect(events.at(-1)?.data).toMatchObject({ id: message_id, files: [], metadata: { usage: { total_tokens: 10 } } })
  })

  test('of a conversation hears what was said before', async () => {
    const { body: first } = await ask('I sail the Ada.')
    const { body: second } = await ask('What do I sail?', { conversation_id: first.conversation_id })
    expect(second.conversation_id).toBe(first.conversation_id)
    expect(model.heard.at(-1)?.map(({ content }) => content)).toEqual([
      'You are a harbour master.',
      'I sail the Ada.',
      'Echo: I sail the Ada.',
      'What do I sail?',
    ])
    const { body: apart } = await ask('What do I sail?')
    expect(apart.conversation_id).not.toBe(first.conversation_id)
  })

  test('that fails is a refused request, or an error at the end of its stream, and is kept as such', async () => {
    const failed = await ask('[fail]')
    expect(failed).toMatchObject({
      status: 400,
      body: { code: 'invalid_param', message: expect.stringMatching(/^Run failed: .*The model has sunk/s) },
    })
    const events = await streamed('[fail]')
    expect(namesOf(events).slice(-2)).toEqual(['workflow_finished', 'error'])
    const { data } = events.at(-1) ?? {}
    expect(data).toMatchObject({ code: 'invalid_param', status: 400, message: failed.body.message })
    expect(data).not.toHaveProperty('task_id')
    const { data: kept } = await messagesOf(data.conversation_id)
    expect(kept).toMatchObject([{ id: data.message_id, status: 'error', error: expect.stringContaining('The model has sunk') }])
  })

  test('runs on without its client, who can come back for the rest', async () => {
    const seen = await streamed(`[slow] ${'word '.repeat(15)}`, {}, { until: ({ data }) => data.event === 'message' })
    const { task_id } = seen[0]?.data ?? {}
    const path = `/tasks/${task_id}/events?user=ada`
    const rest = await harbour.stream('GET', `${path}&after=${seen.at(-1)?.id}`)
    const whole = await harbour.stream('GET', path)
    expect(textOf([...seen, ...rest])).toBe(textOf(whole))
    expect(namesOf(whole).slice(-2)).toEqual(['workflow_finished', 'message_end'])
    for (const [index, { id }] of whole.entries())
      expect(await harbour.stream('GET', path, undefined, { headers: { 'last-event-id': id } })).toEqual(whole.slice(index + 1))
  })

  test('can be stopped by whoever asked, and by nobody else', async () => {
    const stop = async (taskId: string, user: string, as = harbour) =>
      (await as.call('POST', `/chat-messages/${taskId}/stop`, { user })).body
    let answers: unknown[] = []
    const events = await streamed(
      `[slow] ${'word '.repeat(40)}`,
      {},
      {
        async until({ data }) {
          if (data.event !== 'message' || answers.length) return false
          answers = [await stop(data.task_id, 'bob'), await stop(data.task_id, 'ada', other), await stop(UNKNOWN, 'ada')]
          await setTimeout(100)
          answers.push(await stop(data.task_id, 'ada'))
          return false
        },
      },
    )
    expect(answers).toEqual(Array(4).fill({ result: 'success' }))
    expect(namesOf(events).slice(-2)).toEqual(['workflow_finished', 'message_end'])
    expect(events.at(-2)?.data.data).toMatchObject({ status: 'stopped', error: 'Stopped by user.' })
    const { data } = await messagesOf(events[0]?.data.conversation_id)
    expect(data[0].answer).toBe(textOf(events))
    expect(data[0].answer.length).toBeLessThan('word '.length * 40)
  })

  test.each([
    [{ query: undefined }, { errors: { query: 'Missing required parameter in the JSON body' } }],
    [{ inputs: undefined }, { errors: { inputs: 'Missing required parameter in the JSON body' } }],
    [{ query: '' }, { code: 'invalid_param', message: 'query is required' }],
    [{ user: undefined }, { code: 'invalid_param', message: 'Arg user must be provided.' }],
    [{ user: '' }, { code: 'invalid_param', message: 'Arg user must be provided.' }],
    [{ user: 'u'.repeat(300) }, { code: 'invalid_param', message: 'user must be at most 255 characters long.' }],
    [{ response_mode: 'slowly' }, { errors: { response_mode: "The value 'slowly' is not a valid choice for 'response_mode'." } }],
    [{ response_mode: null }, { message: 'Input payload validation failed' }],
    [{ conversation_id: 'x' }, { message: 'Input payload validation failed' }],
    [{ workflow_id: 'newest' }, { code: 'bad_request', message: expect.stringContaining("Invalid workflow_id format: 'newest'") }],
    [{ inputs: { name: 'n'.repeat(41) } }, { code: 'invalid_param', message: 'name in input form must be less than 40 characters' }],
  ])('%j is refused, and nothing is written', async (change, body) => {
    const before = await countOfRows()
    expect(await ask('Hi', change)).toMatchObject({ status: 400, body })
    expect(await countOfRows()).toEqual(before)
  })

  test('of an unknown conversation or workflow is not found', async () => {
    expect(await ask('Hi', { conversation_id: UNKNOWN })).toMatchObject({
      status: 404,
      body: { code: 'not_found', message: 'Conversation Not Exists.', status: 404 },
    })
    expect(await ask('Hi', { workflow_id: UNKNOWN })).toMatchObject({
      status: 404,
      body: { message: `Workflow not found with id: ${UNKNOWN}` },
    })
  })
})

async function countOfRows() {
  const { rows } = await weft.platform.database.query<Record<string, string>>({
    text: 'select (select count(*) from conversations) as conversations, (select count(*) from messages) as messages, (select count(*) from workflow_runs) as runs',
  })
  return rows[0]
}

describe('words that the app does not want', () => {
  test.each(['Is the Smuggler in?', 'contraband'])('in a question are answered by a fixed text, without a run: %s', async query => {
    const asked = model.heard.length
    const { body } = await ask(query)
    expect(body).toMatchObject({ event: 'message', answer: 'Of that we do not speak.' })
    const events = await streamed(query)
    expect(namesOf(events)).toEqual(['message', 'message_end'])
    expect(textOf(events)).toBe('Of that we do not speak.')
    expect(model.heard).toHaveLength(asked)
    expect((await messagesOf(body.conversation_id)).data).toMatchObject([{ query, answer: 'Of that we do not speak.', status: 'normal' }])
  })

  test('in an input count as well', async () => {
    expect((await ask('Who am I?', { inputs: { name: 'Contraband' } })).body.answer).toBe('Of that we do not speak.')
  })

  test('in an answer are taken back: the stream says what stands there instead, and ends', async () => {
    const events = await streamed('[say A SMUG~GLER is in port]')
    expect(namesOf(events).filter(name => name.startsWith('message_'))).toEqual(['message_replace', 'message_end'])
    expect(events.find(({ data }) => data.event === 'message_replace')?.data).toMatchObject({
      answer: 'Let us speak of the weather.',
      reason: 'output_moderation',
    })
    const { conversation_id } = events[0]?.data ?? {}
    expect((await messagesOf(conversation_id)).data).toMatchObject([{ answer: 'Let us speak of the weather.', status: 'normal' }])
  })

  test('in an answer in one piece are not in it', async () => {
    expect((await ask('[say A SMUG~GLER is in port]')).body).toMatchObject({ event: 'message', answer: 'Let us speak of the weather.' })
  })

  test('in a long answer end it', async () => {
    const events = await streamed(`[slow] [say ${'a word and '.repeat(30)} smug~gler ${'more of it '.repeat(60)}]`)
    const replaced = namesOf(events).indexOf('message_replace')
    expect(namesOf(events).slice(replaced)).not.toContain('message')
    expect(events.at(-1)?.data.event).toBe('message_end')
    expect((await messagesOf(events[0]?.data.conversation_id)).data[0].answer).toBe('Let us speak of the weather.')
  })
})

describe('conversations', () => {
  test('are listed for their user, newest first, with the opening statement', async () => {
    const user = 'list-ada'
    const { body: first } = await ask('First of all, and a long one', { user, inputs: { name: 'Ada' } })
    const { body: second } = await ask('Second', { user })
    const list = async (query = '', as = harbour) => (await as.call('GET', `/conversations?user=${user}${query}`)).body
    const both = await list()
    expect(both).toMatchObject({ limit: 20, has_more: false })
    expect(both.data).toEqual([
      expect.objectContaining({ id: second.conversation_id, name: 'Second' }),
      {
        id: first.conversation_id,
        name: 'First of all, and a …',
        inputs: { name: 'Ada' },
        status: 'normal',
        introduction: 'Ahoy Ada, what do you want to know?',
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
      },
    ])
    expect(await list('&limit=1')).toMatchObject({ has_more: true, data: [both.data[0]] })
    expect(await list(`&limit=1&last_id=${second.conversation_id}`)).toMatchObject({ has_more: false, data: [both.data[1]] })
    expect((await list('&sort_by=created_at')).data.map(({ id }: { id: string }) => id)).toEqual([
      first.conversation_id,
      second.conversation_id,
    ])
    await ask('Again', { user, conversation_id: first.conversation_id })
    expect((await list()).data[0].id).toBe(first.conversation_id)
    expect((await list('', other)).data).toEqual([])
    expect(await harbour.call('GET', `/conversations?user=${user}&last_id=${UNKNOWN}`)).toMatchObject({
      status: 404,
      body: { message: 'Last Conversation Not Exists.' },
    })
  })

  test.each([
    ['limit=0', 'limit', 'Number of conversations to return Invalid argument: 0. argument must be within the range 1 - 100'],
    ['limit=101', 'limit', 'Number of conversations to return Invalid argument: 101. argument must be within the range 1 - 100'],
    ['last_id=x', 'last_id', 'Last conversation ID for pagination x is not a valid uuid.'],
    ['sort_by=name', 'sort_by', "Sort order for conversations The value 'name' is not a valid choice for 'sort_by'."],
  ])('are not listed by %s', async (query, field, reason) => {
    expect(await harbour.call('GET', `/conversations?user=ada&${query}`)).toMatchObject({
      status: 400,
      body: { errors: { [field]: reason } },
    })
  })

  test('are named by hand or by the model', async () => {
    const { body } = await ask('When is high tide?')
    const rename = (change: object, as = harbour) => as.call('POST', `/conversations/${body.conversation_id}/name`, change)
    expect(await rename({ name: 'Tides', user: 'ada' })).toMatchObject({ status: 200, body: { id: body.conversation_id, name: 'Tides' } })
    expect(await rename({ auto_generate: true, user: 'ada' })).toMatchObject({ status: 200, body: { name: 'Talk of tides' } })
    expect(await rename({ user: 'ada' })).toMatchObject({ status: 400, body: { message: 'name is required when auto_generate is false' } })
    const unknown = { status: 404, body: { message: 'Conversation Not Exists.' } }
    expect(await rename({ name: 'Mine', user: 'bob' })).toMatchObject(unknown)
    expect(await rename({ name: 'Mine', user: 'ada' }, other)).toMatchObject(unknown)
  })

  test('are named by the model as they begin, unless the caller would not', async () => {
    const { body } = await ask('When?', { user: 'names', auto_generate_name: true })
    const nameOf = async () => (await harbour.call('GET', '/conversations?user=names')).body.data[0]
    await expect.poll(async () => (await nameOf()).name).toBe('Talk of tides')
    expect((await nameOf()).id).toBe(body.conversation_id)
  })

  test('are deleted by their user alone', async () => {
    const { body } = await ask('Forget me', { user: 'gone' })
    const remove = (user: string, as = harbour) => as.call('DELETE', `/conversations/${body.conversation_id}`, { user })
    const count = async () => (await harbour.call('GET', '/conversations?user=gone')).body.data.length
    await remove('bob')
    await remove('gone', other)
    expect(await count()).toBe(1)
    expect((await remove('gone')).status).toBe(204)
    expect(await count()).toBe(0)
    expect(await harbour.call('GET', `/messages?user=gone&conversation_id=${body.conversation_id}`)).toMatchObject({ status: 404 })
    expect(await ask('Still there?', { user: 'gone', conversation_id: body.conversation_id })).toMatchObject({ status: 404 })
  })

  test('of callers who name no user are shared', async () => {
    await ask('Who am I?', { user: 'DEFAULT-USER' })
    expect((await harbour.call('GET', '/conversations')).body.data).toHaveLength(1)
    expect((await harbour.call('GET', '/conversations?user=')).body.data).toHaveLength(1)
  })
})

describe('variables of a conversation', () => {
  const variables = async (conversationId: string, query = '') =>
    harbour.call('GET', `/conversations/${conversationId}/variables?user=ada${query}`)

  test('are kept from turn to turn and listed', async () => {
    const { body } = await ask('One')
    await ask('Two', { conversation_id: body.conversation_id })
    const { body: listed } = await variables(body.conversation_id)
    expect(listed).toMatchObject({ limit: 20, has_more: false })
    expect(listed.data).toEqual([
      {
        id: expect.stringMatching(UUID),
        name: 'visits',
        value_type: 'number',
        value: '2',
        description: 'Questions so far',
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
      },
      expect.objectContaining({ name: 'ships', value_type: 'array[string]', value: "['Ada']" }),
    ])
    const [first, second] = listed.data
    expect((await variables(body.conversation_id, '&limit=1')).body).toMatchObject({ has_more: true, data: [first] })
    expect((await variables(body.conversation_id, `&last_id=${first.id}`)).body).toMatchObject({ has_more: false, data: [second] })
    expect((await variables(body.conversation_id, '&variable_name=ships')).body.data).toEqual([second])
    expect(await variables(body.conversation_id, '&limit=0')).toMatchObject({
      status: 400,
      body: { errors: { limit: 'Number of variables to return Invalid argument: 0. argument must be within the range 1 - 100' } },
    })
    expect(await variables(UNKNOWN)).toMatchObject({ status: 404, body: { message: 'Conversation Not Exists.' } })
  })

  test('are set to values of their type, for the next turn to see', async () => {
    const { body } = await ask('One')
    const [visits, ships] = (await variables(body.conversation_id)).body.data
    const set = (id: string, value: unknown) =>
      harbour.call('PUT', `/conversations/${body.conversation_id}/variables/${id}`, { value, user: 'ada' })
    expect(await set(visits.id, 41)).toMatchObject({ status: 200, body: { name: 'visits', value: '41' } })
    await ask('Two', { conversation_id: body.conversation_id })
    expect((await variables(body.conversation_id)).body.data[0].value).toBe('42')
    expect(await set(ships.id, ['Bo', 'Cy'])).toMatchObject({ status: 200, body: { value: "['Bo', 'Cy']" } })
    expect(await set(visits.id, 'many')).toMatchObject({
      status: 400,
      body: { code: 'bad_request', message: "Type mismatch: variable 'visits' expects integer, but got string type" },
    })
    expect(await set(ships.id, [1])).toMatchObject({ status: 400, body: { code: 'bad_request' } })
    expect(await set(UNKNOWN, 1)).toMatchObject({ status: 404, body: { message: 'Conversation Variable Not Exists.' } })
  })
})

describe('messages', () => {
  test('are listed oldest first, a page back at a time', async () => {
    const { body: first } = await ask('One', { user: 'pages' })
    const conversation_id = first.conversation_id
    for (const query of ['Two', 'Three']) await ask(query, { user: 'pages', conversation_id })
    const all = await messagesOf(conversation_id, 'pages')
    expect(all).toMatchObject({ limit: 20, has_more: false })
    expect(all.data.map(({ query }: { query: string }) => query)).toEqual(['One', 'Two', 'Three'])
    expect(all.data[0]).toEqual({
      id: first.message_id,
      conversation_id,
      parent_message_id: '00000000-0000-0000-0000-000000000000',
      inputs: { name: null },
      query: 'One',
      answer: 'Echo: One',
      message_files: [],
      feedback: null,
      retriever_resources: [],
      created_at: first.created_at,
      agent_thoughts: [],
      status: 'normal',
      error: null,
    })
    const page = await messagesOf(conversation_id, 'pages', '&limit=2')
    expect(page).toMatchObject({ has_more: true, data: all.data.slice(1) })
    expect(await messagesOf(conversation_id, 'pages', `&limit=2&first_id=${page.data[0].id}`)).toMatchObject({
      has_more: false,
      data: [all.data[0]],
    })
    expect(await messagesOf(conversation_id, 'pages', `&first_id=${UNKNOWN}`)).toMatchObject({ message: 'First Message Not Exists.' })
    expect(await messagesOf(conversation_id, 'bob')).toMatchObject({ code: 'not_found', message: 'Conversation Not Exists.' })
    expect(await harbour.call('GET', '/messages?user=ada')).toMatchObject({
      status: 400,
      body: { errors: { conversation_id: 'Conversation ID Missing required parameter in the query string' } },
    })
  })

  test('are liked, disliked and neither, and the app’s owner sees it', async () => {
    const { body } = await ask('Was that good?')
    const rate = (rating: unknown, more: object = {}, as = harbour) =>
      as.call('POST', `/messages/${body.message_id}/feedbacks`, { rating, user: 'ada', ...more })
    const shown = async () => (await messagesOf(body.conversation_id)).data[0].feedback
    expect(await rate(null)).toMatchObject({ status: 400, body: { message: 'rating cannot be None when feedback not exists' } })
    expect(await rate('like', { content: 'Clear' })).toMatchObject({ status: 200, body: { result: 'success' } })
    expect(await shown()).toEqual({ rating: 'like' })
    expect(await rate('dislike')).toMatchObject({ status: 200 })
    expect(await shown()).toEqual({ rating: 'dislike' })
    expect((await harbour.call('GET', '/app/feedbacks')).body.data).toEqual([
      {
        id: expect.stringMatching(UUID),
        app_id: harbour.appId,
        conversation_id: body.conversation_id,
        message_id: body.message_id,
        rating: 'dislike',
        content: null,
        from_source: 'user',
        from_end_user_id: expect.stringMatching(UUID),
        from_account_id: null,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+$/),
        updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+$/),
      },
    ])
    expect((await harbour.call('GET', '/app/feedbacks?page=2')).body.data).toEqual([])
    expect(await harbour.call('GET', '/app/feedbacks?limit=102')).toMatchObject({
      status: 400,
      body: { errors: { limit: 'Number of feedbacks per page Invalid argument: 102. argument must be within the range 1 - 101' } },
    })
    expect(await harbour.call('GET', '/app/feedbacks?page=x')).toMatchObject({
      status: 400,
      body: { errors: { page: "Page number invalid literal for int() with base 10: 'x'" } },
    })
    expect((await harbour.call('GET', '/app/feedbacks?page=0')).status).toBe(400)
    expect(await rate(null)).toMatchObject({ status: 200 })
    expect(await shown()).toBeNull()
    expect(await rate('great')).toMatchObject({ status: 400, body: { errors: { rating: expect.stringMatching(/^Feedback rating /) } } })
    const unknown = { status: 404, body: { message: 'Message Not Exists.' } }
    expect(await rate('like', { user: 'bob' })).toMatchObject(unknown)
    expect(await rate('like', {}, other)).toMatchObject(unknown)
  })

  test('have questions that may come next', async () => {
    const { body } = await ask('When is high tide?')
    const suggested = (user = 'ada', as = harbour) => as.call('GET', `/messages/${body.message_id}/suggested?user=${user}`)
    expect(await suggested()).toMatchObject({ status: 200, body: { result: 'success', data: ['How high?', 'How low?', 'When?'] } })
    expect(await suggested('bob')).toMatchObject({ status: 404, body: { message: 'Message Not Exists.' } })
    expect(await harbour.call('GET', `/messages/${body.message_id}/suggested`)).toMatchObject({ status: 400 })
    const silent = await createServiceClient(
      weft,
      owner,
      (await readFixture('harbour-chat')).replace(
        'suggested_questions_after_answer: { enabled: true }',
        'suggested_questions_after_answer: { enabled: false }',
      ),
    )
    const { body: asked } = await ask('When?', {}, silent)
    expect(await silent.call('GET', `/messages/${asked.message_id}/suggested?user=ada`)).toMatchObject({
      status: 400,
      body: { code: 'bad_request', message: 'Suggested Questions Is Disabled.' },
    })
  })

  test('bring files, which show in the list and open for the app', async () => {
    const form = new FormData()
    form.set('user', 'ada')
    form.set('file', new File(['Soundings'], 'depths.txt', { type: 'text/plain' }))
    const { body: file } = await harbour.call('POST', '/files/upload', form)
    const files = [{ type: 'document', transfer_method: 'local_file', upload_file_id: file.id }]
    expect((await harbour.call('GET', `/files/${file.id}/preview?user=ada`)).status).toBe(404)
    const { body } = await ask('What is in it?', { files })
    const [message] = (await messagesOf(body.conversation_id)).data
    expect(message.message_files).toEqual([
      {
        id: expect.any(String),
        filename: 'depths.txt',
        type: 'document',
        url: expect.stringContaining(`/files/${file.id}/file-preview?`),
        mime_type: 'text/plain',
        size: 9,
        transfer_method: 'local_file',
        belongs_to: 'user',
        upload_file_id: file.id,
      },
    ])
    expect(await harbour.call('GET', `/files/${file.id}/preview?user=ada`)).toMatchObject({ status: 200, body: 'Soundings' })
    expect((await other.call('GET', `/files/${file.id}/preview?user=ada`)).status).toBe(403)
    expect(await ask('And now?', { files: [...files, ...files, ...files] })).toMatchObject({ status: 400, body: { code: 'invalid_param' } })
    expect(await ask('And now?', { files: [{ ...files[0], upload_file_id: UNKNOWN }] })).toMatchObject({
      status: 400,
      body: { message: 'Invalid upload file' },
    })
  })
})

describe('annotations', () => {
  const add = (question: string, answer: string, as = harbour) => as.call('POST', '/apps/annotations', { question, answer })

  test('are added, listed, changed and deleted', async () => {
    const { status, body } = await add('Who keeps the light?', 'Grace')
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.stringMatching(UUID),
      question: 'Who keeps the light?',
      answer: 'Grace',
      hit_count: 0,
      created_at: expect.any(Number),
    })
    await add('What is 100%?', 'All')
    const list = async (query = '') => (await harbour.call('GET', `/apps/annotations?${query}`)).body
    expect(await list()).toMatchObject({ page: 1, limit: 20, total: 2, has_more: false, data: [{ answer: 'All' }, { answer: 'Grace' }] })
    expect(await list('keyword=grace')).toMatchObject({ total: 1, data: [body] })
    expect(await list('keyword=0%25')).toMatchObject({ total: 1 })
    expect(await list('page=2&limit=1')).toMatchObject({ total: 2, has_more: false, data: [body] })
    const path = `/apps/annotations/${body.id}`
    const change = { question: 'Who keeps it?', answer: 'Ida' }
    expect(await harbour.call('PUT', path, change)).toMatchObject({ status: 200, body: { ...body, ...change } })
    expect((await other.call('PUT', path, change)).status).toBe(404)
    expect((await other.call('DELETE', path)).status).toBe(404)
    expect((await harbour.call('DELETE', path)).status).toBe(204)
    expect((await harbour.call('DELETE', path)).status).toBe(404)
    expect(await list()).toMatchObject({ total: 1 })
  })

  test('without their fields are refused', async () => {
    expect(await harbour.call('POST', '/apps/annotations', { question: 'Why?' })).toMatchObject({
      status: 400,
      body: {
        errors: { answer: 'Annotation answer Missing required parameter in the JSON body' },
        message: 'Input payload validation failed',
      },
    })
    expect(await harbour.call('POST', '/apps/annotations', { answer: 'So.' })).toMatchObject({
      status: 400,
      body: { errors: { question: 'Annotation question Missing required parameter in the JSON body' } },
    })
  })

  test('do not answer questions yet, and say so', async () => {
    const enable = (body: object) => harbour.call('POST', '/apps/annotation-reply/enable', body)
    const model = { embedding_provider_name: 'x', embedding_model_name: 'y' }
    expect(await enable({ score_threshold: 0.9 })).toMatchObject({
      status: 400,
      body: { errors: { embedding_provider_name: 'Embedding provider name Missing required parameter in the JSON body' } },
    })
    expect(await enable({ score_threshold: 'high', ...model })).toMatchObject({
      status: 400,
      body: { errors: { score_threshold: "Score threshold for annotation matching could not convert string to float: 'high'" } },
    })
    expect(await enable({ score_threshold: 0.9, ...model })).toMatchObject({ status: 400, body: { code: 'app_unavailable' } })
    expect(await harbour.call('GET', `/apps/annotation-reply/enable/status/${UNKNOWN}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_param', message: 'The job does not exist.' },
    })
    expect((await harbour.call('POST', '/apps/annotation-reply/sometimes', { score_threshold: 1, ...model })).status).toBe(404)
  })
})

test('the app says what it offers', async () => {
  expect((await harbour.call('GET', '/parameters')).body).toMatchObject({
    opening_statement: 'Ahoy {{name}}, what do you want to know?',
    suggested_questions: ['When is high tide?', 'Who is in port?'],
    suggested_questions_after_answer: { enabled: true },
    retriever_resource: { enabled: true },
    annotation_reply: { enabled: false },
    user_input_form: [{ 'text-input': { variable: 'name', required: false } }],
    sensitive_word_avoidance: { enabled: true, type: 'keywords' },
    file_upload: { enabled: true, number_limits: 2 },
  })
  expect((await harbour.call('GET', '/info')).body).toMatchObject({ name: 'Harbour chat', mode: 'advanced-chat' })
  expect((await harbour.call('GET', '/site')).body).toMatchObject({ title: 'Harbour chat' })
  const { body } = await ask('Hi')
  const runs = await harbour.call('GET', '/workflows/logs')
  expect(runs.status).toBe(200)
  const detail = await harbour.call('GET', `/workflows/run/${runs.body.data[0].workflow_run.id}`)
  expect(JSON.parse(detail.body.outputs)).toMatchObject({ answer: body.answer })
})
