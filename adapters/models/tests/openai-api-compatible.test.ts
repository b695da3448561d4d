import { float } from '@weft/contracts'
import { createUsage, type ModelCall, ModelError, type ModelEvent, type ModelProvider, type ModelRequest, OutboundError } from '@weft/ports'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadModelProviders } from '../src/index.ts'
import { chunk, events, failure, hello, json, startServer, usageChunk } from './openai-server.ts'

let provider: ModelProvider
const pauses: number[] = []

beforeAll(async () => {
  const sleep = async (milliseconds: number) => void pauses.push(milliseconds)
  provider = (await loadModelProviders({ fetch, sleep })).find(({ declaration }) =>
    declaration.provider.includes('openai_api_compatible'),
  ) as ModelProvider
})

const call = (url: string, credentials: object = {}): ModelCall => ({
  type: 'llm',
  model: 'some-model',
  credentials: { endpoint_url: url, api_key: 'sk-1', mode: 'chat', ...credentials },
})
const ask = (extra: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [{ role: 'user', content: 'Hi' }], parameters: {}, ...extra })

async function collect(url: string, request = ask(), credentials: object = {}): Promise<ModelEvent[]> {
  return Array.fromAsync(provider.stream(call(url, credentials), request))
}

describe('a chat model', () => {
  it('streams text and ends with the vendor’s reason and count', async () => {
    await using server = await startServer(hello)
    const [first, second, last, ...rest] = await collect(server.url)
    expect([first, second, rest]).toEqual([{ type: 'text', text: 'Hel' }, { type: 'text', text: 'lo' }, []])
    expect(last).toMatchObject({
      type: 'finish',
      reason: 'stop',
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8, total_price: '0', currency: 'USD' },
    })
    expect(server.requests[0]).toMatchObject({ path: '/v1/chat/completions', headers: { authorization: 'Bearer sk-1' } })
    expect(server.requests[0]?.body).toEqual({
      model: 'some-model',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  it('sends completion parameters under their own names, unknown ones too', async () => {
    await using server = await startServer(hello)
    const parameters = {
      temperature: float(1),
      top_p: 0.5,
      max_tokens: 64,
      seed: 7,
      presence_penalty: 0.1,
      frequency_penalty: 0,
      repetition_penalty: 1.1,
      enable_thinking: false,
      top_k: null,
    }
    await collect(server.url, ask({ parameters, stop: ['END'], user: 'u1' }), { endpoint_model_name: 'real-name' })
    expect(server.requests[0]?.body).toMatchObject({
      model: 'real-name',
      temperature: 1,
      top_p: 0.5,
      max_tokens: 64,
      seed: 7,
      presence_penalty: 0.1,
      frequency_penalty: 0,
      repetition_penalty: 1.1,
      chat_template_kwargs: { enable_thinking: false },
      stop: ['END'],
      user: 'u1',
    })
    expect(server.requests[0]?.body).not.toHaveProperty('top_k')
  })

  it('turns response_format and json_schema into the API’s form', async () => {
    await using server = await startServer(hello)
    await collect(
      server.url,
      ask({ parameters: { response_format: 'json_schema', json_schema: '{"name": "n", "schema": {"type": "object"}}' } }),
    )
    await collect(server.url, ask({ parameters: { response_format: 'json_object', json_schema: 'ignored' } }))
    await collect(server.url, ask({ responseSchema: { name: 'llm_response', schema: { type: 'object' } } }))
    expect(server.requests.map(({ body }) => body.response_format)).toEqual([
      { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
      { type: 'json_object' },
      { type: 'json_schema', json_schema: { name: 'llm_response', schema: { type: 'object' } } },
    ])
    expect(server.requests[1]?.body).not.toHaveProperty('json_schema')
    await expect(collect(server.url, ask({ parameters: { response_format: 'json_schema' } }))).rejects.toMatchObject({
      code: 'bad-request',
    })
  })

  it('gives pictures with their detail, as data or by address', async () => {
    await using server = await startServer(hello)
    const picture = { type: 'image', mimeType: 'image/png', filename: 'a.png', detail: 'low' } as const
    await collect(
      server.url,
      ask({
        messages: [
          {
            role: 'user',
            content: [
              { ...picture, source: { bytes: new Uint8Array([1, 2, 3]) } },
              { ...picture, detail: 'high', source: { url: 'https://example.com/a.png' } },
              { type: 'text', text: 'look' },
            ],
          },
        ],
      }),
    )
    expect(server.requests[0]?.body.messages[0].content).toEqual([
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID', detail: 'low' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'high' } },
      { type: 'text', text: 'look' },
    ])
  })

  it('offers tools and puts the pieces of their calls together', async () => {
    const part = (index: number, more: object) => chunk({ tool_calls: [{ index, ...more }] })
    await using server = await startServer(
      events([
        part(0, { id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } }),
        part(0, { function: { arguments: '{"a":' } }),
        part(0, { function: { arguments: '1}' } }),
        part(1, { id: 'call_2', type: 'function', function: { name: 'now', arguments: '{}' } }),
        chunk({}, 'tool_calls'),
        usageChunk,
      ]),
    )
    const tools = [{ name: 'add', description: 'Adds.', parameters: { type: 'object', properties: { a: { type: 'number' } } } }]
    const messages: ModelRequest['messages'] = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'call_0', name: 'add', arguments: '{"a":0}' }] },
      { role: 'tool', toolCallId: 'call_0', toolName: 'add', content: '0' },
    ]
    const all = await collect(server.url, ask({ tools, messages }), { stream_function_calling: 'supported' })
    expect(all.filter(event => event.type === 'tool-call')).toEqual([
      { type: 'tool-call', call: { id: 'call_1', name: 'add', arguments: '{"a":1}' } },
      { type: 'tool-call', call: { id: 'call_2', name: 'now', arguments: '{}' } },
    ])
    expect(all.at(-1)).toMatchObject({ reason: 'tool_calls' })
    expect(server.requests[0]?.body).toMatchObject({
      tool_choice: 'auto',
      tools: [{ type: 'function', function: { name: 'add', description: 'Adds.' } }],
      messages: [
        { role: 'user' },
        { role: 'assistant', tool_calls: [{ id: 'call_0', function: { name: 'add', arguments: '{"a":0}' } }] },
        { role: 'tool', tool_call_id: 'call_0', content: '0' },
      ],
    })
  })

  it('asks for the whole answer at once where tool calls cannot be streamed', async () => {
    const message = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'now', arguments: '{}' } }],
    }
    await using server = await startServer(
      json({
        id: '1',
        model: 'm',
        created: 1,
        choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
        usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
      }),
    )
    const all = await collect(server.url, ask({ tools: [{ name: 'now', description: '', parameters: { type: 'object' } }] }), {
      stream_function_calling: 'not_supported',
    })
    expect(all).toMatchObject([
      { type: 'tool-call', call: { name: 'now' } },
      { type: 'finish', usage: { total_tokens: 3 } },
    ])
    expect(server.requests[0]?.body).not.toHaveProperty('stream')
  })

  it('keeps reasoning apart from the answer, by either name', async () => {
    await using server = await startServer(
      events([chunk({ reasoning_content: 'hm' }), chunk({ reasoning: ', so' }), chunk({ content: 'yes' }), chunk({}, 'stop')]),
    )
    expect(await collect(server.url)).toMatchObject([
      { type: 'reasoning', text: 'hm' },
      { type: 'reasoning', text: ', so' },
      { type: 'text', text: 'yes' },
      { type: 'finish' },
    ])
  })

  it('estimates a count the vendor does not give, and prices it', async () => {
    await using server = await startServer(events([chunk({ content: 'twelve chars' }), chunk({}, 'stop')]))
    const finish = (await collect(server.url, ask(), { input_price: '0.5', output_price: '2' })).at(-1)
    expect(finish).toMatchObject({
      usage: {
        prompt_tokens: 5,
        completion_tokens: 3,
        prompt_price: '0.0025',
        completion_price: '0.006',
        total_price: '0.0085',
        prompt_price_unit: '0.001',
      },
    })
  })
})

