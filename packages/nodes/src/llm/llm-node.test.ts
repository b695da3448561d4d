import { type FileValue, float, type ValueMap } from '@weft/contracts'
import type { NodeContext } from '@weft/engine'
import { type FileService, ModelError, type ModelSchema, type PastTurn } from '@weft/ports'
import { InMemoryFileService } from '@weft/testkit'
import { describe, expect, it } from 'vitest'
import { runNode } from '../test-context.ts'
import { fileValue } from '../test-files.ts'
import { type ScriptedAnswer, ScriptedModels } from '../test-models.ts'
import { createLlmNode } from './llm-node.ts'

interface Setup {
  answers?: ScriptedAnswer[]
  schema?: Partial<ModelSchema>
  turns?: PastTurn[]
  files?: FileService
  context?: Partial<NodeContext<never>>
}

const model = { provider: 'langgenius/openai/openai', name: 'm', mode: 'chat', completion_params: {} }

async function run(data: ValueMap, variables: { [nodeId: string]: ValueMap } = {}, setup: Setup = {}) {
  const models = new ScriptedModels(setup.answers ?? ['An answer'], setup.schema)
  const limits: number[] = []
  const history = {
    turns: async (_conversation: unknown, limit: number) => {
      limits.push(limit)
      return (setup.turns ?? []).slice(-limit)
    },
  }
  const node = createLlmNode({
    models,
    history,
    files: setup.files ?? new InMemoryFileService(),
    renderJinja: (template, values) => template.replace(/\{\{ (\w+) \}\}/g, (_whole, name) => String(values[name])),
  })
  const streamed: string[] = []
  const result = await runNode(
    node,
    { model, context: { enabled: false }, vision: { enabled: false }, prompt_template: [], ...data },
    variables,
    {
      emitText: (selector, text) => streamed.push(`${selector.join('.')}:${text}`),
      endText: selector => streamed.push(`${selector.join('.')} ends`),
      ...setup.context,
    },
  )
  return { result, streamed, limits, requests: models.requests, messages: models.requests[0]?.messages }
}

const user = (text: string) => [{ role: 'user', text }]

