import { ModelError } from '@weft/ports'
import type { CatalogueModel } from '../../catalogue.ts'
import { aboutModel, choice, secret, text } from '../../form.ts'
import { bearer, type Json, postJson } from '../../http.ts'
import { responseError } from '../../model-errors.ts'
import { dialectRules, dialectVendor } from '../../openai-dialect/dialect-vendor.ts'
import { thinking, thinkingBudget, topK } from '../../parameter-rules.ts'

const VOICES = ['Cherry', 'Serena', 'Ethan', 'Chelsie', 'Dylan', 'Jada', 'Sunny', 'Nofish', 'Jennifer', 'Ryan', 'Katerina', 'Elias']

/** Alibaba's DashScope. Chat and embedding speak OpenAI's dialect; reranking and speech the vendor's own. */
export const createProvider = dialectVendor({
  id: 'langgenius/tongyi/tongyi',
  label: 'Tongyi',
  description: "Alibaba's Qwen models, and others that it serves.",
  colour: '#615ced',
  help: 'https://bailian.console.aliyun.com/?apiKey=1#/api-key',
  types: ['llm', 'text-embedding', 'rerank', 'speech2text', 'tts'],
  baseUrl: '',
  keyField: 'dashscope_api_key',
  providerForm: [
    secret('dashscope_api_key'),
    choice(
      'use_international_endpoint',
      text('Use International Endpoint', '使用国际站'),
      'false',
      { true: text('Yes', '是'), false: text('No', '否') },
      { type: 'radio', required: true },
    ),
  ],
  modelForm: [secret('dashscope_api_key'), ...aboutModel('context_size', 'max_tokens', 'function_call')],
  catalogue: 'tongyi',
  models: [
    { model: 'text-embedding-v4', type: 'text-embedding', context: 8192, batch: 10 },
    { model: 'text-embedding-v3', type: 'text-embedding', context: 8192, batch: 10 },
    { model: 'text-embedding-v2', type: 'text-embedding', context: 2048, batch: 25 },
    { model: 'text-embedding-v1', type: 'text-embedding', context: 2048, batch: 25 },
    { model: 'gte-rerank-v2', type: 'rerank', context: 30000 },
    { model: 'qwen3-rerank', type: 'rerank', context: 120000 },
    { model: 'qwen3-asr-flash', type: 'speech2text' },
    { model: 'qwen3-tts-flash', type: 'tts', voices: VOICES },
    { model: 'qwen-tts', type: 'tts', voices: VOICES },
  ],
  rules,
  probe: { model: 'qwen-turbo' },
  endpoint: ({ credentials }) => ({
    baseUrl: `${hostOf(credentials)}/compatible-mode/v1`,
    rerankStyle: 'dashscope',
    rerankUrl: `${hostOf(credentials)}/api/v1/services/rerank/text-rerank/text-rerank`,
    sendsUser: false,
    thinkingSwitch: isOn => ({ enable_thinking: isOn }),
  }),
  calls: ({ fetch }) => ({
    async *speak({ model, credentials, signal }, input, voice) {
      const options = { headers: bearer(credentials.dashscope_api_key), signal }
      const chosen = voice && VOICES.includes(voice) ? voice : VOICES[0]
      const url = `${hostOf(credentials)}/api/v1/services/aigc/multimodal-generation/generation`
      const answer = await postJson(fetch, url, { model, input: { text: input, voice: chosen } }, options)
      const audio = (answer.output as { audio?: { url?: string } } | undefined)?.audio
      if (!audio?.url) throw new ModelError('bad-request', 'The model gave no sound.')
      const sound = await fetch(audio.url, { signal })
      if (!sound.ok) throw await responseError(sound)
      if (sound.body) yield* sound.body
    },
    async transcribe({ model, credentials, signal }, { bytes, mimeType }) {
      const data = `data:${mimeType};base64,${Buffer.from(bytes).toString('base64')}`
      const messages = [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data } }] }]
      const options = { headers: bearer(credentials.dashscope_api_key), signal }
      const answer = await postJson(fetch, `${hostOf(credentials)}/compatible-mode/v1/chat/completions`, { model, messages }, options)
      const [choice] = (answer.choices ?? []) as { message?: { content?: string } }[]
      return choice?.message?.content ?? ''
    },
  }),
})

function hostOf(credentials: Json): string {
  return credentials.use_international_endpoint === 'true' ? 'https://dashscope-intl.aliyuncs.com' : 'https://dashscope.aliyuncs.com'
}

function rules(model: CatalogueModel) {
  const thinks = model.features?.includes('agent-thought')
  const common = dialectRules({ ...model, features: model.features?.filter(feature => feature !== 'agent-thought') })
  return [...common, topK(), ...(thinks ? [thinking('enable_thinking'), thinkingBudget(38912)] : [])]
}
