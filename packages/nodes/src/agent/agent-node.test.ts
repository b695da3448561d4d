import type { FileValue, ValueMap } from '@weft/contracts'
import type { NodeLog } from '@weft/engine'
import {
  type AgentStrategies,
  ModelError,
  type ModelEvent,
  type ModelSchema,
  type PastTurn,
  ToolError,
  type ToolMessage,
} from '@weft/ports'
import { InMemoryFileService } from '@weft/testkit'
import { describe, expect, it } from 'vitest'
import { runNode } from '../test-context.ts'
import { fileValue } from '../test-files.ts'
import { type ScriptedAnswer, ScriptedModels } from '../test-models.ts'
import { createAgentNode } from './agent-node.ts'
import { createNativeAgentStrategies } from './native-strategies.ts'
import { asked, ScriptedTools } from './test-tools.ts'

const chosen = (tool_name: string, more: ValueMap = {}): ValueMap => ({
  enabled: true,
  type: 'builtin',
  provider_name: 'time',
  tool_name,
  settings: {},
  parameters: {},
  schemas: [{}],
  extra: { description: '' },
  ...more,
})

const constant = (value: ValueMap[string]) => ({ type: 'constant', value })

interface Setup {
  strategy?: string
  tools?: ScriptedTools
  chosen?: ValueMap[]
  inputs?: ValueMap
  data?: ValueMap
  variables?: ValueMap
  schema?: Partial<ModelSchema>
  turns?: PastTurn[]
  strategies?: AgentStrategies
  signal?: AbortSignal
}

async function runAgent(answers: ScriptedAnswer[], setup: Setup = {}) {
  const models = new ScriptedModels(answers, setup.schema)
  const tools = setup.tools ?? new ScriptedTools({})
  const history = { turns: async () => setup.turns ?? [] }
  let seconds = 0
  const clock = { now: () => 1000 * seconds++ }
  const native = createNativeAgentStrategies({ models, tools, clock })
  const strategies = setup.strategies ? [native, setup.strategies] : [native]
  const node = createAgentNode({ models, tools, files: new InMemoryFileService(), history, strategies })
  const streamed: string[] = []
  const logs: NodeLog[] = []
  const result = await runNode(
    node,
    {
      agent_strategy_provider_name: 'langgenius/agent/agent',
      agent_strategy_name: setup.strategy ?? 'function_calling',
      agent_strategy_label: 'FunctionCalling',
      tool_node_version: '2',
      agent_parameters: {
        model: constant({
          provider: 'langgenius/openai/openai',
          model: 'm',
          mode: 'chat',
          completion_params: { temperature: 0.5, stop: ['END'] },
        }),
        tools: constant(setup.chosen ?? []),
        instruction: { type: 'mixed', value: 'You help {{#start.who#}}.' },
        query: { type: 'mixed', value: '{{#start.q#}}' },
        maximum_iterations: constant(2),
        ...setup.inputs,
      },
      ...setup.data,
    },
    { start: { q: 'which day?', who: 'ann', ...setup.variables } },
    {
      emitText: (selector, text) => streamed.push(`${selector.join('.')}:${text}`),
      endText: selector => streamed.push(`${selector.join('.')} ends`),
      emitLog: log => logs.push(log),
      ...(setup.signal ? { signal: setup.signal } : {}),
    },
  )
  return { result, streamed, logs, requests: models.requests, invocations: tools.invocations }
}

function calls(...wanted: [name: string, input: string][]): ModelEvent[] {
  return wanted.map(([name, input], index) => ({ type: 'tool-call', call: { id: `c${index}`, name, arguments: input } }))
}

const weekday = () =>
  new ScriptedTools({ weekday: { parameters: [asked('year', { type: 'number', required: true })], run: () => 'Friday' } })

