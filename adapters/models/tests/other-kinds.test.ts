import { generateKeyPairSync } from 'node:crypto'
import type { ModelCredentials, ModelProvider, ModelRequest } from '@weft/ports'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadModelProviders } from '../src/index.ts'
import { type Answer, chunk, events, json, startServer, usageChunk } from './openai-server.ts'
import * as wires from './wire.ts'

let origin = ''
let providers: ModelProvider[]
const gate: typeof fetch = (url, init) => {
  const { host, pathname, search } = new URL(url instanceof Request ? url.url : url)
  const headers = new Headers(init?.headers)
  headers.set('x-meant-for', `${host}${pathname}${search}`)
  return fetch(`${origin}${pathname}${search}`, { ...init, headers })
}

beforeAll(async () => {
  providers = await loadModelProviders({ fetch: gate, sleep: async () => undefined })
})

async function play(answer: Answer) {
  const server = await startServer(answer)
  origin = new URL(server.url).origin
  return server
}

const providerOf = (id: string) => providers.find(({ declaration }) => declaration.provider === `langgenius/${id}`) as ModelProvider

interface KindCase {
  id: string
  model: string
  credentials: ModelCredentials
  at: string
  answer?: Answer
  /** Part of the body that has to go out. */
  sends?: object
}

const api_key = 'sk-test'
const aws = { auth_method: 'API_Key', bedrock_api_key: api_key, aws_region: 'us-east-1' }
const embedding = wires.openai.embedding as Answer