describe('the prompt', () => {
  it('is filled in, streamed, and recorded with usage', async () => {
    const { result, streamed, requests } = await run(
      {
        model: { ...model, completion_params: { temperature: float(1), stop: ['END'] } },
        prompt_template: [
          { role: 'system', text: 'Be brief.' },
          { role: 'user', text: 'Say {{#start.q#}}' },
        ],
      },
      { start: { q: 'hello' } },
    )
    expect(streamed).toEqual(['node.text:An ', 'node.text:answer', 'node.text ends'])
    expect(requests).toMatchObject([
      {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Say hello' },
        ],
        parameters: { temperature: float(1) },
        stop: ['END'],
        user: 'user',
        reference: { tenantId: 'tenant', model: 'm' },
      },
    ])
    const usage = {
      prompt_tokens: 3,
      prompt_unit_price: '0',
      prompt_price_unit: '0',
      prompt_price: '0',
      completion_tokens: 5,
      completion_unit_price: '0',
      completion_price_unit: '0',
      completion_price: '0',
      total_tokens: 8,
      total_price: '0',
      currency: 'USD',
      latency: 0.25,
    }
    expect(result).toEqual({
      status: 'succeeded',
      inputs: {},
      outputs: { text: 'An answer', reasoning_content: '', usage, finish_reason: 'stop' },
      processData: {
        model_mode: 'chat',
        prompts: [
          { role: 'system', text: 'Be brief.', files: [] },
          { role: 'user', text: 'Say hello', files: [] },
        ],
        usage,
        finish_reason: 'stop',
        model_provider: 'langgenius/openai/openai',
        model_name: 'm',
      },
      metadata: { total_tokens: 8, total_price: '0', currency: 'USD' },
    })
  })

  it('fails where a variable is absent, but takes a null', async () => {
    expect((await run({ prompt_template: user('a {{#nobody.text#}}') })).result).toMatchObject({
      status: 'failed',
      error: 'Variable #nobody.text# not found',
      errorType: 'VariableNotFoundError',
      inputs: {},
      processData: {},
    })
    expect((await run({ prompt_template: user('a{{#start.q#}}') }, { start: { q: null } })).messages).toEqual([
      { role: 'user', content: 'a' },
    ])
    const jinja = { prompt_template: user('a'), prompt_config: { jinja2_variables: [{ variable: 'q', value_selector: ['nobody', 'q'] }] } }
    expect((await run(jinja)).result).toMatchObject({ error: 'Variable q not found' })
  })

  it('fails where nothing is left of it', async () => {
    for (const prompt_template of [
      [],
      [
        { role: 'system', text: '' },
        { role: 'user', text: '{{#start.q#}}' },
      ],
    ]) {
      expect((await run({ prompt_template }, { start: { q: '' } })).result).toMatchObject({
        error: expect.stringContaining('No prompt found in the LLM configuration.'),
        errorType: 'NoPromptFoundError',
      })
    }
  })

  it('renders Jinja2 with the variables it names', async () => {
    const jinja = {
      prompt_template: [{ role: 'user', text: 'not this', edition_type: 'jinja2', jinja2_text: '<{{ q }}>' }],
      prompt_config: { jinja2_variables: [{ variable: 'q', value_selector: ['start', 'q'] }] },
    }
    expect((await run(jinja, { start: { q: 'x' } })).messages).toEqual([{ role: 'user', content: '<x>' }])
  })

  it('takes passages as context, keeping one brace each side, and reads no placeholder in them', async () => {
    const data = { prompt_template: user('Known: {{#context#}}'), context: { enabled: true, variable_selector: ['kb', 'result'] } }
    const passages = [{ content: 'one {{#env.key#}}', metadata: {} }, 'two']
    const { result, messages } = await run(data, { kb: { result: passages }, env: { key: 'secret' } })
    expect(messages).toEqual([{ role: 'user', content: 'Known: {one {{#env.key#}}\ntwo}' }])
    expect(result.inputs).toEqual({ '#context#': 'one {{#env.key#}}\ntwo' })
    expect((await run(data, { kb: { result: [] } })).messages).toEqual([{ role: 'user', content: 'Known: {{#context#}}' }])
    expect((await run(data, { kb: { result: [{ title: 'x' }] } })).result).toMatchObject({
      error: "Invalid context structure: {'title': 'x'}",
    })
  })
})

describe('citations', () => {
  const data = { prompt_template: user('{{#context#}}'), context: { enabled: true, variable_selector: ['kb', 'result'] } }
  const metadata = { _source: 'knowledge', position: 1, dataset_id: 'd', segment_id: 's', segment_hit_count: 2, score: 0.5 }

  it('are the passages from knowledge bases', async () => {
    const { result } = await run(data, {
      kb: { result: [{ content: 'one', title: 'T', metadata }, 'two', { content: 'x', metadata: {} }] },
    })
    const cited = { position: 1, dataset_id: 'd', segment_id: 's', hit_count: 2, word_count: null, score: 0.5, content: 'one', title: null }
    expect(result.metadata?.retriever_resources).toEqual([expect.objectContaining(cited)])
  })

  it('are not mentioned where there are none', async () => {
    expect((await run(data, { kb: { result: 'text' } })).result.metadata).not.toHaveProperty('retriever_resources')
  })
})

