import { generateKeyPairSync } from 'node:crypto'
import type { ModelCall, ModelCredentials, ModelEvent, ModelProvider, ModelRequest } from '@weft/ports'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadModelProviders } from '../src/index.ts'
import { type Answer, json, startServer } from './openai-server.ts'
import type { Wire } from './wire.ts'
import * as wires from './wire.ts'

/** How each vendor's language models are reached, and how it says that a prompt is too long or a model unknown. */
interface VendorCase {
  id: string
  model: string
  credentials: ModelCredentials
  wire: Wire
  /** Where the request has to arrive. */
  at: string
  /** A header that has to carry the key. */
  key?: [name: string, value: string | RegExp]
  tooLong: string
  unknown: [status: number, message: string]
  /** Its 200s carry failures: neither `Retry-After` nor a status of its own reaches us. */
  hidesStatus?: boolean
  /** Does not always say why an answer ended. */
  isLenient?: boolean
}

const OPENAI_LONG = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
const OPENAI_UNKNOWN: [number, string] = [404, 'The model `m` does not exist or you do not have access to it.']
const bearer: [string, string] = ['authorization', 'Bearer sk-test']
const api_key = 'sk-test'
const about = { mode: 'chat', context_size: '8192' }

const dialect = (id: string, model: string, at: string, more: Partial<VendorCase> = {}): VendorCase => ({
  id,
  model,
  at,
  credentials: { api_key },
  wire: wires.openai,
  key: bearer,
  tooLong: OPENAI_LONG,
  unknown: OPENAI_UNKNOWN,
  ...more,
})

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const account = { client_email: 'a@b', private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }), private_key_id: 'k1' }
const vertex = {
  vertex_project_id: 'p1',
  vertex_location: 'us-central1',
  vertex_service_account_key: Buffer.from(JSON.stringify(account)).toString('base64'),
}
const aws = { auth_method: 'Access_Secret_Key', aws_access_key_id: 'AKIA1', aws_secret_access_key: 's', aws_region: 'us-east-1' }
const azure = { openai_api_base: 'https://example.openai.azure.com', openai_api_key: 'sk-test', base_model_name: 'gpt-4o' }

const CLAUDE_LONG = 'prompt is too long: 210000 tokens > 200000 maximum'
const GOOGLE_LONG = 'The input token count (1048600) exceeds the maximum number of tokens allowed (1048576).'