describe('embedding', () => {
  it.each<KindCase>([
    { id: 'openai/openai', model: 'text-embedding-3-small', credentials: { openai_api_key: api_key }, at: 'api.openai.com/v1/embeddings' },
    {
      id: 'azure_openai/azure_openai',
      model: 'emb',
      credentials: { openai_api_base: 'https://a.test', openai_api_key: api_key, openai_api_version: '2024-10-21' },
      at: 'a.test/openai/deployments/emb/embeddings?api-version=2024-10-21',
    },
    {
      id: 'gemini/google',
      model: 'gemini-embedding-001',
      credentials: { google_api_key: api_key },
      at: 'generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents',
      answer: wires.google.embedding,
      sends: { requests: [{ taskType: 'RETRIEVAL_QUERY' }] },
    },
    {
      id: 'bedrock/bedrock',
      model: 'amazon.titan-embed-text-v2:0',
      credentials: aws,
      at: 'bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke',
      answer: json({ embedding: [1, 2], inputTextTokenCount: 4 }),
      sends: { inputText: 'cloth' },
    },
    {
      id: 'cohere/cohere',
      model: 'embed-v4.0',
      credentials: { api_key },
      at: 'api.cohere.com/v2/embed',
      answer: wires.cohere.embedding,
      sends: { input_type: 'search_query', texts: ['cloth'] },
    },
    {
      id: 'jina/jina',
      model: 'jina-embeddings-v3',
      credentials: { api_key },
      at: 'api.jina.ai/v1/embeddings',
      sends: { task: 'retrieval.query' },
    },
    {
      id: 'voyage/voyage',
      model: 'voyage-3.5',
      credentials: { api_key, output_dimension: '512' },
      at: 'api.voyageai.com/v1/embeddings',
      answer: json({
        object: 'list',
        data: [{ object: 'embedding', embedding: [1, 2], index: 0 }],
        model: 'm',
        usage: { total_tokens: 4 },
      }),
      sends: { input_type: 'query', output_dimension: 512 },
    },
    { id: 'mistralai/mistralai', model: 'mistral-embed', credentials: { api_key }, at: 'api.mistral.ai/v1/embeddings' },
    {
      id: 'nvidia/nvidia',
      model: 'nvidia/nv-embedqa-e5-v5',
      credentials: { api_key },
      at: 'integrate.api.nvidia.com/v1/embeddings',
      sends: { input_type: 'query', truncate: 'END' },
    },
    {
      id: 'ollama/ollama',
      model: 'nomic',
      credentials: { base_url: 'http://o.test:11434' },
      at: 'o.test:11434/api/embed',
      answer: wires.ollama.embedding,
    },
    {
      id: 'huggingface_tei/huggingface_tei',
      model: 'bge',
      credentials: { server_url: 'http://tei.test:8080' },
      at: 'tei.test:8080/v1/embeddings',
    },
    {
      id: 'xinference/xinference',
      model: 'bge',
      credentials: { server_url: 'http://x.test:9997', model_uid: 'u1' },
      at: 'x.test:9997/v1/embeddings',
      sends: { model: 'u1' },
    },
    { id: 'localai/localai', model: 'bge', credentials: { server_url: 'http://l.test:8080' }, at: 'l.test:8080/v1/embeddings' },
    {
      id: 'tongyi/tongyi',
      model: 'text-embedding-v4',
      credentials: { dashscope_api_key: api_key, use_international_endpoint: 'true' },
      at: 'dashscope-intl.aliyuncs.com/compatible-mode/v1/embeddings',
    },
    { id: 'zhipuai/zhipuai', model: 'embedding-3', credentials: { api_key }, at: 'open.bigmodel.cn/api/paas/v4/embeddings' },
    {
      id: 'minimax/minimax',
      model: 'embo-01',
      credentials: { minimax_api_key: api_key, minimax_group_id: 'g1' },
      at: 'api.minimaxi.com/v1/embeddings?GroupId=g1',
      answer: wires.minimax.embedding,
      sends: { texts: ['cloth'], type: 'query' },
    },
    { id: 'siliconflow/siliconflow', model: 'BAAI/bge-m3', credentials: { api_key }, at: 'api.siliconflow.cn/v1/embeddings' },
    {
      id: 'hunyuan/hunyuan',
      model: 'hunyuan-text-embedding',
      credentials: { secret_id: 'i', secret_key: 'k' },
      at: 'hunyuan.tencentcloudapi.com/',
      answer: wires.hunyuan.embedding,
      sends: { InputList: ['cloth'] },
    },
    { id: 'wenxin/wenxin', model: 'embedding-v1', credentials: { api_key }, at: 'qianfan.baidubce.com/v2/embeddings' },
    { id: 'togetherai/togetherai', model: 'BAAI/bge-base-en-v1.5', credentials: { api_key }, at: 'api.together.xyz/v1/embeddings' },
    {
      id: 'fireworks/fireworks',
      model: 'nomic-ai/nomic-embed-text-v1.5',
      credentials: { fireworks_api_key: api_key },
      at: 'api.fireworks.ai/inference/v1/embeddings',
    },
    {
      id: 'openrouter/openrouter',
      model: 'openai/text-embedding-3-small',
      credentials: { api_key },
      at: 'openrouter.ai/api/v1/embeddings',
    },
    {
      id: 'volcengine_maas/volcengine_maas',
      model: 'emb',
      credentials: { volc_api_key: api_key, endpoint_id: 'ep-1' },
      at: 'ark.cn-beijing.volces.com/api/v3/embeddings',
      sends: { model: 'ep-1' },
    },
  ])('by $id', async ({ id, model, credentials, at, answer = embedding, sends = { input: ['cloth'] } }) => {
    await using server = await play(answer)
    const call = { type: 'text-embedding', model, credentials, purpose: 'query' } as const
    expect((await providerOf(id).embed?.(call, ['cloth']))?.vectors).toEqual([[1, 2]])
    expect(server.requests[0]?.headers['x-meant-for']).toBe(at)
    expect(server.requests[0]?.body).toMatchObject(sends)
  })
})

