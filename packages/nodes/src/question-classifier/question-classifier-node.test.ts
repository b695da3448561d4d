import type { ValueMap } from '@weft/contracts'
import { ModelError, type ModelSchema, type PastTurn } from '@weft/ports'
import { InMemoryFileService } from '@weft/testkit'
import { describe, expect, it } from 'vitest'
import { runNode } from '../test-context.ts'
import { type ScriptedAnswer, ScriptedModels } from '../test-models.ts'
import { createQuestionClassifierNode } from './question-classifier-node.ts'

const model = { provider: 'langgenius/openai/openai', name: 'm', mode: 'chat', completion_params: {} }
const classes = [
  { id: '1', name: 'boats' },
  { id: 'two', name: 'tides of {{#start.sea#}}' },
]

interface Setup {
  schema?: Partial<ModelSchema>
  turns?: PastTurn[]
}

async function classify(answer: ScriptedAnswer, data: ValueMap = {}, variables: ValueMap = {}, setup: Setup = {}) {
  const models = new ScriptedModels([answer], setup.schema)
  const files = new InMemoryFileService()
  const history = { turns: async () => setup.turns ?? [] }
  const node = createQuestionClassifierNode({ models, files, history })
  const result = await runNode(
    node,
    { model, query_variable_selector: ['start', 'q'], classes, instruction: '', ...data },
    { start: { q: 'how high?', sea: 'the North Sea', ...variables } },
  )
  return { result, messages: models.requests[0]?.messages ?? [], requests: models.requests }
}

const chosen = (answer: string) => classify(answer).then(({ result }) => result)

describe('the class', () => {
  it('is the one whose id the model names, whatever name it gives', async () => {
    expect(await chosen('{"category_id": "two", "category_name": "boats"}')).toMatchObject({
      status: 'succeeded',
      handle: 'two',
      inputs: { query: 'how high?' },
      outputs: { class_id: 'two', class_name: 'tides of {{#start.sea#}}', usage: { total_tokens: 8 } },
      metadata: { total_tokens: 8, currency: 'USD' },
      processData: { model_mode: 'chat', finish_reason: 'stop', model_name: 'm', usage: { completion_tokens: 5 } },
    })
  })

  it('is found in code blocks, behind thoughts, in a list, and as a number', async () => {
    expect(await chosen('```json\n{"category_id": "two"}\n```')).toMatchObject({ handle: 'two' })
    expect(await chosen('<think>{"category_id": "1"}?</think> {"category_id": "two"}')).toMatchObject({ handle: 'two' })
    expect(await chosen('[{"category_id": "two"}]')).toMatchObject({ handle: 'two' })
    expect(await chosen('{"category_id": 1}')).toMatchObject({ handle: '1' })
  })

  it('is the first where the model names none of them', async () => {
    expect(await chosen('{"category_id": "9"}')).toMatchObject({ handle: '1', outputs: { class_name: 'boats' } })
  })
})

describe('failures', () => {
  it('are answers without an object, with what they cost', async () => {
    expect(await chosen('tides')).toMatchObject({
      status: 'failed',
      error: 'could not find json block in the output.',
      errorType: '',
      inputs: { query: 'how high?' },
      metadata: { total_tokens: 8 },
    })
  })

  it('are those of the model', async () => {
    const { result } = await classify(new ModelError('rate-limited', 'slow down', { retryAfter: 50 }))
    expect(result).toMatchObject({ status: 'failed', error: 'slow down', errorType: 'InvokeRateLimitError', retryAfter: 50 })
  })

  it('come before the model is asked where there are no classes', async () => {
    const { result, requests } = await classify('', { classes: [] })
    expect(result).toMatchObject({ status: 'failed', error: 'The question classifier has no classes.' })
    expect(requests).toEqual([])
  })
})

describe('the prompt', () => {
  it('fills in names and instruction but not the question', async () => {
    const { messages } = await classify('{}', { instruction: 'Think of {{#start.sea#}}.' }, { q: 'a {{#start.sea#}}' })
    expect(messages.map(message => message.role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user'])
    expect(messages.at(-1)?.content).toContain('<text>\na {{#start.sea#}}\n</text>')
    expect(messages.at(-1)?.content).toContain('"category_name": "tides of the North Sea"')
    expect(messages.at(-1)?.content).toContain('Think of the North Sea.')
  })

  it('is one text for completion models', async () => {
    const { messages, result } = await classify('{"category_id": "two"}', { model: { ...model, mode: 'completion' } })
    expect(messages).toHaveLength(1)
    expect(messages[0]?.content).toContain('<text>\nhow high?\n</text>')
    expect(result).toMatchObject({ handle: 'two', processData: { model_mode: 'completion' } })
  })

  it('holds the remembered turns', async () => {
    const memory = { window: { enabled: true, size: 3 } }
    const { messages } = await classify('{}', { memory }, {}, { turns: [{ query: 'hi', answer: 'hello', files: [] }] })
    expect(messages[0]?.content).toContain('<histories>\nHuman: hi\nAssistant: hello\n</histories>')
  })
})
