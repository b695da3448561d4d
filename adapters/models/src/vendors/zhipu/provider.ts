import { address, field, secret, text } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

const BASE = 'https://open.bigmodel.cn/api/paas/v4'
const chat = { type: 'llm', features: ['tool-call', 'stream-tool-call'] } as const

export const createProvider = dialectVendor({
  id: 'langgenius/zhipuai/zhipuai',
  label: 'ZHIPU AI',
  description: 'The GLM models.',
  colour: '#3859ff',
  help: 'https://open.bigmodel.cn/usercenter/apikeys',
  types: ['llm', 'text-embedding', 'rerank'],
  baseUrl: BASE,
  addressField: 'base_url',
  providerForm: [
    secret('api_key', 'APIKey'),
    address('base_url', `${BASE}/`, { default: `${BASE}/` }),
    field('validate_model', text('Validate Model Name', '校验模型名称'), { default: 'glm-4.5-flash' }),
  ],
  catalogue: 'zhipu',
  models: [
    { ...chat, features: [...chat.features], model: 'glm-4-plus', context: 128000, output: 4096 },
    { ...chat, features: [...chat.features], model: 'glm-4-air-250414', context: 128000, output: 16384 },
    { ...chat, features: [...chat.features], model: 'glm-4-flash-250414', context: 128000, output: 16384 },
    { ...chat, features: [...chat.features], model: 'glm-4-flashx-250414', context: 128000, output: 16384 },
    { ...chat, features: [...chat.features], model: 'glm-4-long', context: 1000000, output: 4096 },
    { ...chat, features: [...chat.features], model: 'glm-4-flash', context: 128000, output: 4096 },
    { ...chat, features: [...chat.features], model: 'glm-4-air', context: 128000, output: 4096 },
    { model: 'glm-4v-plus', type: 'llm', features: ['vision'], context: 16000, output: 4096 },
    { model: 'embedding-3', type: 'text-embedding', context: 3072, batch: 64 },
    { model: 'embedding-2', type: 'text-embedding', context: 512, batch: 1 },
    { model: 'rerank', type: 'rerank', context: 4096 },
  ],
  probe: { model: 'glm-4.5-flash' },
  endpoint: () => ({ sendsUser: false, thinkingSwitch: isOn => ({ thinking: { type: isOn ? 'enabled' : 'disabled' } }) }),
})