describe('reranking', () => {
  const results = json({
    results: [
      { index: 0, relevance_score: 0.1 },
      { index: 1, relevance_score: 0.9 },
    ],
  })
  it.each<KindCase>([
    {
      id: 'cohere/cohere',
      model: 'rerank-v3.5',
      credentials: { api_key },
      at: 'api.cohere.com/v2/rerank',
      answer: json({ results: [{ index: 1, relevance_score: 0.9 }] }),
    },
    {
      id: 'jina/jina',
      model: 'jina-reranker-v3',
      credentials: { api_key },
      at: 'api.jina.ai/v1/rerank',
      sends: { documents: ['a', 'b'], top_n: 1 },
    },
    {
      id: 'voyage/voyage',
      model: 'rerank-2.5',
      credentials: { api_key },
      at: 'api.voyageai.com/v1/rerank',
      answer: json({ data: [{ index: 1, relevance_score: 0.9 }] }),
      sends: { top_k: 1 },
    },
    {
      id: 'huggingface_tei/huggingface_tei',
      model: 'bge',
      credentials: { server_url: 'http://tei.test:8080' },
      at: 'tei.test:8080/rerank',
      answer: json([
        { index: 1, score: 0.9 },
        { index: 0, score: 0.1 },
      ]),
      sends: { query: 'q', texts: ['a', 'b'] },
    },
    {
      id: 'nvidia/nvidia',
      model: 'nvidia/llama-3.2-nv-rerankqa-1b-v2',
      credentials: { api_key },
      at: 'ai.api.nvidia.com/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking',
      answer: json({
        rankings: [
          { index: 1, logit: 3 },
          { index: 0, logit: -3 },
        ],
      }),
      sends: { query: { text: 'q' }, passages: [{ text: 'a' }, { text: 'b' }] },
    },
    {
      id: 'tongyi/tongyi',
      model: 'gte-rerank-v2',
      credentials: { dashscope_api_key: api_key },
      at: 'dashscope.aliyuncs.com/api/v1/services/rerank/text-rerank/text-rerank',
      answer: json({ output: { results: [{ index: 1, relevance_score: 0.9 }] } }),
      sends: { input: { query: 'q', documents: ['a', 'b'] } },
    },
    {
      id: 'bedrock/bedrock',
      model: 'cohere.rerank-v3-5:0',
      credentials: aws,
      at: 'bedrock-agent-runtime.us-east-1.amazonaws.com/rerank',
      answer: json({ results: [{ index: 1, relevanceScore: 0.9 }] }),
    },
    { id: 'siliconflow/siliconflow', model: 'BAAI/bge-reranker-v2-m3', credentials: { api_key }, at: 'api.siliconflow.cn/v1/rerank' },
    { id: 'xinference/xinference', model: 'r', credentials: { server_url: 'http://x.test', model_uid: 'u' }, at: 'x.test/v1/rerank' },
    { id: 'localai/localai', model: 'r', credentials: { server_url: 'http://l.test' }, at: 'l.test/v1/rerank' },
    {
      id: 'wenxin/wenxin',
      model: 'bce-reranker-base',
      credentials: { api_key },
      at: 'qianfan.baidubce.com/v2/rerank',
      sends: { model: 'bce-reranker-base_v1' },
    },
    { id: 'zhipuai/zhipuai', model: 'rerank', credentials: { api_key }, at: 'open.bigmodel.cn/api/paas/v4/rerank' },
    { id: 'togetherai/togetherai', model: 'Salesforce/Llama-Rank-V1', credentials: { api_key }, at: 'api.together.xyz/v1/rerank' },
    {
      id: 'ollama/ollama',
      model: 'bge',
      credentials: { base_url: 'http://o.test' },
      at: 'o.test/api/embed',
      answer: json({
        embeddings: [
          [1, 0],
          [0, 1],
          [1, 0],
        ],
      }),
    },
  ])('by $id', async ({ id, model, credentials, at, answer = results, sends = {} }) => {
    await using server = await play(answer)
    const ranking = await providerOf(id).rerank?.({ type: 'rerank', model, credentials }, 'q', ['a', 'b'], 1)
    expect(ranking).toMatchObject([{ index: 1, score: expect.any(Number) }])
    expect(server.requests[0]?.headers['x-meant-for']).toBe(at)
    expect(server.requests[0]?.body).toMatchObject(sends)
  })
})