describe('files', () => {
  const files = new InMemoryFileService()
  const picture = files.upload({
    tenantId: 'tenant',
    filename: 'pixel.png',
    mimeType: 'image/png',
    bytes: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  })
  const image = { type: 'image', mimeType: 'image/png', filename: 'pixel.png', source: { bytes: expect.any(Uint8Array) } }
  const seeing = {
    vision: { enabled: true, configs: { variable_selector: ['start', 'picture'], detail: 'low' } },
    prompt_template: [
      { role: 'system', text: 'You see.' },
      { role: 'user', text: '{{#start.q#}}' },
    ],
  }

  it('go before the text of the last user message', async () => {
    const { messages, result } = await run(seeing, { start: { q: 'look', picture: [picture, picture] } }, { files })
    expect(messages?.[1]).toEqual({
      role: 'user',
      content: [
        { ...image, detail: 'low' },
        { ...image, detail: 'low' },
        { type: 'text', text: 'look' },
      ],
    })
    expect(result.inputs).toEqual({ '#files#': [picture, picture] })
    const shown = { type: 'image', data: 'data:image...[TRUNCATED]...UGBwgJCgsM', detail: 'low' }
    expect(result.processData?.prompts).toMatchObject([{}, { role: 'user', text: 'look', files: [shown, shown] }])
  })

  it('named in a prompt follow it in a message of their own, vision on or off', async () => {
    const { messages } = await run(
      { prompt_template: user('{{#start.q#}} {{#start.picture#}} end') },
      { start: { q: 'look', picture } },
      { files },
    )
    expect(messages).toEqual([
      { role: 'user', content: 'look  end' },
      { role: 'user', content: [{ ...image, detail: 'high' }] },
    ])
  })

  it('that the model cannot take are left out', async () => {
    for (const [file, features] of [
      [picture, []],
      [picture, null],
      [fileValue('a.pdf', { mime_type: 'application/pdf' }), ['vision']],
    ] as [FileValue, string[] | null][]) {
      const { messages } = await run(seeing, { start: { q: 'look', picture: file } }, { files, schema: { features } })
      expect(messages?.[1]).toEqual({ role: 'user', content: 'look' })
    }
  })

  it('made by the model are kept and shown', async () => {
    const made = new InMemoryFileService()
    const { result, streamed } = await run(
      { prompt_template: user('draw') },
      {},
      {
        files: made,
        answers: [
          [
            { type: 'text', text: 'Here: ' },
            { type: 'image', mimeType: 'image/png', bytes: new Uint8Array([1]) },
          ],
        ],
      },
    )
    expect(result.outputs).toMatchObject({
      text: expect.stringMatching(/^Here: !\[\]\(memory:.*\.png\)$/),
      files: [{ type: 'image', transfer_method: 'tool_file' }],
    })
    expect(streamed).toHaveLength(3)
  })
})

describe('memory', () => {
  const turns = [
    { query: 'one', answer: 'ONE', files: [] },
    { query: 'two', answer: 'TWO', files: [] },
  ]
  const memory = (more: ValueMap = {}) => ({ window: { enabled: true, size: 3 }, query_prompt_template: 'Q: {{#sys.query#}}', ...more })
  const variables = { sys: { query: 'three' } }

  it('stands between the prompts and the question', async () => {
    const { messages, limits } = await run(
      {
        prompt_template: [
          { role: 'system', text: 'S' },
          { role: 'user', text: 'U' },
        ],
        memory: memory(),
      },
      variables,
      { turns },
    )
    expect(messages?.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      'system: S',
      'user: U',
      'user: one',
      'assistant: ONE',
      'user: two',
      'assistant: TWO',
      'user: Q: three',
    ])
    expect(limits).toEqual([3])
  })

  it('asks the user’s words as they are where it has no template of its own', async () => {
    const { messages } = await run(
      { memory: memory({ query_prompt_template: '' }) },
      { sys: { query: '{{#env.key#}}' }, env: { key: 'secret' } },
    )
    expect(messages).toEqual([{ role: 'user', content: '{{#env.key#}}' }])
  })

  it('drops the oldest turns that the model has no room for, never the newest', async () => {
    const long = { query: 'x'.repeat(2000), answer: 'y'.repeat(2000), files: [] }
    const data = { model: { ...model, completion_params: { max_tokens: 500 } }, memory: memory({ window: { enabled: false, size: null } }) }
    const schema = { contextSize: 2000, parameterRules: [{ name: 'max_tokens', use_template: 'max_tokens' }] }
    const { messages, limits } = await run(data, variables, { turns: [long, ...turns], schema })
    expect(messages).toHaveLength(7)
    expect(limits).toEqual([500])
    expect((await run(data, variables, { turns: [...turns, long, long], schema: { ...schema, contextSize: 600 } })).messages).toHaveLength(
      3,
    )
  })

  it('is lines of text for a completion model', async () => {
    const completion = { model: { ...model, mode: 'completion' }, memory: memory({ role_prefix: { user: 'Human', assistant: 'AI' } }) }
    const ask = async (text: string, more: ValueMap = {}) =>
      run({ ...completion, prompt_template: { text }, ...more }, variables, { turns })
    expect((await ask('<{{#histories#}}>\nHuman: {{#sys.query#}}')).messages).toEqual([
      { role: 'user', content: '<{{Human: one\nAI: ONE\nHuman: two\nAI: TWO}}>\nHuman: three' },
    ])
    expect((await ask('Go on.')).messages?.[0]?.content).toBe('Q: three\nHuman: one\nAI: ONE\nHuman: two\nAI: TWO\nGo on.')
    expect((await ask('Go on.', { memory: memory() })).result).toMatchObject({
      error: 'Memory role prefix is required for completion model.',
    })
  })

  it('leaves an empty line where a completion has none', async () => {
    const { messages, result } = await run(
      { model: { ...model, mode: 'completion' }, prompt_template: { text: 'Say: {{#start.q#}}' } },
      { start: { q: 'the sea' } },
    )
    expect(messages).toEqual([{ role: 'user', content: '\nSay: the sea' }])
    expect(result.processData?.prompts).toEqual([{ role: 'user', text: '\nSay: the sea' }])
  })
})