describe('a completion model', () => {
  it('gets the prompt as it was written', async () => {
    const piece = (text: string, finish_reason: string | null, more = {}) => ({
      id: '1',
      created: 1,
      model: 'm',
      choices: [{ index: 0, text, finish_reason }],
      ...more,
    })
    await using server = await startServer(
      events([
        piece('a', null),
        piece('b', null),
        piece('', 'stop', { usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 } }),
      ]),
    )
    const all = await collect(
      server.url,
      ask({ messages: [{ role: 'user', content: '\nSay: x' }], parameters: { temperature: 0.2 }, stop: ['END'] }),
      { mode: 'completion' },
    )
    expect(all).toMatchObject([{ text: 'a' }, { text: 'b' }, { type: 'finish', reason: 'stop', usage: { total_tokens: 4 } }])
    expect(server.requests[0]).toMatchObject({
      path: '/v1/completions',
      body: { prompt: '\nSay: x', stop: ['END'], temperature: 0.2, stream: true },
    })
  })
})

describe('failures', () => {
  it('say the vendor’s words, and which kind they are', async () => {
    for (const [status, code] of [
      [400, 'bad-request'],
      [401, 'credentials-invalid'],
      [403, 'credentials-invalid'],
      [429, 'rate-limited'],
      [503, 'server-unavailable'],
    ] as const) {
      await using server = await startServer(failure(status, 'no luck'))
      await expect(collect(server.url)).rejects.toMatchObject({
        name: 'ModelError',
        code,
        status,
        message: expect.stringMatching(new RegExp(`^API request failed with status code ${status}: no luck`)),
      })
      expect(server.requests).toHaveLength(status === 429 || status === 503 ? 3 : 1)
    }
    await using server = await startServer(failure(400, "This model's maximum context length is 8192 tokens"))
    await expect(collect(server.url)).rejects.toMatchObject({ code: 'context-length-exceeded' })
  })

  it('that pass are tried again before the first token, as Retry-After asks', async () => {
    await using server = await startServer(failure(429, 'slow down', { 'retry-after': '2' }), failure(500, 'oh'), hello)
    pauses.length = 0
    expect((await collect(server.url)).at(-1)).toMatchObject({ type: 'finish' })
    expect(pauses).toEqual([2000, expect.any(Number)])
    expect(pauses[1]).toBeLessThan(800)
  })

  it('that ask for a long pause are left to the caller', async () => {
    await using server = await startServer(failure(429, 'slow down', { 'retry-after': '60' }))
    await expect(collect(server.url)).rejects.toMatchObject({ code: 'rate-limited', retryAfter: 60_000 })
    expect(server.requests).toHaveLength(1)
  })

  it('after the first token end the stream', async () => {
    await using server = await startServer(events([chunk({ content: 'Hel' })], { cut: true }))
    const seen: ModelEvent[] = []
    const reading = (async () => {
      for await (const event of provider.stream(call(server.url), ask())) seen.push(event)
    })()
    await expect(reading).rejects.toBeInstanceOf(ModelError)
    expect(seen).toEqual([{ type: 'text', text: 'Hel' }])
    expect(server.requests).toHaveLength(1)
  })

  it('inside a stream carry the vendor’s words', async () => {
    await using server = await startServer(events([chunk({ content: 'a' }), { error: { message: 'overloaded' } }]))
    await expect(collect(server.url)).rejects.toMatchObject({
      code: 'server-unavailable',
      message: expect.stringMatching(/^overloaded\. /),
    })
  })

  it('of the connection are tried again, a refusal of the gate is not', async () => {
    await expect(collect('http://127.0.0.1:9/v1')).rejects.toMatchObject({ code: 'connection-failed' })
    let calls = 0
    const refuse = async () => {
      calls++
      throw new TypeError('fetch failed', {
        cause: new OutboundError('address-refused', 'http://10.0.0.1', '10.0.0.1 is a private address'),
      })
    }
    const [gated] = await loadModelProviders({ fetch: refuse })
    await expect(Array.fromAsync(gated?.stream(call('http://10.0.0.1'), ask()) ?? [])).rejects.toMatchObject({
      code: 'connection-failed',
      message: '10.0.0.1 is a private address',
    })
    expect(calls).toBe(1)
  })

  it('come at once when the caller stops', async () => {
    await using server = await startServer(
      response =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${JSON.stringify(chunk({ content: 'a' }))}\n\n`),
    )
    const abort = new AbortController()
    const reading = (async () => {
      for await (const _event of provider.stream({ ...call(server.url), signal: abort.signal }, ask())) abort.abort()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'aborted' })
  })

  it('do not follow when the reader leaves early: the connection is closed', async () => {
    const closed = Promise.withResolvers<void>()
    await using server = await startServer(response => {
      response.on('close', () => closed.resolve())
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${JSON.stringify(chunk({ content: 'a' }))}\n\n`)
    })
    for await (const _event of provider.stream(call(server.url), ask())) break
    await closed.promise
  })
})

