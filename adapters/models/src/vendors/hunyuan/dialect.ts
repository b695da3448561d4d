/** OpenAI's members in Tencent's names, and back. What a schema or an argument holds is text on both sides. */

type Json = Record<string, unknown>

export function toTencent({ stream_options: _usage, max_tokens, response_format: _format, tools, ...body }: Json): Json {
  const described = (tools as { function: { parameters: unknown } }[] | undefined)?.map(tool => ({
    ...tool,
    function: { ...tool.function, parameters: JSON.stringify(tool.function.parameters) },
  }))
  const messages = (body.messages as Json[]).map(({ content, ...message }) =>
    Array.isArray(content) ? { ...message, contents: content } : { ...message, content: content ?? '' },
  )
  return rename({ ...body, messages, ...(max_tokens ? { max_tokens } : {}), ...(described ? { tools: described } : {}) }, pascal) as Json
}

export function fromTencent(answer: Json): Json {
  const { Error: error, ErrorMsg: problem, ...rest } = answer
  if (error) return { error: rename(error, snake) }
  if (problem) {
    const { Msg, Code } = problem as { Msg?: string; Code?: number }
    return { error: { message: Msg ?? 'The model failed.', code: String(Code ?? '') } }
  }
  const { choices, ...others } = rename(rest, snake) as { choices?: Json[] }
  // Until the end the reason is an empty text.
  return { ...others, ...(choices && { choices: choices.map(choice => ({ ...choice, finish_reason: choice.finish_reason || null })) }) }
}

/** Server-sent events, each renamed; the stream ends as OpenAI's does. */
export function tencentStream(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let pending = ''
  const send = (line: string) => {
    if (!line.startsWith('data:')) return ''
    const data = line.slice(5).trim()
    if (!data || data === '[DONE]') return ''
    return `data: ${JSON.stringify(fromTencent(JSON.parse(data)))}\n\n`
  }
  return new TransformStream({
    transform(chunk, controller) {
      pending += decoder.decode(chunk, { stream: true })
      const lines = pending.split('\n')
      pending = lines.pop() ?? ''
      for (const line of lines) {
        const event = send(line)
        if (event) controller.enqueue(encoder.encode(event))
      }
    },
    flush(controller) {
      const event = send(pending)
      if (event) controller.enqueue(encoder.encode(event))
      controller.enqueue(encoder.encode('data: [DONE]\n\n'))
    },
  })
}

function rename(value: unknown, name: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map(item => rename(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [name(key), rename(item, name)]))
}

function pascal(text: string): string {
  return text.replace(/(^|_)([a-z])/g, (_match, _start, letter: string) => letter.toUpperCase())
}

function snake(text: string): string {
  return text.replace(/(?<=[a-z0-9])[A-Z]/g, letter => `_${letter}`).toLowerCase()
}