describe('reasoning', () => {
  const thinking: ScriptedAnswer = [
    { type: 'reasoning', text: 'hm' },
    { type: 'reasoning', text: ', so' },
    { type: 'text', text: 'yes' },
    { type: 'text', text: '!' },
  ]

  it('stays in the text between tags', async () => {
    const { result, streamed } = await run({ prompt_template: user('a') }, {}, { answers: [thinking] })
    expect(result.outputs).toMatchObject({ text: '<think>\nhm, so\n</think>yes!', reasoning_content: '' })
    expect(streamed.slice(0, 3)).toEqual(['node.text:<think>\nhm', 'node.text:, so', 'node.text:\n</think>yes'])
  })

  it('is parted from the text where asked, streamed as it is', async () => {
    const { result, streamed } = await run(
      { prompt_template: user('a'), reasoning_format: 'separated' },
      {},
      { answers: ['<think>a</think>\n\n\n\nyes <think>b</think>'] },
    )
    expect(result.outputs).toMatchObject({ text: 'yes', reasoning_content: 'a\nb' })
    expect(streamed.join('')).toContain('<think>')
  })
})

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string' },
      age: { type: 'number' },
      tags: { type: 'array', items: { type: 'string' } },
      ok: { type: 'boolean' },
    },
    required: ['name', 'age'],
    additionalProperties: false,
  }
  const data = { prompt_template: user('who'), structured_output_enabled: true, structured_output: { schema } }
  const good = '{"name": "Ada", "age": 36}'

  it('is asked for natively where the model can, flags as texts', async () => {
    const { result, requests, streamed } = await run(data, {}, { answers: [good] })
    expect(requests[0]?.responseSchema).toMatchObject({
      name: 'llm_response',
      schema: { required: ['name', 'age'], properties: { ok: { type: 'string' } } },
    })
    expect(result.outputs).toMatchObject({ text: good, structured_output: { name: 'Ada', age: 36 } })
    expect(streamed).toEqual([`node.text:${good}`, 'node.text ends'])
  })

  it('is asked for in the system message otherwise', async () => {
    const rules = [{ name: 'response_format', options: ['text', 'json_object'] }]
    const { requests, result } = await run(
      { ...data, prompt_template: [{ role: 'system', text: 'S' }, ...user('who')] },
      {},
      { answers: [good], schema: { features: [], parameterRules: rules } },
    )
    expect(requests[0]?.messages).toMatchObject([
      { role: 'system', content: expect.stringMatching(/"required": \["name", "age"\][\s\S]*\n\nS$/) },
      { role: 'user', content: 'who' },
    ])
    expect(requests[0]).toMatchObject({ parameters: { response_format: 'json_object' } })
    expect(result.processData?.prompts).toMatchObject([{ text: 'S' }, { text: 'who' }])
  })

  it('is found in fences, behind thoughts, between words, and mended', async () => {
    for (const text of [
      '```json\n{"name": "Ada", "age": 36}\n```',
      '<think>{hm}</think>{"name": "Ada", "age": 36}',
      'Here: {"name": "Ada", "age": 36} done',
      "{name: 'Ada', age: 36",
      '[{"name": "Ada", "age": 36}, 2]',
    ]) {
      expect((await run(data, {}, { answers: [text] })).result.outputs).toMatchObject({ text, structured_output: { name: 'Ada', age: 36 } })
    }
  })

  it('keeps whole floats', async () => {
    expect((await run(data, {}, { answers: ['{"name": "Ada", "age": 1.0}'] })).result.outputs).toMatchObject({
      structured_output: { age: float(1) },
    })
  })

  it('fails where the answer holds none', async () => {
    expect((await run(data, {}, { answers: ['nothing'] })).result).toMatchObject({
      status: 'failed',
      error: 'Failed to parse structured output: Failed to parse structured output: nothing',
      errorType: 'LLMNodeError',
    })
  })

  it('that breaks the schema is asked for once more, and paid for twice', async () => {
    const { result, requests, streamed } = await run(data, {}, { answers: ['{"name": 1, "age": 2}', good] })
    expect(requests[1]?.messages.slice(1)).toEqual([
      { role: 'assistant', content: '{"name": 1, "age": 2}' },
      { role: 'user', content: expect.stringContaining('`name` must be string, not integer') },
    ])
    expect(result.outputs).toMatchObject({ structured_output: { name: 'Ada' }, usage: { total_tokens: 16, latency: 0.5 } })
    expect(streamed[0]).toBe(`node.text:${good}`)
  })

  it('that breaks it again fails the node and says where', async () => {
    for (const [text, where] of [
      ['[1, 2]', '`name` is missing'],
      ['{"name": "a", "age": "x"}', '`age` must be number, not string'],
      ['{"name": "a", "age": 1, "tags": ["a", 2]}', '`tags[1]` must be string'],
      ['{"name": "a", "age": 1, "more": 1}', '`more` is not allowed'],
    ]) {
      expect((await run(data, {}, { answers: [text as string, text as string] })).result).toMatchObject({
        status: 'failed',
        error: expect.stringContaining(where as string),
      })
    }
  })
})

