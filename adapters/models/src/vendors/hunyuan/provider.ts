import type { ModelCall, ModelProvider } from '@weft/ports'
import { type CatalogueModel, outputOf } from '../../catalogue.ts'
import { secret, text } from '../../form.ts'
import { embedInBatches, type Fetch, type Json, postJson } from '../../http.ts'
import { dialectCalls } from '../../openai-dialect/dialect-vendor.ts'
import { endpointOf } from '../../openai-dialect/endpoint.ts'
import { maxTokens, rule, temperature, topP } from '../../parameter-rules.ts'
import { createVendor, type VendorDefinition, type VendorEnvironment } from '../../vendor.ts'
import { fromTencent, tencentStream, toTencent } from './dialect.ts'
import { signTencent } from './signature.ts'

const HOST = 'hunyuan.tencentcloudapi.com'

/** Tencent's API of signed requests: OpenAI's dialect, with other names for its members. */
export function createProvider(environment: VendorEnvironment): ModelProvider {
  const fetchFor = ({ credentials }: ModelCall): Fetch =>
    tencentFetch(environment.fetch, String(credentials.secret_id ?? ''), String(credentials.secret_key ?? ''))
  const reach = (call: ModelCall) => endpointOf(call, `https://${HOST}`, undefined, { asksForUsage: false, sendsUser: false })
  const callsOf = (call: ModelCall) => dialectCalls({ ...environment, fetch: fetchFor(call) }, reach, definition.types)
  return createVendor(environment, definition, {
    async *stream(call, request, model) {
      yield* callsOf(call).stream?.(call, request, model) ?? []
    },
    ping: async call => callsOf(call).ping?.(call),
    async embed(call, texts) {
      return embedInBatches(texts, 50, async InputList => {
        const answer = await postJson(fetchFor(call), `https://${HOST}/embeddings`, { InputList }, { signal: call.signal })
        const usage = answer.usage as { total_tokens?: number } | undefined
        return {
          vectors: ((answer.data ?? []) as { embedding: number[] }[]).map(({ embedding }) => embedding),
          tokens: usage?.total_tokens ?? 0,
        }
      })
    },
  })
}

const tools = ['tool-call', 'stream-tool-call']

const definition: VendorDefinition = {
  id: 'langgenius/hunyuan/hunyuan',
  label: 'Hunyuan',
  description: "Tencent's Hunyuan models.",
  colour: '#0052d9',
  help: 'https://console.cloud.tencent.com/cam/capi',
  types: ['llm', 'text-embedding'],
  providerForm: [secret('secret_id', 'Secret ID'), secret('secret_key', 'Secret Key')],
  models: [
    { model: 'hunyuan-turbos-latest', type: 'llm', features: tools, context: 32000, output: 16000 },
    { model: 'hunyuan-t1-latest', type: 'llm', features: ['agent-thought', ...tools], context: 32000, output: 64000 },
    { model: 'hunyuan-turbo-latest', type: 'llm', features: tools, context: 32000, output: 4000 },
    { model: 'hunyuan-turbo', type: 'llm', features: tools, context: 32000, output: 4000 },
    { model: 'hunyuan-large', type: 'llm', features: tools, context: 32000, output: 4000 },
    { model: 'hunyuan-large-longcontext', type: 'llm', context: 134000, output: 6000 },
    { model: 'hunyuan-standard', type: 'llm', context: 32000, output: 2000 },
    { model: 'hunyuan-standard-256K', type: 'llm', context: 256000, output: 6000 },
    { model: 'hunyuan-lite', type: 'llm', context: 256000, output: 6000 },
    { model: 'hunyuan-functioncall', type: 'llm', features: tools, context: 32000, output: 4000 },
    { model: 'hunyuan-vision', type: 'llm', features: ['vision'], context: 8000, output: 2000 },
    { model: 'hunyuan-turbo-vision', type: 'llm', features: ['vision'], context: 8000, output: 2000 },
    { model: 'hunyuan-text-embedding', type: 'text-embedding', context: 1024, batch: 50 },
  ],
  rules,
  probe: { model: 'hunyuan-lite' },
  hasUnlisted: true,
}

function rules(model: CatalogueModel) {
  return [
    temperature(2, 1),
    topP(),
    maxTokens(outputOf(model), 1024),
    rule('enable_enhance', text('Search the web', '功能增强'), 'boolean', { default: true }),
  ]
}

/** A fetch that takes requests of OpenAI's dialect to the one address of Tencent's, signed, and gives answers of the dialect back. */
function tencentFetch(fetch: Fetch, id: string, key: string): Fetch {
  return async (url, init) => {
    const action = String(url).endsWith('/embeddings') ? 'GetEmbedding' : 'ChatCompletions'
    const body = JSON.stringify(action === 'ChatCompletions' ? toTencent(JSON.parse(String(init?.body))) : JSON.parse(String(init?.body)))
    const headers = signTencent({
      host: HOST,
      service: 'hunyuan',
      action,
      version: '2023-09-01',
      body,
      id,
      key,
      time: Math.floor(Date.now() / 1000),
    })
    const response = await fetch(`https://${HOST}/`, { method: 'POST', headers, body, signal: init?.signal })
    if (response.headers.get('content-type')?.includes('event-stream')) {
      return new Response(response.body?.pipeThrough(tencentStream()), {
        status: response.status,
        headers: { 'content-type': 'text/event-stream' },
      })
    }
    if (!response.ok) return response
    const answer = fromTencent(((await response.json()) as { Response: Json }).Response) as { error?: { code: string; message: string } }
    const status = answer.error ? statusOf(answer.error.code) : response.status
    return new Response(JSON.stringify(answer), { status, headers: { 'content-type': 'application/json' } })
  }
}

/** Failures come with status 200. */
function statusOf(code: string): number {
  if (code.startsWith('AuthFailure') || code.startsWith('UnauthorizedOperation')) return 401
  if (code.includes('LimitExceeded')) return 429
  if (/ResourceInsufficient|ResourceUnavailable|InternalError/.test(code)) return 500
  return 400
}
