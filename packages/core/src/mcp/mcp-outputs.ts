import { isValueMap, parseJson, pythonStr, type Value, type ValueMap } from '@weft/contracts'
import { type McpContent, type McpToolResult, ToolError, type ToolOutput } from '@weft/ports'

/** What an MCP server's answer is to a graph. @throws ToolError where the tool says that it failed */
export function* mcpOutputs({ content, isError }: McpToolResult): Iterable<ToolOutput> {
  if (isError) throw new ToolError('failed', textOf(content) || 'the tool failed and does not say why')
  for (const part of content) yield* outputsOf(part)
}

function* outputsOf(part: McpContent): Iterable<ToolOutput> {
  if (part.type === 'text') yield* textOutputs(part.text)
  else if (part.type === 'resource-link') yield { type: 'link', url: part.uri }
  else if (part.type !== 'resource') yield { type: 'blob', bytes: part.bytes, mimeType: part.mimeType, filename: null }
  else if (part.text !== null) yield { type: 'text', text: part.text }
  else if (part.bytes) {
    const filename = part.uri.split(/[?#]/)[0]?.split('/').at(-1) || null
    yield { type: 'blob', bytes: part.bytes, mimeType: part.mimeType ?? 'application/octet-stream', filename }
  }
}

/** Text that holds an object, or a list of objects, is JSON; any other is text. */
function* textOutputs(text: string): Iterable<ToolOutput> {
  let value: Value
  try {
    value = parseJson(text)
  } catch {
    yield { type: 'text', text }
    return
  }
  if (isValueMap(value)) yield { type: 'json', value }
  else if (Array.isArray(value) && value.every(isValueMap)) for (const item of value) yield { type: 'json', value: item as ValueMap }
  else yield { type: 'text', text: pythonStr(value) }
}

function textOf(content: McpContent[]): string {
  return content.flatMap(part => (part.type === 'text' ? [part.text] : [])).join('\n')
}

/** Arguments as servers take them: what is not given is left out. */
export function mcpArguments(parameters: ValueMap): ValueMap {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && !(typeof value === 'string' && !value.trim()))
  return Object.fromEntries(given)
}