describe('function calling', () => {
  it('calls a tool, tells the model, and streams what it says', async () => {
    const thought: ModelEvent[] = [{ type: 'text', text: 'Let me see.' }, ...calls(['weekday', '{"year":1999}'])]
    const { result, streamed, requests, invocations } = await runAgent([thought, 'It was a Friday.'], {
      tools: weekday(),
      chosen: [chosen('weekday')],
    })
    expect(requests[0]).toMatchObject({
      messages: [
        { role: 'system', content: 'You help ann.' },
        { role: 'user', content: 'which day?' },
      ],
      parameters: { temperature: 0.5 },
      stop: ['END'],
      tools: [
        {
          name: 'weekday',
          description: 'does weekday',
          parameters: { type: 'object', properties: { year: { type: 'number', description: 'the year' } }, required: ['year'] },
        },
      ],
    })
    expect(requests[1]?.messages.slice(2)).toEqual([
      { role: 'assistant', content: 'Let me see.', toolCalls: [{ id: 'c0', name: 'weekday', arguments: '{"year": 1999}' }] },
      { role: 'tool', toolCallId: 'c0', toolName: 'weekday', content: 'Friday' },
    ])
    expect(invocations[0]).toMatchObject({
      reference: { tenantId: 'tenant', providerType: 'builtin', providerId: 'time', toolName: 'weekday' },
      parameters: { year: 1999 },
      caller: { userId: 'user', conversationId: 'conversation' },
      idempotencyKey: 'key-1-0',
    })
    expect(streamed.join('|')).toBe(
      'node.text:Let me see.|node.text:\n|node.text:It |node.text:was |node.text:a |node.text:Friday.|node.text ends',
    )
    expect(result).toMatchObject({
      status: 'succeeded',
      outputs: { text: 'Let me see.\nIt was a Friday.', usage: { total_tokens: 16, prompt_tokens: 6 }, files: [] },
      metadata: { total_tokens: 16, currency: 'USD', tool_info: { icon: null, agent_strategy: 'function_calling' } },
    })
  })

  it('logs rounds, thoughts and calls, each once more when it ends', async () => {
    const setup = { tools: weekday(), chosen: [chosen('weekday')] }
    const { result, logs } = await runAgent([calls(['weekday', '{"year":1999}']), 'Friday.'], setup)
    expect(logs.map(log => `${log.label} ${log.status}`)).toEqual([
      'ROUND 1 start',
      'm Thought start',
      'm Thought success',
      'CALL weekday start',
      'CALL weekday success',
      'ROUND 1 success',
      'ROUND 2 start',
      'm Thought start',
      'm Thought success',
      'ROUND 2 success',
    ])
    const called = logs[4] as NodeLog
    expect(called).toMatchObject({
      parentId: logs[0]?.id,
      data: { output: { tool_call_id: 'c0', tool_call_name: 'weekday', tool_call_input: { year: 1999 }, tool_response: 'Friday' } },
      metadata: { provider: 'time', icon: 'http://icons/time', elapsed_time: expect.any(Number) },
    })
    const steps = result.outputs?.json as ValueMap[]
    expect(steps.map(step => step.label ?? step)).toEqual(['ROUND 1', 'm Thought', 'CALL weekday', 'ROUND 2', 'm Thought', { data: [] }])
    expect(steps[2]).toMatchObject({ id: called.id, parent_id: logs[0]?.id, status: 'success', error: null, node_id: 'node' })
    expect(result.metadata?.agent_log).toContainEqual(expect.objectContaining({ message_id: called.id, node_execution_id: 'node' }))
    const again = await runAgent([calls(['weekday', '{"year":1999}']), 'Friday.'], setup)
    expect(again.logs.map(log => log.id)).toEqual(logs.map(log => log.id))
  })

  it('makes the calls of a round at the same time and tells their results in order', async () => {
    const order: string[] = []
    let letSlowEnd = () => {}
    const tools = new ScriptedTools({
      slow: { run: () => new Promise<string>(resolve => (letSlowEnd = () => resolve('slow done'))) },
      fast: {
        run: () => {
          order.push('fast')
          setTimeout(letSlowEnd, 1)
          return 'fast done'
        },
      },
    })
    const setup = { tools, chosen: [chosen('slow'), chosen('fast')] }
    const { requests, logs, invocations } = await runAgent([calls(['slow', ''], ['fast', '{}']), 'ok'], setup)
    expect(requests[1]?.messages.slice(3)).toMatchObject([{ content: 'slow done' }, { content: 'fast done' }])
    expect(logs.filter(log => log.label.startsWith('CALL') && log.status === 'success').map(log => log.label)).toEqual([
      'CALL fast',
      'CALL slow',
    ])
    expect(invocations.map(invocation => invocation.idempotencyKey)).toEqual(['key-1-0', 'key-1-1'])
  })

  it('tells the model of failures instead of failing', async () => {
    const tools = new ScriptedTools({
      broken: { run: () => new ToolError('failed', 'no such day') },
      locked: { run: () => new ToolError('credentials', 'x') },
      strict: { run: () => new ToolError('invalid-parameters', 'year is missing') },
      odd: { run: () => new Error('surprise') },
      two: { parameters: [asked('a'), asked('b')], run: () => 'never' },
    })
    const names = ['broken', 'locked', 'strict', 'odd', 'two']
    const wanted = [...names, 'absent'].map((name): [string, string] => [name, name === 'two' ? 'not json' : '{}'])
    const { result, requests, logs } = await runAgent([calls(...wanted), 'sorry'], { tools, chosen: names.map(name => chosen(name)) })
    expect(requests[1]?.messages.slice(3).map(message => message.content)).toEqual([
      'tool invoke error: no such day',
      'Please check your tool provider credentials',
      'tool parameters validation error: year is missing, please check your tool parameters',
      'unknown error: surprise',
      'tool parameters validation error: the arguments must be one JSON object with the members a, b, please check your tool parameters',
      'there is not a tool named absent',
    ])
    expect(logs.find(log => log.label === 'CALL broken' && log.status !== 'start')).toMatchObject({
      status: 'error',
      error: 'tool invoke error: no such day',
    })
    expect(result).toMatchObject({ status: 'succeeded', outputs: { text: 'sorry' } })
  })

  it('lets the model call no more tools once the rounds are used up', async () => {
    const more = calls(['weekday', '{"year":1}'])
    const { requests, result } = await runAgent([more, more, 'enough'], { tools: weekday(), chosen: [chosen('weekday')] })
    expect(requests.map(request => request.toolChoice)).toEqual(['auto', 'auto', 'none'])
    expect(result.outputs?.text).toBe('enough')
  })

  it('hands files on to the user and tells the model that they are there', async () => {
    const file: FileValue = fileValue('dot.png', { type: 'image' })
    const tools = new ScriptedTools({
      draw: {
        run: (): ToolMessage[] => [
          { type: 'file', file },
          { type: 'link', url: 'http://x' },
          { type: 'text', text: '{"a": 1}' },
          { type: 'json', value: { a: 1 } },
          { type: 'json', value: { b: 2 } },
        ],
      },
    })
    const { result, requests } = await runAgent([calls(['draw', '{}']), 'look'], { tools, chosen: [chosen('draw')] })
    expect(requests[1]?.messages.at(-1)?.content).toBe(
      'image has been created and sent to user already, you do not need to create it, just tell the user to check it now.' +
        'result link: http://x. please tell user to check it.{"a": 1}{"b": 2}',
    )
    expect(result.outputs).toMatchObject({ text: 'look', files: [file] })
  })
})