const CASES: Record<string, VendorCase> = {
  OpenAI: dialect('langgenius/openai/openai', 'gpt-4o', 'api.openai.com/v1/chat/completions', { credentials: { openai_api_key: api_key } }),
  'OpenAI, Responses': dialect('langgenius/openai/openai', 'gpt-5', 'api.openai.com/v1/responses', {
    credentials: { openai_api_key: api_key, api_protocol: 'responses' },
    wire: wires.responses,
    tooLong: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
  }),
  'Azure OpenAI': dialect(
    'langgenius/azure_openai/azure_openai',
    'my-deployment',
    'example.openai.azure.com/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21',
    {
      credentials: { ...azure, openai_api_version: '2024-10-21' },
      key: ['api-key', 'sk-test'],
      unknown: [404, 'The API deployment for this resource does not exist.'],
      isLenient: true,
    },
  ),
  'Azure OpenAI, v1': dialect(
    'langgenius/azure_openai/azure_openai',
    'my-deployment',
    'example.openai.azure.com/openai/v1/chat/completions',
    {
      credentials: azure,
      key: ['api-key', 'sk-test'],
      unknown: [404, 'The API deployment for this resource does not exist.'],
      isLenient: true,
    },
  ),
  Anthropic: dialect('langgenius/anthropic/anthropic', 'claude-sonnet-4-5', 'api.anthropic.com/v1/messages', {
    credentials: { anthropic_api_key: api_key },
    wire: wires.anthropic,
    key: ['x-api-key', 'sk-test'],
    tooLong: CLAUDE_LONG,
    unknown: [404, 'model: m'],
  }),
  Gemini: dialect(
    'langgenius/gemini/google',
    'gemini-2.5-flash',
    'generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    {
      credentials: { google_api_key: api_key },
      wire: wires.google,
      key: ['x-goog-api-key', 'sk-test'],
      tooLong: GOOGLE_LONG,
      unknown: [404, 'models/m is not found for API version v1beta, or is not supported for generateContent.'],
    },
  ),
  'Vertex AI': dialect(
    'langgenius/vertex_ai/vertex_ai',
    'gemini-2.5-flash',
    'us-central1-aiplatform.googleapis.com/v1/projects/p1/locations/us-central1/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    {
      credentials: vertex,
      wire: wires.google,
      key: ['authorization', 'Bearer ya29'],
      tooLong: GOOGLE_LONG,
      unknown: [404, 'Publisher Model `m` was not found or your project does not have access to it.'],
    },
  ),
  'Vertex AI, Claude': dialect(
    'langgenius/vertex_ai/vertex_ai',
    'claude-sonnet-4-5@20250929',
    'us-central1-aiplatform.googleapis.com/v1/projects/p1/locations/us-central1/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict',
    {
      credentials: vertex,
      wire: wires.anthropic,
      key: ['authorization', 'Bearer ya29'],
      tooLong: CLAUDE_LONG,
      unknown: [404, 'Publisher Model `m` was not found or your project does not have access to it.'],
    },
  ),
  'Amazon Bedrock': dialect(
    'langgenius/bedrock/bedrock',
    'amazon.nova-lite-v1:0',
    'bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse-stream',
    {
      credentials: aws,
      wire: wires.bedrock,
      key: ['authorization', /^AWS4-HMAC-SHA256 Credential=AKIA1\//],
      tooLong: 'Input is too long for requested model.',
      unknown: [400, 'The provided model identifier is invalid.'],
    },
  ),
  'Amazon Bedrock, by API key and family': dialect(
    'langgenius/bedrock/bedrock',
    'anthropic claude',
    'bedrock-runtime.eu-west-1.amazonaws.com/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream',
    {
      credentials: { auth_method: 'API_Key', bedrock_api_key: api_key, aws_region: 'eu-west-1' },
      wire: wires.bedrock,
      tooLong: 'The model returned the following errors: Input is too long for requested model.',
      unknown: [400, 'The provided model identifier is invalid.'],
    },
  ),
  DeepSeek: dialect('langgenius/deepseek/deepseek', 'deepseek-v4-flash', 'api.deepseek.com/v1/chat/completions', {
    unknown: [400, 'Model Not Exist'],
  }),
  MistralAI: dialect('langgenius/mistralai/mistralai', 'mistral-small-latest', 'api.mistral.ai/v1/chat/completions', {
    wire: wires.mistral,
    tooLong: 'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    unknown: [400, 'Invalid model: m'],
  }),
  GroqCloud: dialect('langgenius/groq/groq', 'openai/gpt-oss-20b', 'api.groq.com/openai/v1/chat/completions', {
    tooLong: 'Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192 (context_length_exceeded)',
  }),
  xAI: dialect('langgenius/x/x', 'grok-4.3', 'api.x.ai/v1/chat/completions', {
    tooLong: "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    unknown: [404, 'The model m does not exist or your team does not have access to it.'],
  }),
  OpenRouter: dialect('langgenius/openrouter/openrouter', 'openai/gpt-4o-mini', 'openrouter.ai/api/v1/chat/completions', {
    tooLong: "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens.",
    unknown: [400, 'm is not a valid model ID'],
  }),
  'together.ai': dialect('langgenius/togetherai/togetherai', 'openai/gpt-oss-20b', 'api.together.xyz/v1/chat/completions', {
    credentials: { api_key, ...about },
    tooLong: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000. (context length exceeded)',
    unknown: [404, 'Unable to access model m. Please visit https://api.together.ai/models to view the list of supported models.'],
  }),
  'Fireworks AI': dialect(
    'langgenius/fireworks/fireworks',
    'accounts/fireworks/models/gpt-oss-20b',
    'api.fireworks.ai/inference/v1/chat/completions',
    {
      credentials: { fireworks_api_key: api_key },
      tooLong: 'The prompt is too long: 9000, model maximum context length: 8191',
      unknown: [404, 'Model not found, inaccessible, and/or not deployed'],
    },
  ),
  Perplexity: dialect('langgenius/perplexity/perplexity', 'sonar', 'api.perplexity.ai/chat/completions', {
    unknown: [400, "Invalid model 'm'. Permitted models can be found in the documentation."],
  }),
  Cohere: dialect('langgenius/cohere/cohere', 'command-a-03-2025', 'api.cohere.com/v2/chat', {
    wire: wires.cohere,
    tooLong: 'too many tokens: size limit exceeded by 1000 tokens. Try using shorter or fewer inputs.',
    unknown: [404, "model 'm' not found, make sure the correct model ID was used and that you have access to the model."],
  }),
  Ollama: dialect('langgenius/ollama/ollama', 'llama3', 'ollama.test:11434/api/chat', {
    credentials: { base_url: 'http://ollama.test:11434', api_key, ...about, function_call_support: 'true' },
    wire: wires.ollama,
    tooLong: 'input length exceeds maximum context length',
    unknown: [404, "model 'm' not found"],
  }),
  'LM Studio': dialect('langgenius/lm_studio/lm_studio', 'llama3', 'lm.test:1234/v1/chat/completions', {
    credentials: { endpoint_url: 'http://lm.test:1234/v1/', api_key, ...about },
    isLenient: true,
  }),
  vLLM: dialect('langgenius/vllm/vllm', 'llama3', 'vllm.test:8000/v1/chat/completions', {
    credentials: { endpoint_url: 'http://vllm.test:8000/v1', api_key, ...about },
    isLenient: true,
  }),
  LocalAI: dialect('langgenius/localai/localai', 'llama3', 'localai.test:8080/v1/chat/completions', {
    credentials: { server_url: 'http://localai.test:8080', completion_type: 'chat_completion' },
    key: undefined,
    isLenient: true,
  }),
  Xinference: dialect('langgenius/xinference/xinference', 'llama3', 'xin.test:9997/v1/chat/completions', {
    credentials: { server_url: 'http://xin.test:9997/', model_uid: 'uid-1', api_key },
    unknown: [400, 'Model not found, uid: uid-1'],
    isLenient: true,
  }),
  'NVIDIA API Catalog': dialect('langgenius/nvidia/nvidia', 'meta/llama-3.1-8b-instruct', 'integrate.api.nvidia.com/v1/chat/completions', {
    unknown: [404, 'The model `m` does not exist.'],
  }),
  'NVIDIA NIM': dialect('langgenius/nvidia_nim/nvidia_nim', 'meta/llama', 'nim.test:8000/v1/chat/completions', {
    credentials: { endpoint_url: 'http://nim.test:8000/v1', ...about },
    key: undefined,
    isLenient: true,
  }),
  Tongyi: dialect('langgenius/tongyi/tongyi', 'qwen-plus', 'dashscope.aliyuncs.com/compatible-mode/v1/chat/completions', {
    credentials: { dashscope_api_key: api_key, use_international_endpoint: 'false' },
    tooLong: 'Range of input length should be [1, 129024]',
    unknown: [404, 'The model `m` does not exist or you do not have access to it.'],
  }),
  'ZHIPU AI': dialect('langgenius/zhipuai/zhipuai', 'glm-4.5-flash', 'open.bigmodel.cn/api/paas/v4/chat/completions', {
    tooLong: 'Prompt 超长。 输入内容过长，请精简 Prompt',
    unknown: [400, '模型不存在，请检查模型代码。'],
  }),
  Moonshot: dialect('langgenius/moonshot/moonshot', 'kimi-k2.5', 'api.moonshot.cn/v1/chat/completions', {
    tooLong: 'Invalid request: Your request exceeded model token limit: 8192 (context_length_exceeded)',
    unknown: [404, 'Not found the model m or Permission denied'],
  }),
  Minimax: dialect('langgenius/minimax/minimax', 'minimax-m2', 'api.minimaxi.com/v1/chat/completions', {
    credentials: { minimax_api_key: api_key, minimax_group_id: 'g1' },
    wire: wires.minimax,
    tooLong: 'invalid params, context window exceeds limit',
    unknown: [400, "invalid params, unknown model 'm'"],
    hidesStatus: true,
  }),
  'Volcengine Ark': dialect('langgenius/volcengine_maas/volcengine_maas', 'doubao', 'ark.cn-beijing.volces.com/api/v3/chat/completions', {
    credentials: { auth_method: 'api_key', volc_api_key: api_key, endpoint_id: 'ep-1', base_model_name: 'Doubao-Seed-1.6' },
    tooLong: 'Total tokens of image and text exceed max message tokens. Request exceeds the maximum context length',
    unknown: [404, 'The model or endpoint ep-1 does not exist or you do not have access to it.'],
  }),
  SiliconFlow: dialect('langgenius/siliconflow/siliconflow', 'Qwen/Qwen3-8B', 'api.siliconflow.cn/v1/chat/completions', {
    tooLong: 'length of prompt_tokens (9000) must be less than max_seq_len (8192). maximum context exceeded: context_length',
    unknown: [400, 'Model does not exist. Please check it carefully.'],
  }),
  Hunyuan: dialect('langgenius/hunyuan/hunyuan', 'hunyuan-turbo', 'hunyuan.tencentcloudapi.com/', {
    credentials: { secret_id: 'id', secret_key: 'key' },
    wire: wires.hunyuan,
    key: [
      'authorization',
      /^TC3-HMAC-SHA256 Credential=id\/\d{4}-\d\d-\d\d\/hunyuan\/tc3_request, SignedHeaders=content-type;host;x-tc-action/,
    ],
    tooLong: 'total message token length exceed limit',
    unknown: [400, 'unknown model: m'],
    hidesStatus: true,
  }),
  WenXin: dialect('langgenius/wenxin/wenxin', 'ernie-4.0-8k', 'qianfan.baidubce.com/v2/chat/completions', {
    tooLong: 'the length of messages exceeds the max input tokens, prompt is too long',
    unknown: [404, 'The model does not exist or you do not have access to it.'],
  }),
  Stepfun: dialect('langgenius/stepfun/stepfun', 'step-3.5-flash', 'api.stepfun.com/v1/chat/completions', {
    unknown: [404, 'model m not found'],
  }),
  '01.AI': dialect('langgenius/yi/yi', 'yi-large', 'api.lingyiwanwu.com/v1/chat/completions'),
}

