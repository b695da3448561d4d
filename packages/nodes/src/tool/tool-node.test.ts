import { FILE_IDENTITY, type FileValue, type Value, type ValueMap } from '@weft/contracts'
import type { NodeLog } from '@weft/engine'
import {
  PluginToolError,
  type ToolDeclaration,
  ToolError,
  type ToolInvocation,
  type ToolMessage,
  type ToolParameter,
  type ToolRuntime,
} from '@weft/ports'
import { describe, expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { createToolNode } from './tool-node.ts'

const parameter = (name: string, more: Partial<ToolParameter> = {}): ToolParameter => ({
  name,
  label: { en_US: name },
  human_description: null,
  llm_description: null,
  placeholder: null,
  type: 'string',
  form: 'llm',
  scope: null,
  required: false,
  default: null,
  min: null,
  max: null,
  precision: null,
  options: [],
  auto_generate: null,
  template: null,
  input_schema: null,
  ...more,
})

const PARAMETERS = [parameter('word', { required: true }), parameter('count', { type: 'number' }), parameter('tone', { form: 'form' })]

/** One tool, that says what it is told to. */
function toolOf(messages: (ToolMessage | Error)[], calls: ToolInvocation[] = [], described?: Error): ToolRuntime {
  const declaration: ToolDeclaration = {
    identity: { author: 'Ada', name: 'repeat', label: { en_US: 'Repeat' }, provider: 'words', icon: null },
    description: null,
    parameters: PARAMETERS,
    output_schema: {},
  }
  return {
    async describe() {
      if (described) throw described
      return declaration
    },
    formValues: async (_reference, configuration) => ({ tone: configuration.tone ?? 'calm' }),
    async *invoke(invocation) {
      calls.push(invocation)
      for (const message of messages) {
        if (message instanceof Error) throw message
        yield message
      }
    },
  }
}

const DATA: ValueMap = {
  provider_id: 'words',
  provider_type: 'builtin',
  provider_name: 'Words',
  tool_name: 'repeat',
  tool_label: 'Repeat',
  tool_configurations: {},
  tool_parameters: { word: { type: 'mixed', value: 'sea' } },
  tool_node_version: '2',
}
const text = (words: string): ToolMessage => ({ type: 'text', text: words })
const METADATA = { tool_info: { provider_type: 'builtin', provider_id: 'words', plugin_unique_identifier: null } }

async function run(messages: (ToolMessage | Error)[], data: ValueMap = {}, variables: { [nodeId: string]: ValueMap } = {}) {
  const calls: ToolInvocation[] = []
  const streamed: [string, string][] = []
  const ended: string[] = []
  const logs: NodeLog[] = []
  const result = await runNode(createToolNode({ tools: toolOf(messages, calls) }), { ...DATA, ...data }, variables, {
    emitText: ([, name = ''], piece) => streamed.push([name, piece]),
    endText: ([, name = '']) => ended.push(name),
    emitLog: log => logs.push(log),
  })
  return { result, call: calls[0], streamed, ended, logs }
}

const file: FileValue = {
  dify_model_identity: FILE_IDENTITY,
  id: null,
  tenant_id: 'tenant',
  type: 'image',
  transfer_method: 'tool_file',
  remote_url: null,
  related_id: 'f',
  filename: 'a.png',
  extension: '.png',
  mime_type: 'image/png',
  size: 1,
  url: 'http://localhost/a.png',
}

test('says that it acts on the world', () => {
  expect(createToolNode({ tools: toolOf([]) })).toMatchObject({ type: 'tool', hasSideEffects: true })
})

describe('what a tool says', () => {
  test('becomes text, files, JSON and variables, and streams', async () => {
    const { result, streamed, ended } = await run([
      text('one '),
      { type: 'json', value: { a: 1 } },
      { type: 'json', value: {} },
      { type: 'link', url: 'https://example.com' },
      { type: 'file', file },
      { type: 'variable', name: 'height', value: 3, isStreamed: false },
      { type: 'variable', name: 'song', value: 'la', isStreamed: true },
      { type: 'variable', name: 'song', value: 'lu', isStreamed: true },
      text('two'),
    ])
    expect(result).toEqual({
      status: 'succeeded',
      inputs: { word: 'sea' },
      metadata: METADATA,
      outputs: { text: 'one Link: https://example.com\ntwo', files: [file], json: [{ a: 1 }], height: 3, song: 'lalu' },
    })
    expect(streamed).toEqual([
      ['text', 'one '],
      ['text', 'Link: https://example.com\n'],
      ['song', 'la'],
      ['song', 'lu'],
      ['text', 'two'],
    ])
    expect(ended).toEqual(['text', 'song'])
  })

  test('nothing is an empty list of data', async () => {
    expect((await run([])).result).toMatchObject({ outputs: { text: '', files: [], json: [{ data: [] }] } })
  })

  test('logs go into the run', async () => {
    const log = { id: '1', parentId: null, label: 'step', status: 'start' as const, error: null, data: {}, metadata: {} }
    expect((await run([{ type: 'log', log }])).logs).toEqual([log])
  })

  test('a streamed variable must be text', async () => {
    const { result } = await run([{ type: 'variable', name: 'song', value: 3, isStreamed: true }])
    expect(result).toMatchObject({
      status: 'failed',
      error: "Failed to invoke tool Words: When 'stream' is True, 'variable_value' must be a string.",
    })
  })
})

describe('parameters', () => {
  const inputs = (tool_parameters: ValueMap, more: ValueMap = {}) => ({ tool_parameters, ...more })

  test('are texts with variables in them, variables, or values', async () => {
    const { call, result } = await run(
      [],
      inputs({ word: { type: 'mixed', value: 'a {{#start.q#}}' }, count: { type: 'variable', value: ['start', 'n'] } }),
      { start: { q: 'b', n: 3 } },
    )
    expect(call?.parameters).toEqual({ word: 'a b', count: 3 })
    expect(result).toMatchObject({ inputs: { word: 'a b', count: 3 } })
    expect((await run([], inputs({ word: { type: 'constant', value: 2 } }))).call?.parameters).toEqual({ word: '2' })
  })

  test('that the tool does not have are null, those without a value are not there', async () => {
    const { call } = await run(
      [],
      inputs({ word: { type: 'mixed', value: 'x' }, other: { type: 'mixed', value: 'y' }, count: { type: 'mixed', value: null } }),
    )
    expect(call?.parameters).toEqual({ word: 'x', other: null })
  })

  test('a missing variable is left out, or fails the node where the tool needs it', async () => {
    const optional = inputs({ word: { type: 'mixed', value: 'x' }, count: { type: 'variable', value: ['start', 'n'] } })
    expect((await run([], optional)).call?.parameters).toEqual({ word: 'x' })
    expect((await run([], inputs({ word: { type: 'variable', value: ['start', 'q'] } }))).result).toEqual({
      status: 'failed',
      error: "Variable ['start', 'q'] does not exist",
      errorType: 'WorkflowNodeError',
    })
  })

  test('of the form are plain in nodes of the first version, inputs in later ones', async () => {
    const first = { tool_node_version: null, tool_configurations: { tone: 'loud' } }
    expect((await run([], first)).call?.form).toEqual({ tone: 'loud' })
    const later = (tone: Value) => ({ tool_configurations: { tone } })
    expect((await run([], later({ type: 'mixed', value: '{{#start.q#}}!' }), { start: { q: 'hey' } })).call?.form).toEqual({ tone: 'hey!' })
    expect((await run([], later({ type: 'constant', value: 0 }))).call?.form).toEqual({ tone: 0 })
    expect((await run([], later('plain'))).call?.form).toEqual({})
    expect((await run([], later({ type: 'variable', value: ['start', 'q'] }))).result).toMatchObject({
      status: 'failed',
      error: "Failed to get tool runtime: Variable ['start', 'q'] does not exist",
      errorType: 'ToolParameterError',
      metadata: METADATA,
    })
  })

  test.each<[string, Value]>([
    ['mixed', 3],
    ['variable', 'start.q'],
    ['constant', ['a']],
    ['sorcery', 'a'],
  ])('a %s input of another kind of value is refused when the graph is built', (type, value) => {
    const node = createToolNode({ tools: toolOf([]) })
    expect(() => node.parse({ ...DATA, tool_parameters: { word: { type, value } } })).toThrow(/tool_parameters\.word/)
  })
})

describe('failures', () => {
  test('of the tool name its provider, and keep what went in', async () => {
    const { result } = await run([text('so far'), new ToolError('failed', 'no such boat')])
    expect(result).toEqual({
      status: 'failed',
      inputs: { word: 'sea' },
      metadata: METADATA,
      error: 'Failed to invoke tool Words: no such boat',
      errorType: 'ToolInvokeError',
    })
  })

  test('of a plugin name the error and whom to ask', async () => {
    const { result } = await run([new PluginToolError('KeyError', "'boat'")])
    const help = 'please contact the author of Words for help'
    const error = `An error occurred in the plugin, ${help}, error type: KeyError, error details: 'boat'`
    expect(result).toMatchObject({ error, errorType: 'PluginInvokeError' })
  })

  test('before the tool runs speak for themselves, and say when to try again', async () => {
    expect((await run([new ToolError('invalid-parameters', 'Month is required')])).result).toEqual({
      status: 'failed',
      error: 'Month is required',
      errorType: 'WorkflowNodeError',
    })
    expect((await run([new ToolError('unavailable', 'busy', { retryAfter: 2000 })])).result).toMatchObject({
      error: 'busy',
      retryAfter: 2000,
    })
    const node = createToolNode({ tools: toolOf([], [], new ToolError('not-found', 'builtin tool nothing not found')) })
    expect(await runNode(node, DATA)).toMatchObject({ status: 'failed', error: 'builtin tool nothing not found' })
  })
})

test('tells the tool on whose behalf it calls, and by which key', async () => {
  const { call } = await run([])
  expect(call).toMatchObject({
    reference: { tenantId: 'tenant', providerType: 'builtin', providerId: 'words', toolName: 'repeat', credentialId: null },
    caller: { userId: 'user', appId: 'app', conversationId: 'conversation', callDepth: 0, origin: 'http://localhost' },
    idempotencyKey: 'key',
  })
})
