import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordedRequest {
  path: string
  headers: IncomingMessage['headers']
  /** Parsed where it is JSON, else text. */
  // biome-ignore lint/suspicious/noExplicitAny: a recorded body is whatever was sent
  body: any
}

export type Answer = (response: ServerResponse, request: RecordedRequest) => void | Promise<void>

/** A server on a free port that records what it is asked and answers from a script, the last answer repeating. */
export async function startServer(...answers: Answer[]) {
  const requests: RecordedRequest[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const isJson = request.headers['content-type']?.startsWith('application/json')
    const recorded = { path: request.url ?? '', headers: request.headers, body: isJson ? JSON.parse(text) : text }
    requests.push(recorded)
    await answers[Math.min(requests.length, answers.length) - 1]?.(response, recorded)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return response => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

export function failure(status: number, message: string, headers: Record<string, string> = {}): Answer {
  return json({ error: { message, type: 'error', code: null } }, status, headers)
}

/** Server-sent events; `cut` drops the connection after them instead of ending well. */
export function events(items: unknown[], { cut = false } = {}): Answer {
  return response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const item of items) response.write(`data: ${JSON.stringify(item)}\n\n`)
    if (cut) setTimeout(() => response.destroy(), 30)
    else response.end('data: [DONE]\n\n')
  }
}

export function chunk(delta: object, finishReason: string | null = null) {
  return { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finishReason }] }
}

export const usageChunk = {
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [],
  usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
}

export const hello = events([
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hel' }),
  chunk({ content: 'lo' }),
  chunk({}, 'stop'),
  usageChunk,
])