describe('failures', () => {
  it('of the model carry its words, their kind and how long to wait', async () => {
    const failure = new ModelError('rate-limited', 'slow down', { status: 429, retryAfter: 2000 })
    expect((await run({ prompt_template: user('a') }, {}, { answers: [failure] })).result).toEqual({
      status: 'failed',
      error: 'slow down',
      errorType: 'InvokeRateLimitError',
      retryAfter: 2000,
      inputs: {},
      processData: {},
      outputs: {},
    })
  })

  it('are thrown on where the run was stopped', async () => {
    const abort = new AbortController()
    abort.abort(new Error('stopped'))
    await expect(
      run({ prompt_template: user('a') }, {}, { answers: [new ModelError('aborted', 'x')], context: { signal: abort.signal } }),
    ).rejects.toThrow('stopped')
  })
})

it('reads settings of old and sparse files', () => {
  const { parse } = createLlmNode({} as never)
  expect(
    parse({
      model: { provider: 'openai', name: 'm' },
      prompt_template: [{ text: 'a', role: 'user', id: '1' }],
      vision: { enabled: true, configs: null },
      prompt_config: { jinja2_variables: null },
      memory: { window: { enabled: false }, role_prefix: null },
    }),
  ).toMatchObject({
    model: { mode: 'chat', parameters: {}, stop: [] },
    vision: { isEnabled: true, selector: ['sys', 'files'], detail: 'high' },
    memory: { limit: null, rolePrefix: null },
    contextSelector: null,
  })
  expect(() => parse({ prompt_template: [] })).toThrow('model is required')
})