describe('other model types', () => {
  const other = (type: ModelCall['type'], url: string, credentials = {}): ModelCall => ({ ...call(url, credentials), type })

  it('embed texts in batches', async () => {
    await using server = await startServer((response, { body }) =>
      json({ data: body.input.map((text: string, index: number) => ({ index, embedding: [text.length] })), usage: { prompt_tokens: 1 } })(
        response,
        {} as never,
      ),
    )
    expect(await provider.embed?.(other('text-embedding', server.url, { max_chunks: '2' }), ['a', 'bb', 'ccc'])).toEqual({
      vectors: [[1], [2], [3]],
      tokens: 2,
    })
    expect(server.requests).toHaveLength(2)
  })

  it('rank documents', async () => {
    await using server = await startServer(
      json({
        results: [
          { index: 1, relevance_score: 0.9 },
          { index: 0, relevance_score: 0.1 },
        ],
      }),
    )
    expect(await provider.rerank?.(other('rerank', server.url), 'q', ['a', 'b'], 2)).toEqual([
      { index: 1, score: 0.9 },
      { index: 0, score: 0.1 },
    ])
    expect(server.requests[0]).toMatchObject({ path: '/v1/rerank', body: { query: 'q', documents: ['a', 'b'], top_n: 2 } })
  })

  it('speak and listen', async () => {
    await using server = await startServer(
      (response, { path }) =>
        void (path.endsWith('speech')
          ? response.end('sound')
          : response.setHeader('content-type', 'application/json').end('{"text": "heard"}')),
    )
    const sound = await Array.fromAsync(provider.speak?.(other('tts', server.url, { voices: 'alloy,echo' }), 'Hi', 'echo') ?? [])
    expect(Buffer.concat(sound).toString()).toBe('sound')
    expect(server.requests[0]?.body).toMatchObject({ input: 'Hi', voice: 'echo' })
    expect(
      await provider.transcribe?.(other('speech2text', server.url), {
        bytes: new Uint8Array([1]),
        filename: 'a.wav',
        mimeType: 'audio/wav',
      }),
    ).toBe('heard')
    expect(server.requests[1]?.body).toContain('filename="a.wav"')
  })
})