describe('speech', () => {
  const sound: Answer = response => void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end('sound')
  it.each<KindCase>([
    {
      id: 'openai/openai',
      model: 'tts-1',
      credentials: { openai_api_key: api_key },
      at: 'api.openai.com/v1/audio/speech',
      sends: { voice: 'nova' },
    },
    {
      id: 'azure_openai/azure_openai',
      model: 'tts',
      credentials: { openai_api_base: 'https://a.test', openai_api_key: api_key, openai_api_version: '2024-10-21' },
      at: 'a.test/openai/deployments/tts/audio/speech?api-version=2024-10-21',
      sends: { voice: 'nova' },
    },
    {
      id: 'groq/groq',
      model: 'canopylabs/orpheus-v1-english',
      credentials: { api_key },
      at: 'api.groq.com/openai/v1/audio/speech',
      sends: { voice: 'autumn' },
    },
    {
      id: 'siliconflow/siliconflow',
      model: 'FunAudioLLM/CosyVoice2-0.5B',
      credentials: { api_key },
      at: 'api.siliconflow.cn/v1/audio/speech',
      sends: { voice: 'FunAudioLLM/CosyVoice2-0.5B:alex' },
    },
    {
      id: 'minimax/minimax',
      model: 'speech-02-hd',
      credentials: { minimax_api_key: api_key, minimax_group_id: 'g1' },
      at: 'api.minimaxi.com/v1/t2a_v2?GroupId=g1',
      answer: json({ data: { audio: Buffer.from('sound').toString('hex') }, base_resp: { status_code: 0 } }),
    },
    {
      id: 'tongyi/tongyi',
      model: 'qwen3-tts-flash',
      credentials: { dashscope_api_key: api_key },
      at: 'dashscope.aliyuncs.com/api/v1/services/aigc/multimodal-generation/generation',
      answer: (response, request) =>
        request.path === '/a.wav'
          ? sound(response, request)
          : json({ output: { audio: { url: 'http://oss.test/a.wav' } } })(response, request),
    },
  ])('by $id', async ({ id, model, credentials, at, answer = sound, sends = {} }) => {
    await using server = await play(answer)
    const chunks = await Array.fromAsync(providerOf(id).speak?.({ type: 'tts', model, credentials }, 'Hi', 'nova') ?? [])
    expect(Buffer.concat(chunks).toString()).toBe('sound')
    expect(server.requests[0]?.headers['x-meant-for']).toBe(at)
    expect(server.requests[0]?.body).toMatchObject(sends)
  })
})

describe('transcription', () => {
  it.each<KindCase>([
    { id: 'openai/openai', model: 'whisper-1', credentials: { openai_api_key: api_key }, at: 'api.openai.com/v1/audio/transcriptions' },
    { id: 'groq/groq', model: 'whisper-large-v3', credentials: { api_key }, at: 'api.groq.com/openai/v1/audio/transcriptions' },
    { id: 'mistralai/mistralai', model: 'voxtral-mini-latest', credentials: { api_key }, at: 'api.mistral.ai/v1/audio/transcriptions' },
    {
      id: 'siliconflow/siliconflow',
      model: 'FunAudioLLM/SenseVoiceSmall',
      credentials: { api_key },
      at: 'api.siliconflow.cn/v1/audio/transcriptions',
    },
    {
      id: 'xinference/xinference',
      model: 'w',
      credentials: { server_url: 'http://x.test', model_uid: 'u' },
      at: 'x.test/v1/audio/transcriptions',
    },
    { id: 'localai/localai', model: 'w', credentials: { server_url: 'http://l.test' }, at: 'l.test/v1/audio/transcriptions' },
    {
      id: 'tongyi/tongyi',
      model: 'qwen3-asr-flash',
      credentials: { dashscope_api_key: api_key },
      at: 'dashscope.aliyuncs.com/compatible-mode/v1/chat/completions',
      answer: json({ choices: [{ message: { content: 'heard' } }] }),
    },
  ])('by $id', async ({ id, model, credentials, at, answer = json({ text: 'heard' }) }) => {
    await using server = await play(answer)
    const audio = { bytes: new Uint8Array([1]), filename: 'a.wav', mimeType: 'audio/wav' }
    expect(await providerOf(id).transcribe?.({ type: 'speech2text', model, credentials }, audio)).toBe('heard')
    expect(server.requests[0]?.headers['x-meant-for']).toBe(at)
  })
})