let origin = ''
const pauses: number[] = []
let providers: ModelProvider[]

/** Takes what goes out to the fixture server, and tells it where it was meant to go. */
const gate: typeof fetch = (url, init) => {
  const { host, pathname, search } = new URL(url instanceof Request ? url.url : url)
  const headers = new Headers(init?.headers)
  headers.set('x-meant-for', `${host}${pathname}${search}`)
  return fetch(`${origin}${pathname}${search}`, { ...init, headers })
}

beforeAll(async () => {
  providers = await loadModelProviders({ fetch: gate, sleep: async milliseconds => void pauses.push(milliseconds) })
})

const providerOf = (id: string) => providers.find(({ declaration }) => declaration.provider === id) as ModelProvider

/** A server that plays the vendor; a token for Google's is given out beside. */
async function play(...answers: Answer[]) {
  let turn = 0
  const server = await startServer((response, request) => {
    if (request.path === '/token') return json({ access_token: 'ya29', expires_in: 3600 })(response, request)
    return answers[Math.min(turn++, answers.length - 1)]?.(response, request)
  })
  origin = new URL(server.url).origin
  pauses.length = 0
  return { ...server, asked: () => server.requests.filter(({ path }) => path !== '/token') }
}

const ask = (extra: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ],
  parameters: {},
  ...extra,
})

