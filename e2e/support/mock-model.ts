import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface MockModel extends AsyncDisposable {
  /** As a model's `endpoint_url`. */
  readonly url: string
  /** Requests so far. */
  readonly requests: () => number
}

const WORDS = 'tide moon harbour lantern gull rope anchor mist shore reef salt wind keel sail star drift cove buoy swell pier'.split(' ')

/** What the mock says to a prompt: always the same, and to another prompt something else. */
export function answerTo(prompt: string): string {
  const digest = createHash('sha256').update(prompt).digest()
  const words = Array.from({ length: 18 }, (_, index) => WORDS[(digest[index] ?? 0) % WORDS.length])
  return `${words.join(' ')} (${digest.toString('hex').slice(0, 8)}).`
}

/** A model vendor that speaks OpenAI's dialect, streams word by word with a pause before each, and charges a token a word. */
export async function startMockModel(options: { chunkDelay?: number; port?: number } = {}): Promise<MockModel> {
  const { chunkDelay = 10 } = options
  let requests = 0
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', chunk => (text += chunk))
    request.on('end', () => {
      if (!request.url?.endsWith('/chat/completions')) return sendJson(response, { object: 'list', data: [] })
      requests++
      const { messages, model, stream } = JSON.parse(text)
      const answer = answerTo(textOf(messages.at(-1)?.content))
      const head = { id: 'chatcmpl-mock', created: 1_760_000_000, model }
      const words = answer.split(' ')
      const usage = { prompt_tokens: 5, completion_tokens: words.length, total_tokens: 5 + words.length }
      if (!stream) {
        const choice = { index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' }
        return sendJson(response, { ...head, object: 'chat.completion', choices: [choice], usage })
      }
      const chunks = words.map((word, index) => ({ delta: { content: index ? ` ${word}` : word }, finish_reason: null }))
      void streamChunks(response, [...chunks, { delta: {}, finish_reason: 'stop' }], { ...head, object: 'chat.completion.chunk' }, usage)
    })
  })
  async function streamChunks(response: ServerResponse, choices: object[], head: object, usage: object): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const choice of choices) {
      await sleep(chunkDelay)
      if (response.destroyed) return
      response.write(`data: ${JSON.stringify({ ...head, choices: [{ index: 0, ...choice }] })}\n\n`)
    }
    response.end(`data: ${JSON.stringify({ ...head, choices: [], usage })}\n\ndata: [DONE]\n\n`)
  }
  await new Promise<void>(done => server.listen(options.port ?? 0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map(part => part.text ?? '').join('') : ''
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