describe('moderation', () => {
  it.each<KindCase>([
    {
      id: 'openai/openai',
      model: 'omni-moderation-latest',
      credentials: { openai_api_key: api_key },
      at: 'api.openai.com/v1/moderations',
      answer: json({ results: [{ flagged: true, categories: {} }] }),
    },
    {
      id: 'mistralai/mistralai',
      model: 'mistral-moderation-latest',
      credentials: { api_key },
      at: 'api.mistral.ai/v1/moderations',
      answer: json({ results: [{ categories: { violence_and_threats: true, pii: false } }] }),
    },
  ])('by $id', async ({ id, model, credentials, at, answer = json({}) }) => {
    await using server = await play(answer)
    expect(await providerOf(id).moderate?.({ type: 'moderation', model, credentials }, 'bad')).toBe(true)
    expect(server.requests[0]?.headers['x-meant-for']).toBe(at)
  })
})

describe('what vendors declare', () => {
  it('has ids as Dify’s plugins have them, forms, and models each with what it needs', () => {
    expect(new Set(providers.map(({ declaration }) => declaration.provider)).size).toBe(providers.length)
    for (const { declaration, models } of providers) {
      expect(declaration.provider).toMatch(/^langgenius\/\w+\/\w+$/)
      expect(declaration.configurate_methods.length).toBeGreaterThan(0)
      for (const model of models) {
        expect(declaration.supported_model_types).toContain(model.model_type)
        if (model.model_type === 'llm') expect(model.parameter_rules.some(({ use_template }) => use_template === 'max_tokens')).toBe(true)
        if (model.pricing) for (const price of [model.pricing.input, model.pricing.output]) expect(price).toMatch(/^\d+(\.\d+)?$/)
      }
    }
  })

  it('prices calls by the catalogue', async () => {
    await using _server = await play(wires.openai.hello)
    const events = await Array.fromAsync(
      providerOf('openai/openai').stream(
        { type: 'llm', model: 'gpt-4o', credentials: { openai_api_key: api_key } },
        { messages: [{ role: 'user', content: 'Hi' }], parameters: {} },
      ),
    )
    expect(events.at(-1)).toMatchObject({
      usage: {
        prompt_unit_price: '2.5',
        completion_unit_price: '10',
        prompt_price_unit: '0.000001',
        total_price: '0.0000575',
        currency: 'USD',
      },
    })
  })

  it('reads what a custom model can from its form and from the model it is made of', () => {
    const described = providerOf('azure_openai/azure_openai').describe('llm', 'mine', { base_model_name: 'gpt-4o' })
    expect(described).toMatchObject({
      model: 'mine',
      fetch_from: 'customizable-model',
      pricing: { input: '2.5' },
      model_properties: { context_size: 128000 },
    })
    expect(described?.features).toContain('vision')
    expect(
      providerOf('ollama/ollama').describe('llm', 'x', { context_size: '999', vision_support: 'true', function_call_support: 'true' }),
    ).toMatchObject({
      features: ['multi-tool-call', 'vision'],
      model_properties: { context_size: 999 },
    })
  })

  it('takes models that no list has, and none of a kind that the vendor lacks', () => {
    expect(providerOf('deepseek/deepseek').unlisted?.('llm', 'deepseek-v9')).toMatchObject({ model: 'deepseek-v9' })
    expect(providerOf('minimax/minimax').unlisted?.('llm', 'minimax-m2')?.pricing).toMatchObject({ currency: 'USD' })
    expect(providerOf('vertex_ai/vertex_ai').unlisted?.('llm', 'claude-sonnet-4@20250514')?.features).toContain('vision')
    expect(providerOf('deepseek/deepseek').unlisted?.('tts', 'x')).toBeUndefined()
    expect(providerOf('azure_openai/azure_openai').unlisted?.('llm', 'x')).toBeUndefined()
  })
})