const callOf = ({ model, credentials }: VendorCase, type: ModelCall['type'] = 'llm'): ModelCall => ({ type, model, credentials })
const collect = (vendor: VendorCase, request = ask()) => Array.fromAsync(providerOf(vendor.id).stream(callOf(vendor), request))

describe.each(Object.entries(CASES))('%s', (_name, vendor) => {
  const { wire } = vendor

  it('streams an answer with its count', async () => {
    await using server = await play(wire.hello)
    const all = await collect(vendor, ask({ parameters: { temperature: 0.5, max_tokens: 100 } }))
    expect(all.slice(0, -1)).toEqual([
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
    ])
    expect(all.at(-1)).toMatchObject({ type: 'finish', usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } })
    const [request] = server.asked()
    expect(request?.headers['x-meant-for']).toBe(vendor.at)
    if (vendor.key) expect(request?.headers[vendor.key[0]]).toMatch(vendor.key[1])
    expect(JSON.stringify(request?.body)).toContain('Be brief.')
  })

  it('calls tools', async () => {
    await using server = await play(wire.toolCall)
    const parameters = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }
    const messages: ModelRequest['messages'] = [
      { role: 'user', content: 'Add' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'call_0', name: 'add', arguments: '{"a":7}' }] },
      { role: 'tool', toolCallId: 'call_0', toolName: 'add', content: 'seven' },
    ]
    const all = await collect(vendor, ask({ messages, tools: [{ name: 'add', description: 'Adds one.', parameters }] }))
    const calls = all.filter(event => event.type === 'tool-call')
    expect(calls).toHaveLength(1)
    expect(calls[0]?.call.name).toBe('add')
    expect(JSON.parse(calls[0]?.call.arguments ?? '')).toEqual({ a: 1 })
    expect(all.at(-1)).toMatchObject({ type: 'finish' })
    const sent = JSON.stringify(server.asked()[0]?.body)
    expect(sent).toContain('Adds one.')
    expect(sent).toContain('seven')
  })

  it('says what to do about a wrong key', async () => {
    await using server = await play(wire.failure(401, 'no such key'))
    await expect(collect(vendor)).rejects.toMatchObject({
      name: 'ModelError',
      code: 'credentials-invalid',
      message: expect.stringMatching(/no such key.*Check the credentials/),
    })
    expect(server.asked()).toHaveLength(1)
    await expect(providerOf(vendor.id).validateModel(callOf(vendor))).rejects.toMatchObject({ code: 'credentials-invalid' })
    if (providerOf(vendor.id).declaration.provider_credential_schema)
      await expect(providerOf(vendor.id).validateProvider(vendor.credentials)).rejects.toMatchObject({ code: 'credentials-invalid' })
  })

  it('says what to do about a model that is not there', async () => {
    await using _server = await play(wire.failure(...vendor.unknown))
    await expect(collect(vendor)).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringContaining("Check the model's name"),
    })
  })

  it('says what to do about a prompt that is too long', async () => {
    await using _server = await play(wire.failure(400, vendor.tooLong))
    await expect(collect(vendor)).rejects.toMatchObject({
      code: 'context-length-exceeded',
      message: expect.stringContaining('Shorten prompt'),
    })
  })

  it('waits as a 429 asks, and goes on', async () => {
    await using server = await play(wire.failure(429, 'slow down', { 'retry-after': '2' }), wire.hello)
    expect((await collect(vendor)).at(-1)).toMatchObject({ type: 'finish' })
    expect(server.asked()).toHaveLength(2)
    if (!vendor.hidesStatus) expect(pauses).toEqual([2000])
  })

  it('gives up after three times 500, saying so', async () => {
    await using server = await play(wire.failure(500, 'broken'))
    await expect(collect(vendor)).rejects.toMatchObject({
      code: 'server-unavailable',
      message: expect.stringMatching(/broken.*try again later/),
    })
    expect(server.asked()).toHaveLength(3)
  })

  it.each(['cut', 'unfinished'] as const)('tells an answer that was %s from a whole one', async way => {
    if (way === 'unfinished' && vendor.isLenient) return
    await using server = await play(wire[way])
    const seen: ModelEvent[] = []
    const reading = (async () => {
      for await (const event of providerOf(vendor.id).stream(callOf(vendor), ask())) seen.push(event)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'stream-broken', message: expect.stringContaining('run it again') })
    expect(seen).toEqual([{ type: 'text', text: 'Hel' }])
    expect(server.asked()).toHaveLength(1)
  })

  it('passes on what a vendor says inside a stream', async () => {
    if (!wire.overloaded) return
    await using _server = await play(wire.overloaded)
    await expect(collect(vendor)).rejects.toMatchObject({ code: 'server-unavailable', message: expect.stringMatching(/overloaded/i) })
  })

  it('takes credentials that work', async () => {
    const pong = json({ object: 'chat.completion', choices: [{ index: 0, message: { content: 'pong' }, finish_reason: 'stop' }] })
    const tencent = json({ Response: { Choices: [{ Message: { Content: 'pong' }, FinishReason: 'stop' }] } })
    await using _server = await play((response, request) => {
      const isStreamed = request.body?.stream || wire === wires.google || wire === wires.bedrock || wire === wires.ollama
      const once = wire === wires.hunyuan ? tencent : pong
      return (isStreamed ? wire.hello : once)(response, request)
    })
    await providerOf(vendor.id).validateModel(callOf(vendor))
  })
})
