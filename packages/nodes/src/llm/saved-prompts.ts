import type { ValueMap } from '@weft/contracts'
import type { PromptMessage, PromptPart, ToolCall } from '@weft/ports'

/** The prompts as the record of a run shows them: files only by the ends of their data. */
export function promptsForRecord(mode: 'chat' | 'completion', messages: readonly PromptMessage[]): ValueMap[] {
  if (mode === 'chat') {
    return messages.map((message): ValueMap => {
      const calls: ValueMap =
        message.role === 'assistant' && message.toolCalls?.length ? { tool_calls: message.toolCalls.map(toolCallRecord) } : {}
      return { role: message.role, ...record(message.content), ...calls }
    })
  }
  const [first] = messages
  if (!first) return []
  const { text, files } = record(first.content)
  return [{ role: 'user', text, ...(files.length ? { files } : {}) }]
}

function record(content: string | PromptPart[]): { text: string; files: ValueMap[] } {
  if (typeof content === 'string') return { text: content, files: [] }
  const text = content.map(part => (part.type === 'text' ? part.text : '')).join('')
  return { text, files: content.flatMap(fileRecord) }
}

function fileRecord(part: PromptPart): ValueMap[] {
  if (part.type === 'image') return [{ type: 'image', data: endsOf(part), detail: part.detail ?? 'high' }]
  if (part.type === 'audio') return [{ type: 'audio', data: endsOf(part), format: part.mimeType.split('/')[1] ?? '' }]
  return []
}

function endsOf(part: Exclude<PromptPart, { type: 'text' }>): string {
  if ('url' in part.source) return ends(part.source.url)
  const { bytes } = part.source
  // Base64 of the last whole groups is enough to show the end.
  const tail = bytes.subarray(Math.max(0, bytes.length - (bytes.length % 3 || 3) - 9))
  const head = `data:${part.mimeType};base64,${Buffer.from(bytes.subarray(0, 12)).toString('base64')}`
  return `${head.slice(0, 10)}...[TRUNCATED]...${Buffer.from(tail).toString('base64').slice(-10)}`
}

function ends(text: string): string {
  return `${text.slice(0, 10)}...[TRUNCATED]...${text.slice(-10)}`
}

export function toolCallRecord({ id, name, arguments: text }: ToolCall): ValueMap {
  return { id, type: 'function', function: { name, arguments: text } }
}