describe('parameters', () => {
  const bodyOf = async (id: string, model: string, credentials: ModelCredentials, parameters: object, wire: wires.Wire) => {
    await using server = await play(wire.hello)
    const call = { type: 'llm', model, credentials } as const
    await Array.fromAsync(providerOf(id).stream(call, { messages: [{ role: 'user', content: 'Hi' }], parameters: parameters as never }))
    return server.requests.at(-1)?.body
  }

  it('of thinking, search and caching reach Claude and Gemini in their own words', async () => {
    const claude = { thinking: true, thinking_budget: 2048, max_tokens: 4096, prompt_caching_message_flow: 0, service_tier: 'auto' }
    const body = await bodyOf('anthropic/anthropic', 'claude-sonnet-4-5', { anthropic_api_key: 'k' }, claude, wires.anthropic)
    expect(body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 2048 }, service_tier: 'auto' })
    expect(body).not.toHaveProperty('prompt_caching_message_flow')
    const gemini = { max_output_tokens: 99, include_thoughts: true, thinking_budget: 512, grounding: true, top_k: 4 }
    expect(await bodyOf('gemini/google', 'gemini-2.5-flash', { google_api_key: 'k' }, gemini, wires.google)).toMatchObject({
      generationConfig: { maxOutputTokens: 99, topK: 4, thinkingConfig: { includeThoughts: true, thinkingBudget: 512 } },
      tools: [{ google_search: {} }],
    })
  })

  it('of the context’s size reach Ollama, unknown ones too', async () => {
    const credentials = { base_url: 'http://o.test', context_size: '8192' }
    const body = await bodyOf(
      'ollama/ollama',
      'm',
      credentials,
      { num_ctx: 4096, num_predict: 9, mirostat: 1, think: true, format: 'json' },
      wires.ollama,
    )
    expect(body).toMatchObject({ think: true, format: 'json', options: { num_ctx: 4096, num_predict: 9, mirostat: 1 } })
  })

  it('switch thinking in each dialect’s own way', async () => {
    const on = { enable_thinking: true }
    expect(await bodyOf('tongyi/tongyi', 'qwen-plus', { dashscope_api_key: 'k' }, on, wires.openai)).toMatchObject({
      enable_thinking: true,
    })
    expect(await bodyOf('zhipuai/zhipuai', 'glm-4.6', { api_key }, on, wires.openai)).toMatchObject({ thinking: { type: 'enabled' } })
    expect(await bodyOf('vllm/vllm', 'm', { endpoint_url: 'http://v.test/v1' }, on, wires.openai)).toMatchObject({
      chat_template_kwargs: { enable_thinking: true },
    })
  })

  it('ask OpenAI’s newer API for effort and a schema', async () => {
    const parameters = {
      reasoning_effort: 'low',
      verbosity: 'low',
      response_format: 'json_schema',
      json_schema: '{"name":"x","schema":{"type":"object"}}',
    }
    const credentials = { openai_api_key: 'k', api_protocol: 'responses' }
    expect(await bodyOf('openai/openai', 'gpt-5', credentials, parameters, wires.responses)).toMatchObject({
      store: false,
      reasoning: { effort: 'low' },
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'x' } },
    })
  })
})

