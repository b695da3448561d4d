import { EventStreamCodec } from '@smithy/eventstream-codec'
import { fromUtf8, toUtf8 } from '@smithy/util-utf8'
import { type Answer, chunk, events, usageChunk } from './openai-server.ts'

/** What vendors send, as their documentation and recorded answers have it: the same short conversation in each one's format. */
export interface Wire {
  /** «Hel», «lo»; 3 tokens asked, 5 answered. */
  hello: Answer
  /** A call of `add` with {"a":1}, its arguments in pieces where the format has pieces. */
  toolCall: Answer
  /** «Hel», then the connection breaks. */
  cut: Answer
  /** «Hel», then the stream ends as if all were well. */
  unfinished: Answer
  failure(status: number, message: string, headers?: Record<string, string>): Answer
  /** What says, inside a stream, that the vendor is overloaded. */
  overloaded?: Answer
  embedding?: Answer
}

const SSE = { 'content-type': 'text/event-stream' }

type End = 'cut' | 'close'

/** Sends the pieces, then ends well or drops the connection. */
function pieces(headers: Record<string, string>, items: (string | Uint8Array)[], end: End = 'close'): Answer {
  return response => {
    response.writeHead(200, headers)
    for (const item of items) response.write(item)
    if (end === 'cut') setTimeout(() => response.destroy(), 30)
    else response.end()
  }
}

function jsonFailure(body: (message: string, status: number) => object): Wire['failure'] {
  return (status, message, headers = {}) =>
    response =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body(message, status)))
}

const toolPiece = (index: number, extra: object) => chunk({ tool_calls: [{ index, ...extra }] })

export const openai: Wire = {
  hello: events([
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Hel' }),
    chunk({ content: 'lo' }),
    chunk({}, 'stop'),
    usageChunk,
  ]),
  toolCall: events([
    toolPiece(0, { id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } }),
    toolPiece(0, { function: { arguments: '{"a"' } }),
    toolPiece(0, { function: { arguments: ':1}' } }),
    chunk({}, 'tool_calls'),
    usageChunk,
  ]),
  cut: events([chunk({ content: 'Hel' })], { cut: true }),
  unfinished: pieces(SSE, [`data: ${JSON.stringify(chunk({ content: 'Hel' }))}\n\n`]),
  failure: jsonFailure(message => ({ error: { message, type: 'error', param: null, code: null } })),
  overloaded: events([chunk({ content: 'Hel' }), { error: { message: 'The server is overloaded', type: 'server_error' } }]),
  embedding: response =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ object: 'list', data: [{ index: 0, embedding: [1, 2] }], usage: { prompt_tokens: 4, total_tokens: 4 } })),
}

/** The last piece carries the count; a tool's call comes in one. */
export const mistral: Wire = {
  ...openai,
  hello: events([
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Hel' }),
    chunk({ content: 'lo' }),
    { ...chunk({}, 'stop'), ...countOf(usageChunk) },
  ]),
  toolCall: events([
    {
      ...chunk({ content: '', tool_calls: [{ index: 0, id: 'D681PevKs', function: { name: 'add', arguments: '{"a":1}' } }] }, 'tool_calls'),
      ...countOf(usageChunk),
    },
  ]),
  failure: jsonFailure((message, status) => ({
    object: 'error',
    message,
    type: 'invalid_request_error',
    param: null,
    code: String(status),
  })),
  overloaded: undefined,
}

function countOf({ usage }: typeof usageChunk) {
  return { usage }
}

const sse = (items: object[], named = true) =>
  items.map(item => `${named && 'type' in item ? `event: ${item.type}\n` : ''}data: ${JSON.stringify(item)}\n\n`)

const claudeStart = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 3, output_tokens: 1 },
  },
}
const claudeText = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
const claudeEnd = (stop_reason: string) => [
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } },
  { type: 'message_stop' },
]
const claudeHel = [claudeStart, { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }, claudeText('Hel')]

export const anthropic: Wire = {
  hello: pieces(SSE, sse([...claudeHel, { type: 'ping' }, claudeText('lo'), ...claudeEnd('end_turn')])),
  toolCall: pieces(
    SSE,
    sse([
      claudeStart,
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'toolu_1', name: 'add', input: {} } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"a"' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: ':1}' } },
      ...claudeEnd('tool_use'),
    ]),
  ),
  cut: pieces(SSE, sse(claudeHel), 'cut'),
  unfinished: pieces(SSE, sse(claudeHel)),
  failure: jsonFailure(message => ({ type: 'error', error: { type: 'some_error', message } })),
  overloaded: pieces(SSE, sse([...claudeHel, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }])),
}