describe('tools', () => {
  it('get settings and what was set by hand, which the model neither sees nor changes', async () => {
    const parameters = [asked('year'), asked('zone'), asked('unit', { form: 'form' }), asked('file', { type: 'file' })]
    const tools = new ScriptedTools({ weekday: { parameters, run: () => 'Friday' } })
    const tool = chosen('weekday', {
      settings: {
        unit: { value: { type: 'mixed', value: 'km {{#start.who#}}' } },
        size: { value: { type: 'variable', value: ['start', 'q'] } },
      },
      parameters: { year: { auto: 1, value: null }, zone: { auto: 0, value: { type: 'constant', value: 'UTC' } } },
      extra: { description: 'Knows days.' },
    })
    const { requests, invocations, result } = await runAgent([calls(['weekday', '{"year":"1999","zone":"X"}']), 'ok'], {
      tools,
      chosen: [tool],
    })
    expect(requests[0]?.tools).toEqual([
      {
        name: 'weekday',
        description: 'Knows days.',
        parameters: { type: 'object', properties: { year: { type: 'string', description: 'the year' } }, required: [] },
      },
    ])
    expect(invocations[0]).toMatchObject({ form: { unit: 'km ann', size: 'which day?' }, parameters: { year: '1999', zone: 'UTC' } })
    expect(result.inputs?.tools).toMatchObject([{ tool_name: 'weekday', parameters: { year: null, zone: 'UTC' } }])
    expect([result.inputs?.tools].flat()[0]).not.toHaveProperty('schemas')
  })

  it('of nodes of the first version hold plain settings', async () => {
    const setup = {
      tools: weekday(),
      chosen: [chosen('weekday', { settings: { unit: { value: 'km' } } })],
      data: { tool_node_version: null },
    }
    const { invocations } = await runAgent([calls(['weekday', '{"year":1}']), 'ok'], setup)
    expect(invocations[0]?.form).toEqual({ unit: 'km', checked: true })
  })

  it('that are switched off are not there', async () => {
    const { requests, result } = await runAgent(['hi'], { chosen: [chosen('weekday', { enabled: false })] })
    expect(requests[0]).not.toHaveProperty('tools')
    expect(result.inputs?.tools).toEqual([])
  })

  it('of one name are told apart', async () => {
    const setup = { tools: weekday(), chosen: [chosen('weekday'), chosen('weekday', { provider_name: 'other' })] }
    const { requests, invocations } = await runAgent([calls(['weekday_2', '{"year":1}']), 'ok'], setup)
    expect(requests[0]?.tools?.map(tool => tool.name)).toEqual(['weekday', 'weekday_2'])
    expect(invocations[0]?.reference.providerId).toBe('other')
  })
})

