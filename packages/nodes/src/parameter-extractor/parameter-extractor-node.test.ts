import type { ValueMap } from '@weft/contracts'
import { ModelError, type ModelEvent, type ModelSchema, type PastTurn } from '@weft/ports'
import { InMemoryFileService } from '@weft/testkit'
import { describe, expect, it } from 'vitest'
import { runNode } from '../test-context.ts'
import { type ScriptedAnswer, ScriptedModels } from '../test-models.ts'
import { createParameterExtractorNode } from './parameter-extractor-node.ts'

const model = { provider: 'langgenius/openai/openai', name: 'm', mode: 'chat', completion_params: {} }
const city = { name: 'city', type: 'string', description: 'the city', required: true }
const optional = (name: string, type: string, more: ValueMap = {}) => ({ name, type, description: `the ${name}`, required: false, ...more })

function call(text: string): ModelEvent[] {
  return [{ type: 'tool-call', call: { id: 'c1', name: 'extract_parameters', arguments: text } }]
}

interface Setup {
  schema?: Partial<ModelSchema>
  turns?: PastTurn[]
  files?: InMemoryFileService
}

async function extract(answer: ScriptedAnswer, data: ValueMap = {}, variables: ValueMap = {}, setup: Setup = {}) {
  const models = new ScriptedModels([answer], setup.schema)
  const history = { turns: async () => setup.turns ?? [] }
  const node = createParameterExtractorNode({ models, files: setup.files ?? new InMemoryFileService(), history })
  const settings = { model, query: ['start', 'q'], parameters: [city], instruction: null, reasoning_mode: 'function_call', ...data }
  const result = await runNode(node, settings, { start: { q: 'rain in Kiel?', ...variables } })
  return { result, request: models.requests[0] }
}

/** What comes out for one required parameter `a`. */
async function extractedValue(type: string, text: string, more: ValueMap = {}) {
  const { result } = await extract(call(`{"a":${text}}`), { parameters: [{ name: 'a', type, description: '', required: true, ...more }] })
  return [result.outputs?.a, result.outputs?.__is_success]
}

describe('a call', () => {
  it('gives the parameters, recorded as asked for', async () => {
    const parameters = [city, optional('kind', 'select', { options: ['sun', 'rain'] }), optional('urgent', 'bool')]
    const { result, request } = await extract(call('{"city":"Kiel","kind":"rain","urgent":true}'), {
      parameters,
      instruction: 'Read {{#start.q#}}',
    })
    const schema = {
      type: 'object',
      properties: {
        city: { description: 'the city', type: 'string' },
        kind: { description: 'the kind', type: 'string', enum: ['sun', 'rain'] },
        urgent: { description: 'the urgent', type: 'boolean' },
      },
      required: ['city'],
    }
    expect(request?.tools).toEqual([{ name: 'extract_parameters', description: expect.any(String), parameters: schema }])
    expect(request?.messages[0]?.content).toContain('<instructions>\nRead rain in Kiel?\n</instructions>')
    expect(result).toEqual({
      status: 'succeeded',
      inputs: {
        query: 'rain in Kiel?',
        files: [],
        parameters: [
          { ...city, options: null },
          { name: 'kind', type: 'string', options: ['sun', 'rain'], description: 'the kind', required: false },
          { name: 'urgent', type: 'boolean', options: null, description: 'the urgent', required: false },
        ],
        instruction: 'Read {{#start.q#}}',
      },
      outputs: {
        __is_success: 1,
        __reason: null,
        __usage: expect.objectContaining({ total_tokens: 8 }),
        city: 'Kiel',
        kind: 'rain',
        urgent: true,
      },
      processData: {
        model_mode: 'chat',
        prompts: expect.any(Array),
        usage: expect.objectContaining({ total_tokens: 8 }),
        function: { name: 'extract_parameters', description: expect.any(String), parameters: schema },
        tool_call: {
          id: 'c1',
          type: 'function',
          function: { name: 'extract_parameters', arguments: '{"city":"Kiel","kind":"rain","urgent":true}' },
        },
        llm_text: '',
        model_provider: model.provider,
        model_name: 'm',
      },
      metadata: { total_tokens: 8, total_price: '0', currency: 'USD' },
    })
  })

  it('is asked for with worked examples before the question', async () => {
    const { request, result } = await extract(call('{}'))
    const roles = ['user', 'assistant', 'tool', 'assistant']
    expect(request?.messages.map(message => message.role)).toEqual(['system', ...roles, ...roles, 'user'])
    expect(request?.messages.at(-1)?.content).toContain('<text>\nrain in Kiel?\n</text>')
    expect(result.processData?.prompts).toContainEqual({
      role: 'assistant',
      text: '',
      files: [],
      tool_calls: [expect.objectContaining({ id: 'example_1' })],
    })
  })
})