const gemini = (parts: object[], more: object = {}) => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 },
  modelVersion: 'm',
})

export const google: Wire = {
  hello: pieces(SSE, sse([gemini([{ text: 'Hel' }]), gemini([{ text: 'lo' }], { finishReason: 'STOP' })])),
  toolCall: pieces(SSE, sse([gemini([{ functionCall: { name: 'add', args: { a: 1 } } }], { finishReason: 'STOP' })])),
  cut: pieces(SSE, sse([gemini([{ text: 'Hel' }])]), 'cut'),
  unfinished: pieces(SSE, sse([gemini([{ text: 'Hel' }])])),
  failure: jsonFailure((message, code) => ({ error: { code, message, status: 'SOME_STATUS' } })),
  embedding: response =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ embeddings: [{ values: [1, 2] }] })),
}

const codec = new EventStreamCodec(toUtf8, fromUtf8)
const frame = (type: string, body: object) =>
  codec.encode({
    headers: {
      ':message-type': { type: 'string', value: 'event' },
      ':event-type': { type: 'string', value: type },
      ':content-type': { type: 'string', value: 'application/json' },
    },
    body: Buffer.from(JSON.stringify(body)),
  })
const AWS = { 'content-type': 'application/vnd.amazon.eventstream' }
const novaText = (text: string) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })
const novaEnd = (stopReason: string) => [
  frame('contentBlockStop', { contentBlockIndex: 0 }),
  frame('messageStop', { stopReason }),
  frame('metadata', { usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 }, metrics: { latencyMs: 1 } }),
]

export const bedrock: Wire = {
  hello: pieces(AWS, [frame('messageStart', { role: 'assistant' }), novaText('Hel'), novaText('lo'), ...novaEnd('end_turn')]),
  toolCall: pieces(AWS, [
    frame('messageStart', { role: 'assistant' }),
    frame('contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 't1', name: 'add' } } }),
    frame('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{"a"' } } }),
    frame('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: ':1}' } } }),
    ...novaEnd('tool_use'),
  ]),
  cut: pieces(AWS, [frame('messageStart', { role: 'assistant' }), novaText('Hel')], 'cut'),
  unfinished: pieces(AWS, [frame('messageStart', { role: 'assistant' }), novaText('Hel')]),
  failure: jsonFailure(message => ({ message })),
}

const cohereEnd = (finish_reason: string) => ({
  type: 'message-end',
  delta: { finish_reason, usage: { billed_units: { input_tokens: 3, output_tokens: 5 }, tokens: { input_tokens: 3, output_tokens: 5 } } },
})
const cohereText = (text: string) => ({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } })
const cohereHel = [
  { type: 'message-start', id: 'c1', delta: { message: { role: 'assistant' } } },
  { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
  cohereText('Hel'),
]
const cohereTool = (args: string) => ({
  type: 'tool-call-delta',
  index: 0,
  delta: { message: { tool_calls: { function: { arguments: args } } } },
})

export const cohere: Wire = {
  hello: pieces(SSE, sse([...cohereHel, cohereText('lo'), { type: 'content-end', index: 0 }, cohereEnd('COMPLETE')])),
  toolCall: pieces(
    SSE,
    sse([
      { type: 'message-start', id: 'c1' },
      {
        type: 'tool-call-start',
        index: 0,
        delta: { message: { tool_calls: { id: 't1', type: 'function', function: { name: 'add', arguments: '' } } } },
      },
      cohereTool('{"a"'),
      cohereTool(':1}'),
      { type: 'tool-call-end', index: 0 },
      cohereEnd('TOOL_CALL'),
    ]),
  ),
  cut: pieces(SSE, sse(cohereHel), 'cut'),
  unfinished: pieces(SSE, sse(cohereHel)),
  failure: jsonFailure(message => ({ id: 'x', message })),
  embedding: response =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ embeddings: { float: [[1, 2]] }, meta: { billed_units: { input_tokens: 4 } } })),
}

const line = (item: object) => `${JSON.stringify({ model: 'm', created_at: '2026-01-01T00:00:00Z', ...item })}\n`
const NDJSON = { 'content-type': 'application/x-ndjson' }
const ollamaText = (content: string) => line({ message: { role: 'assistant', content }, done: false })
const ollamaEnd = line({
  message: { role: 'assistant', content: '' },
  done: true,
  done_reason: 'stop',
  prompt_eval_count: 3,
  eval_count: 5,
})