describe('ways in', () => {
  const stream = async (id: string, model: string, credentials: ModelCredentials, request: Partial<ModelRequest>, answer: Answer) => {
    await using server = await play(answer)
    const call = { type: 'llm', model, credentials } as const
    const events = await Array.fromAsync(
      providerOf(id).stream(call, { messages: [{ role: 'user', content: 'Hi' }], parameters: {}, ...request }),
    )
    return { events, requests: server.requests }
  }

  it('to Azure by a service principal, whose token is kept', async () => {
    const credentials = {
      openai_api_base: 'https://a.test/',
      auth_method: 'entra_id_service_principal',
      azure_client_id: 'c',
      azure_tenant_id: 't1',
      azure_client_secret: 's',
      base_model_name: 'gpt-4o',
    }
    const answer: Answer = (response, request) =>
      request.path.includes('/token')
        ? json({ access_token: 'entra', expires_in: 3600 })(response, request)
        : wires.openai.hello(response, request)
    const first = await stream('azure_openai/azure_openai', 'd', credentials, {}, answer)
    expect(first.requests.map(({ headers }) => headers['x-meant-for'])).toEqual([
      'login.microsoftonline.com/t1/oauth2/v2.0/token',
      'a.test/openai/v1/chat/completions',
    ])
    expect(first.requests[0]?.body).toContain('grant_type=client_credentials')
    expect(first.requests[1]?.headers.authorization).toBe('Bearer entra')
    expect((await stream('azure_openai/azure_openai', 'd', credentials, {}, answer)).requests).toHaveLength(1)
  })

  it('to Volcengine by an access key, which borrows a key for the endpoint', async () => {
    const credentials = {
      auth_method: 'aksk',
      volc_access_key_id: 'AK',
      volc_secret_access_key: 'SK',
      volc_region: 'cn-beijing',
      endpoint_id: 'ep-9',
    }
    const { requests } = await stream('volcengine_maas/volcengine_maas', 'x', credentials, {}, (response, request) =>
      (request.path.includes('GetApiKey') ? json({ Result: { ApiKey: 'lent' } }) : wires.openai.hello)(response, request),
    )
    expect(requests[0]?.body).toMatchObject({ ResourceType: 'endpoint', ResourceIds: ['ep-9'] })
    expect(requests[0]?.headers.authorization).toMatch(
      /^HMAC-SHA256 Credential=AK\/\d{8}\/cn-beijing\/ark\/request, SignedHeaders=.*Signature=[0-9a-f]{64}$/,
    )
    expect(requests[1]).toMatchObject({ headers: { authorization: 'Bearer lent' }, body: { model: 'ep-9' } })
  })

  it('to a family’s member on Bedrock, in the area that is asked for', async () => {
    const at = async (aws_region: string, parameters: object) => {
      const { requests } = await stream(
        'bedrock/bedrock',
        'anthropic claude',
        { ...aws, aws_region },
        { parameters: parameters as never },
        wires.bedrock.hello,
      )
      return decodeURIComponent(requests[0]?.path ?? '').split('/')[2]
    }
    const { events: priced } = await stream(
      'bedrock/bedrock',
      'anthropic claude',
      aws,
      { parameters: { model_name: 'Claude 4.5 Sonnet' } },
      wires.bedrock.hello,
    )
    expect(priced.at(-1)).toMatchObject({ usage: { prompt_unit_price: '3', completion_unit_price: '15' } })
    expect(await at('eu-west-1', { model_name: 'Claude 3 Haiku' })).toBe('anthropic.claude-3-haiku-20240307-v1:0')
    expect(await at('eu-west-1', { model_name: 'Claude 3 Haiku', 'cross-region': 'geographic' })).toBe(
      'eu.anthropic.claude-3-haiku-20240307-v1:0',
    )
    expect(await at('us-east-1', { model_name: 'Claude 4.5 Haiku', 'cross-region': 'global' })).toMatch(
      /^global\.anthropic\.claude-haiku-4-5/,
    )
  })

  it('to a completion model of Ollama', async () => {
    const line = (item: object) => `${JSON.stringify(item)}\n`
    const answer: Answer = response =>
      void response.end(line({ response: 'lo', done: false }) + line({ response: '', done: true, prompt_eval_count: 1, eval_count: 1 }))
    const { events, requests } = await stream('ollama/ollama', 'm', { base_url: 'http://o.test', mode: 'completion' }, {}, answer)
    expect(events).toMatchObject([
      { type: 'text', text: 'lo' },
      { type: 'finish', reason: 'stop' },
    ])
    expect(requests[0]).toMatchObject({ path: '/api/generate', body: { prompt: 'Hi' } })
  })

  it('keep what a model thinks apart from what it says', async () => {
    const block = (index: number, delta: object) => ({ type: 'content_block_delta', index, delta })
    const claude = [
      {
        type: 'message_start',
        message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      block(0, { type: 'thinking_delta', thinking: 'hm' }),
      block(0, { type: 'signature_delta', signature: 'x' }),
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      block(1, { type: 'text_delta', text: 'yes' }),
      { type: 'content_block_stop', index: 1 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ]
    const part = (parts: object[], more = {}) => ({ candidates: [{ content: { role: 'model', parts }, index: 0, ...more }] })
    const gemini = [part([{ text: 'hm', thought: true }]), part([{ text: 'yes' }], { finishReason: 'STOP' })]
    const mistral = [
      chunk({ role: 'assistant', content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }),
      chunk({ content: 'yes' }),
      { ...chunk({}, 'stop'), usage: usageChunk.usage },
    ]
    for (const [id, model, credentials, items] of [
      ['anthropic/anthropic', 'claude-sonnet-4-5', { anthropic_api_key: 'k' }, claude],
      ['gemini/google', 'gemini-2.5-flash', { google_api_key: 'k' }, gemini],
      ['mistralai/mistralai', 'magistral-medium-latest', { api_key }, mistral],
      [
        'deepseek/deepseek',
        'deepseek-reasoner',
        { api_key },
        [chunk({ reasoning_content: 'hm' }), chunk({ content: 'yes' }), chunk({}, 'stop')],
      ],
    ] as const) {
      const { events: seen } = await stream(id, model, credentials, {}, events([...items]))
      expect(seen).toMatchObject([{ type: 'reasoning', text: 'hm' }, { type: 'text', text: 'yes' }, { type: 'finish' }])
    }
  })

  it('carry pictures, remote ones loaded where the vendor would not', async () => {
    const messages: ModelRequest['messages'] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image', mimeType: 'image/png', filename: null, source: { url: 'http://files.test/loom.png' } },
          { type: 'image', mimeType: 'image/png', filename: null, source: { bytes: new Uint8Array([1, 2, 3]) } },
        ],
      },
    ]
    for (const [id, model, credentials, wire, isLoaded] of [
      ['openai/openai', 'gpt-4o', { openai_api_key: 'k' }, wires.openai, false],
      ['openai/openai', 'gpt-4o', { openai_api_key: 'k', api_protocol: 'responses' }, wires.responses, false],
      ['anthropic/anthropic', 'claude-sonnet-4-5', { anthropic_api_key: 'k' }, wires.anthropic, false],
      ['gemini/google', 'gemini-2.5-flash', { google_api_key: 'k' }, wires.google, true],
      ['bedrock/bedrock', 'amazon.nova-lite-v1:0', aws, wires.bedrock, true],
      ['mistralai/mistralai', 'pixtral-large-latest', { api_key }, wires.mistral, false],
      ['ollama/ollama', 'llava', { base_url: 'http://o.test' }, wires.ollama, true],
      ['hunyuan/hunyuan', 'hunyuan-vision', { secret_id: 'i', secret_key: 'k' }, wires.hunyuan, false],
    ] as const) {
      const picture: Answer = response => void response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([4, 5, 6]))
      const { requests } = await stream(id, model, credentials, { messages }, (response, request) =>
        (request.path.endsWith('.png') ? picture : wire.hello)(response, request),
      )
      const sent = JSON.stringify(requests.at(-1)?.body)
      expect(sent, id).toContain('AQID')
      expect(sent, id).toContain(isLoaded ? 'BAUG' : 'http://files.test/loom.png')
    }
  })

  it('embed on Vertex by the account’s token', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = { client_email: 'a@b', private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
    const credentials = { vertex_project_id: 'p', vertex_location: 'global', vertex_service_account_key: JSON.stringify(key) }
    await using server = await play((response, request) =>
      request.path === '/token'
        ? json({ access_token: 'ya', expires_in: 3600 })(response, request)
        : json({ predictions: [{ embeddings: { values: [1, 2], statistics: { token_count: 3 } } }] })(response, request),
    )
    const call = { type: 'text-embedding', model: 'text-embedding-005', credentials } as const
    expect(await providerOf('vertex_ai/vertex_ai').embed?.(call, ['a'])).toEqual({ vectors: [[1, 2]], tokens: 3 })
    expect(server.requests[1]?.headers['x-meant-for']).toBe(
      'aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/text-embedding-005:predict',
    )
    const broken = { ...call, credentials: { ...credentials, vertex_service_account_key: 'nonsense' } }
    await expect(providerOf('vertex_ai/vertex_ai').embed?.(broken, ['a'])).rejects.toMatchObject({ code: 'credentials-invalid' })
  })
})