describe('ReAct', () => {
  const act = (action: string, input: string) => `Thought: hm\nAction:\n\`\`\`\n{"action": "${action}", "action_input": ${input}}\n\`\`\``

  it('reads actions from the text and answers with the final one', async () => {
    const answers = [act('weekday', '{"year": 1999}'), act('Final Answer', '"It was a Friday."')]
    const { result, requests, streamed, invocations } = await runAgent(answers, {
      strategy: 'ReAct',
      tools: weekday(),
      chosen: [chosen('weekday')],
    })
    expect(requests[0]).toMatchObject({ stop: ['END', 'Observation'] })
    expect(requests[0]).not.toHaveProperty('tools')
    expect(requests[0]?.messages[0]?.content).toContain('You help ann.')
    expect(requests[0]?.messages[0]?.content).toContain('"weekday", or "Final Answer"')
    expect(requests[1]?.messages.slice(1)).toEqual([
      { role: 'user', content: 'which day?' },
      {
        role: 'assistant',
        content: 'Thought: hm\n\nAction: {"action": "weekday", "action_input": {"year": 1999}}\n\nObservation: Friday',
      },
      { role: 'user', content: 'continue' },
    ])
    expect(invocations[0]?.idempotencyKey).toBe('key-1-0')
    expect(streamed).toEqual(['node.text:It was a Friday.', 'node.text ends'])
    expect(result).toMatchObject({
      outputs: {
        text: 'It was a Friday.',
        json: [
          { label: 'ROUND 1', data: { thought: 'hm', action_name: 'weekday', observation: 'Friday' } },
          { label: 'm Thought', data: { thought: 'hm', action: 'weekday', action_input: { year: 1999 } } },
          { label: 'CALL weekday', data: { tool_name: 'weekday', output: 'Friday' } },
          {},
          {},
          { data: [] },
        ],
      },
    })
  })

  it('takes an answer without an action as it is', async () => {
    const { result } = await runAgent(['Thought: Hello there.'], { strategy: 'ReAct' })
    expect(result.outputs?.text).toBe('Hello there.')
  })

  it('writes one text for completion models', async () => {
    const schema: Partial<ModelSchema> = { mode: 'completion' }
    const setup = { strategy: 'ReAct', tools: weekday(), chosen: [chosen('weekday')], schema }
    const { requests } = await runAgent([act('weekday', '"1999"'), act('Final Answer', '"ok"')], setup)
    expect(requests[1]?.messages).toHaveLength(1)
    expect(requests[1]?.messages[0]?.content).toMatch(/Question: which day\?\nThought: hm[\s\S]*Observation: Friday\n\nThought:$/)
  })

  it('ends where the rounds are used up', async () => {
    const more = act('weekday', '{"year": 1}')
    const { result, requests } = await runAgent([more, more, more], { strategy: 'ReAct', tools: weekday(), chosen: [chosen('weekday')] })
    expect(requests[2]?.messages[0]?.content).toContain('give your final answer now')
    expect(result).toMatchObject({ status: 'succeeded', outputs: { text: 'hm' } })
  })
})