describe('values', () => {
  it('are converted where that is safe, and the result then counts as not as asked for', async () => {
    expect(await extractedValue('number', '"4"')).toEqual([4, 0])
    expect(await extractedValue('number', '"2.5"')).toEqual([2.5, 0])
    expect(await extractedValue('number', '2.5')).toEqual([2.5, 1])
    expect(await extractedValue('number', 'true')).toEqual([1, 1])
    expect(await extractedValue('number', '"x"')).toEqual([0, 0])
    expect(await extractedValue('bool', '"true"')).toEqual([false, 0])
    expect(await extractedValue('bool', '1')).toEqual([true, 0])
    expect(await extractedValue('string', '5')).toEqual(['', 0])
    expect(await extractedValue('string', 'null')).toEqual(['', 0])
    expect(await extractedValue('array[string]', '"a"')).toEqual([[], 0])
    expect(await extractedValue('array[string]', '["a",1]')).toEqual([['a'], 0])
    expect(await extractedValue('array[number]', '[1,"2","x"]')).toEqual([[1, 2], 0])
    expect(await extractedValue('array[object]', '[{"n":1},2]')).toEqual([[{ n: 1 }], 0])
    expect(await extractedValue('array[boolean]', '[true,"x"]')).toEqual([[true], 0])
    expect(await extractedValue('array[boolean]', '[]')).toEqual([[], 1])
    expect(await extractedValue('select', '"snow"', { options: ['sun'] })).toEqual(['snow', 0])
  })

  it('say what is wrong in known words', async () => {
    const reason = async (text: string, parameters: ValueMap[]) => (await extract(call(text), { parameters })).result.outputs?.__reason
    const kind = optional('kind', 'select', { options: ['sun'] })
    expect(await reason('{}', [city])).toBe('Invalid number of parameters')
    expect(await reason('{"other":1}', [city])).toBe('Parameter city is required')
    expect(await reason('{"city":"Kiel","kind":"snow"}', [city, kind])).toBe('Invalid `select` value for parameter kind')
    expect(await reason('{"city":5}', [city])).toContain(
      'Invalid value for parameter city, expected segment type: string, actual_type: integer',
    )
  })
})

describe('an answer in words', () => {
  it('is searched for its first object', async () => {
    const found = async (text: string) => (await extract(text)).result.outputs
    expect(await found('Sure: {"city": "Kiel"} - done')).toMatchObject({ city: 'Kiel', __is_success: 1 })
    expect(await found('as [1] says, {"city": "a } b"}')).toMatchObject({ city: 'a } b' })
    expect(await found('[{"city": "Kiel"}]')).toMatchObject({ city: 'Kiel' })
    expect(await found('<think>{"city": "Ulm"}</think>{"city": "Kiel"}')).toMatchObject({ city: 'Kiel' })
    expect(await found('['.repeat(100_000))).toMatchObject({ city: '' })
  })

  it('without one gives empty values and says so', async () => {
    const { result } = await extract('I do not know')
    const reason = 'Failed to extract result from function call or text response, using empty result.'
    expect(result).toMatchObject({ status: 'succeeded', outputs: { __is_success: 0, __reason: reason, city: '' } })
    const { result: withList } = await extract('I do not know', { parameters: [city, optional('tags', 'array[string]')] })
    expect(withList.outputs).toMatchObject({ __reason: 'Invalid number of parameters', city: '', tags: [] })
  })

  it('is asked for where the node or the model wants no calls', async () => {
    const cases: [ValueMap, Partial<ModelSchema>][] = [
      [{ reasoning_mode: 'prompt' }, {}],
      [{}, { features: [] }],
    ]
    for (const [data, schema] of cases) {
      const { request, result } = await extract('{"city":"Kiel"}', data, {}, { schema })
      expect(request?.tools).toBeUndefined()
      expect(request?.messages.map(message => message.role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user'])
      expect(result).toMatchObject({
        outputs: { city: 'Kiel' },
        processData: { function: {}, tool_call: null, llm_text: '{"city":"Kiel"}' },
      })
    }
  })

  it('is one text for completion models', async () => {
    const { request } = await extract('{"city":"Kiel"}', { model: { ...model, mode: 'completion' } })
    expect(request?.messages).toEqual([{ role: 'user', content: expect.stringContaining('<text>\nrain in Kiel?\n</text>') }])
  })
})

describe('surroundings', () => {
  it('are the remembered turns and the files', async () => {
    const files = new InMemoryFileService()
    const picture = files.upload({ tenantId: 'tenant', filename: 'p.png', mimeType: 'image/png', bytes: new Uint8Array([1]) })
    const { request, result } = await extract(
      call('{"city":"Kiel"}'),
      {
        memory: { window: { enabled: false } },
        vision: { enabled: true, configs: { variable_selector: ['start', 'picture'], detail: 'low' } },
      },
      { picture },
      { files, turns: [{ query: 'hi', answer: 'hello', files: [] }] },
    )
    expect(request?.messages[0]?.content).toContain('<histories>\nHuman: hi\nAssistant: hello\n</histories>')
    expect(request?.messages.at(-1)?.content).toMatchObject([{ type: 'image' }, { type: 'text' }])
    expect(result.inputs?.files).toEqual([picture])
  })
})

describe('failures', () => {
  it('of the model fail the node, with its words among the outputs', async () => {
    const { result } = await extract(new ModelError('server-unavailable', 'down'))
    expect(result).toMatchObject({
      status: 'failed',
      error: 'down',
      outputs: { __is_success: 0, __reason: 'Failed to invoke model', __error: 'down' },
      inputs: { query: 'rain in Kiel?' },
      processData: { usage: null, tool_call: null },
    })
  })

  it('of the settings are named', async () => {
    await expect(extract('', { parameters: [{ ...city, name: '__reason' }] })).rejects.toThrow('__reason and __is_success are reserved')
    await expect(extract('', { parameters: [{ ...city, type: 'file' }] })).rejects.toThrow('parameters.0.type')
  })
})
