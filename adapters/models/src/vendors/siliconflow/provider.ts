import { aboutModel, choice, secret, text } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

const isAbroad = choice(
  'use_international_endpoint',
  text('Use International Endpoint', '使用国际站'),
  'false',
  { true: text('Yes', '是'), false: text('No', '否') },
  { type: 'radio' },
)
const voices = ['alex', 'anna', 'bella', 'benjamin', 'charles', 'claire', 'david', 'diana']
const named = (model: string) => voices.map(voice => `${model}:${voice}`)

export const createProvider = dialectVendor({
  id: 'langgenius/siliconflow/siliconflow',
  label: 'SiliconFlow',
  description: 'Open models, hosted.',
  colour: '#6e29f6',
  help: 'https://cloud.siliconflow.cn/account/ak',
  types: ['llm', 'text-embedding', 'rerank', 'speech2text', 'tts'],
  baseUrl: 'https://api.siliconflow.cn/v1',
  providerForm: [secret('api_key'), isAbroad],
  modelForm: [secret('api_key'), ...aboutModel('context_size', 'max_tokens', 'function_call')],
  catalogue: 'siliconflow',
  models: [
    ...['BAAI/bge-m3', 'Pro/BAAI/bge-m3'].map(model => ({ model, type: 'text-embedding' as const, context: 8192, batch: 32 })),
    ...['BAAI/bge-large-zh-v1.5', 'BAAI/bge-large-en-v1.5', 'netease-youdao/bce-embedding-base_v1'].map(model => ({
      model,
      type: 'text-embedding' as const,
      context: 512,
      batch: 32,
    })),
    ...['0.6B', '4B', '8B'].map(size => ({
      model: `Qwen/Qwen3-Embedding-${size}`,
      type: 'text-embedding' as const,
      context: 32768,
      batch: 32,
    })),
    ...['BAAI/bge-reranker-v2-m3', 'Pro/BAAI/bge-reranker-v2-m3'].map(model => ({ model, type: 'rerank' as const, context: 8192 })),
    { model: 'netease-youdao/bce-reranker-base_v1', type: 'rerank', context: 512 },
    ...['0.6B', '4B', '8B'].map(size => ({ model: `Qwen/Qwen3-Reranker-${size}`, type: 'rerank' as const, context: 32768 })),
    { model: 'FunAudioLLM/SenseVoiceSmall', type: 'speech2text' },
    ...['FunAudioLLM/CosyVoice2-0.5B', 'fishaudio/fish-speech-1.5'].map(model => ({ model, type: 'tts' as const, voices: named(model) })),
  ],
  probe: { model: 'Qwen/Qwen3-8B' },
  endpoint: ({ credentials }) => ({
    ...(credentials.use_international_endpoint === 'true' && { baseUrl: 'https://api.siliconflow.com/v1' }),
    thinkingSwitch: isOn => ({ enable_thinking: isOn }),
  }),
})