export const ollama: Wire = {
  hello: pieces(NDJSON, [ollamaText('Hel'), ollamaText('lo'), ollamaEnd]),
  toolCall: pieces(NDJSON, [
    line({ message: { role: 'assistant', content: '', tool_calls: [{ function: { name: 'add', arguments: { a: 1 } } }] }, done: false }),
    ollamaEnd,
  ]),
  cut: pieces(NDJSON, [ollamaText('Hel')], 'cut'),
  unfinished: pieces(NDJSON, [ollamaText('Hel')]),
  failure: jsonFailure(message => ({ error: message })),
  overloaded: pieces(NDJSON, [ollamaText('Hel'), line({ error: 'server overloaded' })]),
  embedding: response =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ model: 'm', embeddings: [[1, 2]], prompt_eval_count: 4 })),
}

const tencent = (delta: object, finish = '') => ({
  Created: 1,
  Id: 'h1',
  Model: 'm',
  Choices: [{ Index: 0, Delta: { Role: 'assistant', ...delta }, FinishReason: finish }],
  Usage: { PromptTokens: 3, CompletionTokens: 5, TotalTokens: 8 },
})
const tencentFailure = (Code: string, Message: string): Answer => {
  return response =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ Response: { RequestId: 'r', Error: { Code, Message } } }))
}
const TENCENT_CODES: Record<number, string> = { 401: 'AuthFailure.SecretIdNotFound', 429: 'LimitExceeded', 500: 'InternalError' }

export const hunyuan: Wire = {
  hello: pieces(SSE, sse([tencent({ Content: 'Hel' }), tencent({ Content: 'lo' }, 'stop')], false)),
  toolCall: pieces(
    SSE,
    sse(
      [
        tencent({ Content: '', ToolCalls: [{ Id: 't1', Type: 'function', Index: 0, Function: { Name: 'add', Arguments: '{"a"' } }] }),
        tencent({ Content: '', ToolCalls: [{ Index: 0, Function: { Arguments: ':1}' } }] }),
        tencent({ Content: '' }, 'tool_calls'),
      ],
      false,
    ),
  ),
  cut: pieces(SSE, sse([tencent({ Content: 'Hel' })], false), 'cut'),
  unfinished: pieces(SSE, sse([tencent({ Content: 'Hel' })], false)),
  failure: (status, message) => tencentFailure(TENCENT_CODES[status] ?? 'InvalidParameter', message),
  embedding: response =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ Response: { Data: [{ Embedding: [1, 2], Index: 0 }], Usage: { PromptTokens: 4, TotalTokens: 4 } } })),
}

const responseOf = (status: string, output: object[] = []) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'm',
  status,
  output,
  usage: status === 'completed' ? { input_tokens: 3, output_tokens: 5, total_tokens: 8 } : null,
})
const itemText = (delta: string) => ({ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta })
const responsesHel = [
  { type: 'response.created', response: responseOf('in_progress') },
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] },
  },
  itemText('Hel'),
]
const toolItem = (args: string, status: string) => ({
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'add',
  arguments: args,
  status,
})

export const responses: Wire = {
  hello: pieces(
    SSE,
    sse([
      ...responsesHel,
      itemText('lo'),
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: {
          type: 'message',
          id: 'msg_1',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
        },
      },
      { type: 'response.completed', response: responseOf('completed') },
    ]),
  ),
  toolCall: pieces(
    SSE,
    sse([
      { type: 'response.created', response: responseOf('in_progress') },
      { type: 'response.output_item.added', output_index: 0, item: toolItem('', 'in_progress') },
      { type: 'response.function_call_arguments.delta', item_id: 'fc_1', output_index: 0, delta: '{"a":1}' },
      { type: 'response.output_item.done', output_index: 0, item: toolItem('{"a":1}', 'completed') },
      { type: 'response.completed', response: responseOf('completed') },
    ]),
  ),
  cut: pieces(SSE, sse(responsesHel), 'cut'),
  unfinished: pieces(SSE, sse(responsesHel)),
  failure: openai.failure,
}

/** MiniMax says what went wrong in a body with status 200. */
const MINIMAX_CODES: Record<number, number> = { 400: 2013, 401: 1004, 429: 1002, 500: 1000 }
export const minimax: Wire = {
  ...openai,
  failure: (status, status_msg) => response =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ base_resp: { status_code: MINIMAX_CODES[status], status_msg } })),
  embedding: response =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ vectors: [[1, 2]], total_tokens: 4, base_resp: { status_code: 0, status_msg: 'success' } })),
}
