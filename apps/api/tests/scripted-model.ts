import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { TestMember } from '@weft/testkit/platform'

export interface ScriptedModel extends AsyncDisposable {
  /** What `SSRF_ALLOWED_TARGETS` has to let through. */
  target: string
  /** The messages of every request so far, oldest first. */
  heard: { role: string; content: string }[][]
  /** Gives a workspace the model `scripted`, as its default too. */
  giveTo(member: TestMember): Promise<void>
}

const PROVIDER = 'langgenius/openai_api_compatible/openai_api_compatible'

/**
 * A vendor that does what the question says: `[fail]` is refused, `[slow]` pauses between words, `[say …]` is said, without its
 * tildes; anything else is echoed. It names conversations "Talk of tides" and suggests three questions.
 */
export async function startScriptedModel(): Promise<ScriptedModel> {
  const heard: ScriptedModel['heard'] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { messages, stream } = JSON.parse(text)
    heard.push(messages)
    const question = String(messages.at(-1).content)
    response.on('error', () => {})
    if (question.includes('[fail]')) {
      return response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"The model has sunk."}}')
    }
    const answer = answerTo(question)
    if (stream) return streamAnswer(response, answer, question.includes('[slow]') ? 40 : 0)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ object: 'chat.completion', choices: [{ message: { role: 'assistant', content: answer } }] }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    target,
    heard,
    async giveTo(member) {
      const model = { model: 'scripted', model_type: 'llm' }
      const credentials = { endpoint_url: `http://${target}/v1`, api_key: 'sk-scripted', context_size: '8192', mode: 'chat' }
      const path = '/workspaces/current'
      await member.call('POST', `${path}/model-providers/${PROVIDER}/models/credentials`, { ...model, credentials })
      await member.call('POST', `${path}/default-model`, { model_settings: [{ ...model, provider: PROVIDER }] })
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function answerTo(question: string): string {
  if (question.startsWith('Give the chat')) return '{"Your Output": "Talk of tides"}'
  if (question.includes('most likely questions')) return '["How high?", "How low?", "When?"]'
  return /\[say ([^\]]*)\]/.exec(question)?.[1]?.replaceAll('~', '') ?? `Echo: ${question}`
}

async function streamAnswer(response: ServerResponse, answer: string, pause: number) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (chunk: object) => response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', ...chunk })}\n\n`)
  for (const word of answer.match(/\S+\s*/g) ?? []) {
    if (pause) await setTimeout(pause)
    if (response.destroyed) return
    send({ choices: [{ index: 0, delta: { content: word }, finish_reason: null }] })
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } })
  response.end('data: [DONE]\n\n')
}