describe('credentials', () => {
  it('are tried by a short call', async () => {
    await using server = await startServer(json({ object: 'chat.completion', choices: [{ message: { content: 'pong' } }] }))
    await provider.validateModel(call(server.url))
    expect(server.requests[0]?.body).toEqual({ model: 'some-model', max_tokens: 5, messages: [{ role: 'user', content: 'ping' }] })
  })

  it('that do not work say why', async () => {
    await using server = await startServer(failure(401, 'Incorrect API key'))
    for (const type of ['llm', 'text-embedding', 'rerank', 'tts', 'speech2text'] as const) {
      await expect(provider.validateModel({ ...call(server.url), type })).rejects.toMatchObject({
        code: 'credentials-invalid',
        message: expect.stringContaining('Incorrect API key'),
      })
    }
  })

  it('say what the model can do', () => {
    const capable = {
      mode: 'chat',
      context_size: '8192',
      max_tokens_to_sample: '2048',
      function_calling_type: 'tool_call',
      stream_function_calling: 'supported',
      vision_support: 'support',
      structured_output_support: 'supported',
    }
    const described = provider.describe('llm', 'm', capable)
    expect(described).toMatchObject({
      features: ['multi-tool-call', 'stream-tool-call', 'vision', 'structured-output'],
      model_properties: { mode: 'chat', context_size: 8192 },
      fetch_from: 'customizable-model',
    })
    expect(described?.parameter_rules.map(({ name }) => name)).toEqual([
      'temperature',
      'top_p',
      'frequency_penalty',
      'presence_penalty',
      'max_tokens',
      'response_format',
      'json_schema',
    ])
    expect(provider.describe('llm', 'm', { mode: 'completion' })).toMatchObject({
      features: [],
      model_properties: { mode: 'completion', context_size: 4096 },
    })
    expect(provider.describe('moderation', 'm', {})).toBeUndefined()
  })
})

it('prices are exact decimals, rounded half up at seven places', () => {
  expect(createUsage(7, 3, 1, { input: '0.15', output: '0.6', unit: '0.000001', currency: 'USD' })).toMatchObject({
    prompt_price: '0.0000011',
    completion_price: '0.0000018',
    total_price: '0.0000029',
  })
})
