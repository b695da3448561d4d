import { address, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/deepseek/deepseek',
  label: 'DeepSeek',
  description: "DeepSeek's models for conversation and reasoning.",
  colour: '#4d6bfe',
  help: 'https://platform.deepseek.com/api_keys',
  types: ['llm'],
  baseUrl: 'https://api.deepseek.com/v1',
  providerForm: [secret('api_key'), address('endpoint_url', 'https://api.deepseek.com/v1')],
  catalogue: 'deepseek',
  probe: { model: 'deepseek-v4-flash' },
  endpoint: () => ({ sendsUser: false, thinkingSwitch: isOn => ({ thinking: { type: isOn ? 'enabled' : 'disabled' } }) }),
})
