import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { ChatClient, CompletionClient, DifyClient } from 'dify-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EffectServer, startEffectServer } from './support/effect-server.ts'
import { readEvents, type StreamEvent } from './support/event-stream.ts'
import { answerTo, type MockModel, startMockModel } from './support/mock-model.ts'
import { type InstalledApp, WeftConsole } from './support/weft-client.ts'
import { startWeft, type WeftProcess } from './support/weft-process.ts'

// Clients as they are on PyPI and npm, told nothing but another address.

const run = promisify(execFile)
const PYTHON_CLIENT = 'dify-client==0.1.10'

let model: MockModel
let effects: EffectServer
let weft: WeftProcess
let workflow: InstalledApp
let chat: InstalledApp
beforeAll(async () => {
  model = await startMockModel({ chunkDelay: 1 })
  effects = await startEffectServer()
  weft = await startWeft()
  const weftConsole = new WeftConsole(weft.url)
  await weftConsole.prepare(model.url)
  workflow = await weftConsole.install('one-model.yml')
  chat = await weftConsole.install('counting-chat.yml', { EFFECTS: effects.url })
})
afterAll(async () => {
  await weft?.[Symbol.asyncDispose]()
  await effects?.[Symbol.asyncDispose]()
  await model?.[Symbol.asyncDispose]()
})

const answerOf = (turn: number, query: string) => `${turn} ${answerTo(`Answer ${query}`)} then done /${query}/told`

function expectWorkflowStream(events: { event: string; data?: { text?: string; outputs?: unknown } }[], text: string) {
  const chunks = events.filter(event => event.event === 'text_chunk').map(event => event.data?.text)
  expect(chunks.length).toBeGreaterThan(1)
  expect(chunks.join('')).toBe(text)
  expect(events.at(-1)).toMatchObject({ event: 'workflow_finished', data: { status: 'succeeded', outputs: { text } } })
}

function expectChatStream(events: { event: string; answer?: string }[], answer: string) {
  const pieces = events.filter(event => event.event === 'message').map(event => event.answer)
  expect(pieces.length).toBeGreaterThan(1)
  expect(pieces.join('')).toBe(answer)
  expect(events.at(-1)).toMatchObject({ event: 'message_end' })
}

test('the Python client runs a workflow and a chat, uploads a file and lists messages', async context => {
  const python = await pythonWithClient()
  if (!python) return context.skip('there is no python3 with venv')
  const script = join(import.meta.dirname, 'fixtures/python-client.py')
  const { stdout } = await run(python, [script, `${weft.url}/v1`, workflow.key, chat.key])
  const came = JSON.parse(stdout)
  const text = answerTo('Tell of python')
  expect(came.blocking).toMatchObject({ data: { status: 'succeeded', outputs: { text } } })
  expectWorkflowStream(came.streaming, text)
  expect(came.first).toMatchObject({ event: 'message', mode: 'advanced-chat', answer: answerOf(1, 'py1') })
  expectChatStream(came.second, answerOf(2, 'py2'))
  expect(came.upload).toEqual([201, expect.objectContaining({ name: 'note.txt', size: 5, extension: 'txt', mime_type: 'text/plain' })])
  expect(came.messages.data.map((message: { query: string; answer: string }) => [message.query, message.answer])).toEqual([
    ['py1', answerOf(1, 'py1')],
    ['py2', answerOf(2, 'py2')],
  ])
  expect(came.conversations.data).toEqual([expect.objectContaining({ id: came.first.conversation_id })])
  expect(came.renamed).toMatchObject({ name: 'Snakes' })
  expect(came.feedback).toEqual({ result: 'success' })
  expect(came.parameters).toHaveProperty('user_input_form')
})

describe('the npm client', () => {
  const user = 'nodist'

  test('runs a workflow, blocking and streaming', async () => {
    const client = asWritten(new CompletionClient(workflow.key, `${weft.url}/v1`))
    const text = answerTo('Tell of node')
    const blocking = await client.runWorkflow({ tag: 'node' }, user)
    expect(blocking.data).toMatchObject({ data: { status: 'succeeded', outputs: { text } } })
    const streaming = await client.runWorkflow({ tag: 'node' }, user, true)
    expectWorkflowStream((await eventsOf(streaming.data)) as never, text)
  })

  test('chats, uploads a file, lists messages and conversations, renames and rates', async () => {
    const client = asWritten(new ChatClient(chat.key, `${weft.url}/v1`))
    const { data: first } = await client.createChatMessage({}, 'js1', user)
    expect(first).toMatchObject({ event: 'message', answer: answerOf(1, 'js1') })
    const second = await client.createChatMessage({}, 'js2', user, true, first.conversation_id)
    expectChatStream((await eventsOf(second.data)) as never, answerOf(2, 'js2'))

    const form = new FormData()
    form.append('user', user)
    form.append('file', new Blob(['hello'], { type: 'text/plain' }), 'note.txt')
    const upload = await new DifyClient(chat.key, `${weft.url}/v1`).fileUpload(form)
    expect(upload).toMatchObject({ status: 201, data: { name: 'note.txt', size: 5 } })

    const messages = await client.getConversationMessages(user, first.conversation_id)
    expect(messages.data.data.map((message: { query: string }) => message.query)).toEqual(['js1', 'js2'])
    const conversations = await client.getConversations(user)
    expect(conversations.data.data).toEqual([expect.objectContaining({ id: first.conversation_id })])
    const renamed = await client.renameConversation(first.conversation_id, 'Nodes', user, false)
    expect(renamed.data).toMatchObject({ name: 'Nodes' })
    expect((await client.messageFeedback(first.message_id, 'like', user)).data).toEqual({ result: 'success' })
    expect((await client.getApplicationParameters(user)).data).toHaveProperty('user_input_form')
  })
})

type Operation =
  | 'runWorkflow'
  | 'createChatMessage'
  | 'getConversationMessages'
  | 'getConversations'
  | 'renameConversation'
  | 'messageFeedback'
  | 'getApplicationParameters'

/** The client's types lag behind its code. */
// biome-ignore lint/suspicious/noExplicitAny: its answers are whatever the platform answers
const asWritten = (client: DifyClient) => client as unknown as Record<Operation, (...parameters: unknown[]) => Promise<any>>

async function eventsOf(stream: ReadableStream): Promise<StreamEvent['data'][]> {
  const events: StreamEvent['data'][] = []
  for await (const { data } of readEvents({ body: stream } as Response)) events.push(data)
  return events
}

/** A Python that has the client, kept between runs; undefined where this machine has no Python. */
async function pythonWithClient(): Promise<string | undefined> {
  const folder = resolve(import.meta.dirname, '../node_modules/.cache/weft-e2e', PYTHON_CLIENT.replace('==', '-'))
  const python = join(folder, 'bin/python')
  if (existsSync(join(folder, 'ready'))) return python
  await mkdir(folder, { recursive: true })
  try {
    await run('python3', ['-m', 'venv', folder])
  } catch {
    return undefined
  }
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PYTHON_CLIENT])
  await run('touch', [join(folder, 'ready')])
  return python
}
