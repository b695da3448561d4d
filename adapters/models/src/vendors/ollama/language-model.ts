import { randomUUID } from 'node:crypto'
import {
  createUsage,
  estimateMessageTokens,
  estimateTokens,
  type ModelCall,
  ModelError,
  type ModelEvent,
  type ModelPricing,
  type ModelRequest,
  type PromptMessage,
} from '@weft/ports'
import { toCallOptions } from '../../call-options.ts'
import { addressOf, bearer, type Json, post } from '../../http.ts'
import { cutStreamError, toModelError } from '../../model-errors.ts'
import { withLoadedFiles } from '../../sdk-prompt.ts'
import type { VendorEnvironment } from '../../vendor.ts'

/** Members of the body beside `options`. */
const BESIDE_OPTIONS = ['keep_alive', 'think', 'format', 'template', 'raw', 'truncate']

interface OllamaChunk {
  message?: { content?: string; thinking?: string; tool_calls?: { id?: string; function: { name: string; arguments: unknown } }[] }
  response?: string
  thinking?: string
  done?: boolean
  done_reason?: string
  prompt_eval_count?: number
  eval_count?: number
  error?: string
}

export async function* ollamaEvents(
  { fetch, now }: VendorEnvironment,
  call: ModelCall,
  request: ModelRequest,
  pricing: ModelPricing | null,
): AsyncGenerator<ModelEvent> {
  const start = now()
  const { credentials, signal } = call
  const isCompletion = credentials.mode === 'completion'
  const messages = await withLoadedFiles(request.messages, fetch, signal)
  const body = {
    model: call.model,
    stream: true,
    ...parametersOf(call, request),
    ...(isCompletion ? { prompt: promptOf(messages) } : { messages: messages.map(toOllama) }),
  }
  const url = `${addressOf(credentials.base_url)}/api/${isCompletion ? 'generate' : 'chat'}`
  const response = await post(fetch, url, body, { headers: bearer(credentials.api_key), signal })
  let written = ''
  let hasTools = false
  try {
    for await (const chunk of readLines(response)) {
      if (chunk.error) throw new ModelError('server-unavailable', chunk.error)
      const thought = chunk.message?.thinking ?? chunk.thinking
      const piece = chunk.message?.content ?? chunk.response
      written += `${thought ?? ''}${piece ?? ''}`
      if (thought) yield { type: 'reasoning', text: thought }
      if (piece) yield { type: 'text', text: piece }
      for (const { id, function: tool } of chunk.message?.tool_calls ?? []) {
        hasTools = true
        yield {
          type: 'tool-call',
          call: { id: id ?? `call_${randomUUID()}`, name: tool.name, arguments: JSON.stringify(tool.arguments ?? {}) },
        }
      }
      if (!chunk.done) continue
      const promptTokens = chunk.prompt_eval_count ?? estimateMessageTokens(request.messages)
      const usage = createUsage(promptTokens, chunk.eval_count ?? estimateTokens(written), (now() - start) / 1000, pricing)
      return yield { type: 'finish', reason: hasTools ? 'tool_calls' : (chunk.done_reason ?? 'stop'), usage }
    }
  } catch (error) {
    const failure = toModelError(error, signal)
    throw failure.code === 'connection-failed' ? cutStreamError({ cause: error }) : failure
  }
  throw cutStreamError()
}

function parametersOf({ credentials }: ModelCall, request: ModelRequest): Json {
  const { options, rest } = toCallOptions(request)
  const beside = Object.fromEntries(Object.entries(rest).filter(([name]) => BESIDE_OPTIONS.includes(name)))
  const others = Object.fromEntries(Object.entries(rest).filter(([name]) => !BESIDE_OPTIONS.includes(name)))
  const format = options.responseFormat?.type === 'json' ? (options.responseFormat.schema ?? 'json') : undefined
  return {
    ...beside,
    ...(format ? { format } : {}),
    ...(request.tools?.length && credentials.mode !== 'completion' ? { tools: options.tools?.map(toOllamaTool) } : {}),
    options: {
      temperature: options.temperature,
      top_p: options.topP,
      top_k: options.topK,
      seed: options.seed,
      num_predict: options.maxOutputTokens,
      presence_penalty: options.presencePenalty,
      frequency_penalty: options.frequencyPenalty,
      stop: options.stopSequences,
      ...(credentials.context_size ? { num_ctx: Number(credentials.context_size) } : {}),
      ...others,
    },
  }
}

function toOllamaTool(tool: { type: string; name: string; description?: string; inputSchema?: unknown }) {
  return { type: 'function', function: { name: tool.name, description: tool.description, parameters: tool.inputSchema } }
}

function toOllama(message: PromptMessage): Json {
  if (message.role === 'tool') return { role: 'tool', content: message.content, tool_name: message.toolName }
  if (message.role === 'assistant') {
    const tool_calls = message.toolCalls?.map(({ name, arguments: text }) => ({ function: { name, arguments: parseArguments(text) } }))
    return { role: 'assistant', content: message.content, ...(tool_calls?.length ? { tool_calls } : {}) }
  }
  if (typeof message.content === 'string') return { role: message.role, content: message.content }
  const images = message.content.flatMap(part =>
    part.type === 'image' && 'bytes' in part.source ? [Buffer.from(part.source.bytes).toString('base64')] : [],
  )
  return { role: 'user', content: textsOf(message), ...(images.length ? { images } : {}) }
}

/** What a model wrote, which may be no JSON. */
function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text || '{}')
  } catch {
    return {}
  }
}

function promptOf(messages: PromptMessage[]): string {
  return messages.map(textsOf).join('\n')
}

function textsOf({ content }: PromptMessage): string {
  return typeof content === 'string' ? content : content.map(part => (part.type === 'text' ? part.text : '')).join('')
}

/** One JSON object per line. */
async function* readLines(response: Response): AsyncGenerator<OllamaChunk> {
  let pending = ''
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = `${pending}${text}`.split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) yield JSON.parse(line)
  }
  if (pending.trim()) yield JSON.parse(pending)
}
