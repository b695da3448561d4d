import type {
  LanguageModelV4FilePart,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
} from '@ai-sdk/provider'
import { Float, type Value } from '@weft/contracts'
import { ModelError, type PromptMessage, type PromptPart, type ToolDefinition } from '@weft/ports'

/** Messages as AI SDK wants them. `detail` of a picture goes along as a provider option of the given vendor. */
export function toSdkPrompt(messages: readonly PromptMessage[], vendor: string): LanguageModelV4Prompt {
  return messages.map(message => toSdkMessage(message, vendor))
}

function toSdkMessage(message: PromptMessage, vendor: string): LanguageModelV4Message {
  if (message.role === 'system') return { role: 'system', content: message.content }
  if (message.role === 'user') {
    const parts: PromptPart[] = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content
    return { role: 'user', content: parts.map(part => toSdkPart(part, vendor)) }
  }
  if (message.role === 'tool') {
    const output = { type: 'text' as const, value: message.content }
    return { role: 'tool', content: [{ type: 'tool-result', toolCallId: message.toolCallId, toolName: message.toolName, output }] }
  }
  return {
    role: 'assistant',
    content: [
      ...(message.reasoning ? [{ type: 'reasoning' as const, text: message.reasoning }] : []),
      // Several vendors refuse an empty text beside tool calls.
      ...(message.content || !message.toolCalls?.length ? [{ type: 'text' as const, text: message.content }] : []),
      ...(message.toolCalls ?? []).map(call => ({
        type: 'tool-call' as const,
        toolCallId: call.id,
        toolName: call.name,
        input: call.arguments,
      })),
    ],
  }
}

function toSdkPart(part: PromptPart, vendor: string): LanguageModelV4TextPart | LanguageModelV4FilePart {
  if (part.type === 'text') return part
  return {
    type: 'file',
    mediaType: part.mimeType,
    filename: part.filename ?? undefined,
    data: 'url' in part.source ? { type: 'url', url: new URL(part.source.url) } : { type: 'data', data: part.source.bytes },
    providerOptions: part.detail ? { [vendor]: { detail: part.detail } } : undefined,
  }
}

/** The messages for vendors that take instructions only ahead of the conversation, which a user has to begin. */
export function withInstructionsFirst(messages: readonly PromptMessage[]): PromptMessage[] {
  const instructions = messages.filter(message => message.role === 'system' && message.content).map(message => String(message.content))
  const conversation = messages.filter(message => message.role !== 'system')
  if (!conversation.length) return [{ role: 'user', content: instructions.join('\n') }]
  return instructions.length ? [{ role: 'system', content: instructions.join('\n') }, ...conversation] : conversation
}

const MAX_FILE_BYTES = 50 * 1024 * 1024

/** The messages with remote files loaded, for vendors that do not fetch them. @throws ModelError where one cannot be had */
export async function withLoadedFiles(
  messages: readonly PromptMessage[],
  fetch: typeof globalThis.fetch,
  signal?: AbortSignal,
): Promise<PromptMessage[]> {
  return Promise.all(
    messages.map(async message => {
      if (message.role !== 'user' || typeof message.content === 'string') return message
      return { ...message, content: await Promise.all(message.content.map(part => loadFile(part, fetch, signal))) }
    }),
  )
}

async function loadFile(part: PromptPart, fetch: typeof globalThis.fetch, signal?: AbortSignal): Promise<PromptPart> {
  if (part.type === 'text' || !('url' in part.source)) return part
  const { url } = part.source
  const response = await fetch(url, { signal })
  const size = Number(response.headers.get('content-length') ?? 0)
  const problem = !response.ok ? `status ${response.status}` : size > MAX_FILE_BYTES ? 'more than 50 MB' : undefined
  if (problem) {
    await response.body?.cancel()
    throw new ModelError('bad-request', `The file at ${url} could not be loaded for the model: ${problem}.`)
  }
  return { ...part, source: { bytes: new Uint8Array(await response.arrayBuffer()) } }
}

export function toSdkTool(tool: ToolDefinition): LanguageModelV4FunctionTool {
  return {
    type: 'function',
    name: tool.name,
    description: tool.description,
    inputSchema: toJson(tool.parameters) as LanguageModelV4FunctionTool['inputSchema'],
  }
}

/** The value as plain JSON: `Float` and `bigint` become numbers. */
export function toJson(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Float) return value.value
  if (Array.isArray(value)) return value.map(toJson)
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
  return value
}
