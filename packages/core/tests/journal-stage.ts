import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Value, ValueMap } from '@weft/contracts'
import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'

export const FIXTURES = join(import.meta.dirname, 'fixtures')
const PROVIDER = 'langgenius/openai_api_compatible/openai_api_compatible'

/** A run as it was recorded: all that a process needs to take it over, and what it came to. */
export interface RecordedRun {
  graph: Value
  /** The run's row: `context`, and the columns that the recorder does not make anew. */
  row: Record<string, unknown> & { context: string }
  events: ({ type: string; execution?: string } & Record<string, unknown>)[]
  outcome: { status: string; outputs: ValueMap | null; answer: string | null; variables: ValueMap }
}

/** What stands for the address of the world outside in recorded runs. */
export const OUTSIDE = 'http://outside.test'

export const appNames = (): string[] =>
  readdirSync(join(FIXTURES, 'apps'))
    .map(file => file.replace(/\.yml$/, ''))
    .sort()

export const recordedRun = (name: string): string => readFileSync(join(FIXTURES, 'journals', `${name}.json`), 'utf8')

/** A platform with a model and a server to call, which always say the same to the same. */
export interface Stage extends AsyncDisposable {
  platform: TestPlatform
  owner: TestMember
  outside: string
  /** How often each path was asked for, by idempotency key. */
  requests: Map<string, number>
  /** Paths that get no answer. */
  silent: Set<string>
  /** Imports the app of a fixture and publishes it. */
  install(name: string): Promise<{ id: string; key: string }>
}

export async function setStage(): Promise<Stage> {
  await using resources = new AsyncDisposableStack()
  const requests = new Map<string, number>()
  const silent = new Set<string>()
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (request.url?.endsWith('/chat/completions')) {
      if (!JSON.parse(body).stream) {
        const choice = { index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'chatcmpl', choices: [choice] }))
        return
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const chunk of chunksOf(JSON.parse(body))) response.write(`data: ${JSON.stringify(chunk)}\n\n`)
      response.end('data: [DONE]\n\n')
      return
    }
    const key = String(request.headers['x-idempotency-key'])
    requests.set(key, (requests.get(key) ?? 0) + 1)
    if (silent.has(request.url ?? '')) return
    response.writeHead(request.url === '/broken' ? 503 : 200, { 'content-type': 'text/plain' }).end(`done ${request.url}`)
  })
  resources.defer(() => {
    server.closeAllConnections()
    return new Promise<void>(done => server.close(() => done()))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const outside = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const platform = resources.use(await createTestPlatform({ environment: { SSRF_ALLOWED_TARGETS: '127.0.0.1' } }))
  const owner = await platform.owner()
  const credentials = { endpoint_url: `${outside}/v1`, api_key: 'sk', mode: 'chat', context_size: '8192', max_tokens_to_sample: '4096' }
  const model = { model: 'mock-chat', model_type: 'llm', credentials, name: 'mock' }
  const added = await owner.call('POST', `/workspaces/current/model-providers/${PROVIDER}/models/credentials`, model)
  if (added.status >= 300) throw new Error(`the model was refused: ${added.text}`)
  resources.defer(() => platform.platform.runs.service.close())
  const owned = resources.move()
  return {
    platform,
    owner,
    outside,
    requests,
    silent,
    async install(name) {
      const yaml = readFileSync(join(FIXTURES, 'apps', `${name}.yml`), 'utf8').replaceAll('%%OUTSIDE%%', outside)
      const { body: imported, text } = await owner.call('POST', '/apps/imports', { mode: 'yaml-content', yaml_content: yaml })
      if (!imported?.app_id) throw new Error(`${name} was refused: ${text}`)
      await owner.call('POST', `/apps/${imported.app_id}/workflows/publish`, {})
      const { body: key } = await owner.call('POST', `/apps/${imported.app_id}/api-keys`, {})
      return { id: imported.app_id, key: key.token }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function chunksOf({ messages, model }: { messages: { content: unknown }[]; model: string }): object[] {
  const digest = createHash('sha256').update(JSON.stringify(messages)).digest('hex')
  const pieces = ['The ', 'tide ', 'said ', `${digest.slice(0, 12)}.`]
  const head = { id: 'chatcmpl', object: 'chat.completion.chunk', created: 1_760_000_000, model }
  return [
    ...pieces.map(content => ({ ...head, choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...head, choices: [], usage: { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 } },
  ]
}