describe('memory', () => {
  it('is the past turns before the question', async () => {
    const turns = [{ query: 'hi', answer: 'hello', files: [] }]
    const { requests } = await runAgent(['ok'], { data: { memory: { window: { enabled: true, size: 5 } } }, turns })
    expect(requests[0]?.messages.map(message => message.content)).toEqual(['You help ann.', 'hi', 'hello', 'which day?'])
    expect((await runAgent(['ok'], { turns })).requests[0]?.messages).toHaveLength(2)
  })
})

describe('failures', () => {
  it('name a strategy that is not there', async () => {
    const { result } = await runAgent([], { data: { agent_strategy_provider_name: 'nobody/none/none' } })
    expect(result).toMatchObject({
      status: 'failed',
      inputs: {},
      error: expect.stringContaining('Failed to get agent strategy: there is no strategy'),
    })
  })

  it('of the model keep what was done and paid', async () => {
    const answers = [calls(['weekday', '{"year":1}']), new ModelError('server-unavailable', 'down')]
    const { result } = await runAgent(answers, { tools: weekday(), chosen: [chosen('weekday')] })
    expect(result).toMatchObject({
      status: 'failed',
      error: 'down',
      errorType: 'InvokeServerUnavailableError',
      metadata: { total_tokens: 8 },
    })
    expect(result.metadata?.agent_log).toHaveLength(5)
  })

  it('name parameters and tools that are missing', async () => {
    const failed = async (setup: Setup) => (await runAgent([], setup)).result
    expect(await failed({ inputs: { query: { type: 'variable', value: ['start', 'nothing'] } } })).toMatchObject({
      error: "Variable '['start', 'nothing']' does not exist",
      errorType: 'WorkflowNodeError',
    })
    expect(await failed({ inputs: { instruction: constant(null) } })).toMatchObject({
      error: "The agent's parameter instruction is required.",
    })
    expect(await failed({ chosen: [chosen('gone')] })).toMatchObject({ error: 'Failed to get a tool of the agent: tool gone not found' })
  })

  it('are not what an aborted run ends with', async () => {
    const controller = new AbortController()
    const tools = new ScriptedTools({
      weekday: {
        run: () => {
          controller.abort(new Error('stopped'))
          return new Error('cut')
        },
      },
    })
    await expect(runAgent([calls(['weekday', '{}'])], { tools, chosen: [chosen('weekday')], signal: controller.signal })).rejects.toThrow(
      'stopped',
    )
  })
})

describe('strategies from elsewhere', () => {
  it('speak through the same port', async () => {
    const strategies: AgentStrategies = {
      find: async () => ({
        parameters: [
          { name: 'query', type: 'string', required: true, default: null },
          { name: 'rounds', type: 'number', required: true, default: 7 },
        ],
        icon: 'sign.svg',
        async *run({ values }) {
          yield { type: 'log', log: { id: 'l', parentId: null, label: 'PLAN', status: 'start', error: null, data: {}, metadata: {} } }
          yield { type: 'text', text: `${values.query} ${values.rounds}` }
          yield { type: 'variable', name: 'mood', value: 'go', isStreamed: true }
          yield { type: 'variable', name: 'mood', value: 'od', isStreamed: true }
          yield { type: 'json', value: { a: 1 } }
          yield { type: 'link', url: 'http://x' }
        },
      }),
    }
    const { result, streamed } = await runAgent([], { data: { agent_strategy_provider_name: 'some/plugin/one' }, strategies })
    expect(streamed).toEqual([
      'node.text:which day? 7',
      'node.mood:go',
      'node.mood:od',
      'node.text:Link: http://x\n',
      'node.text ends',
      'node.mood ends',
    ])
    expect(result).toMatchObject({
      inputs: { query: 'which day?', instruction: null },
      outputs: { text: 'which day? 7Link: http://x\n', mood: 'good', json: [{ label: 'PLAN' }, { a: 1 }] },
      metadata: { tool_info: { icon: 'sign.svg', agent_strategy: 'function_calling' } },
    })
  })
})
