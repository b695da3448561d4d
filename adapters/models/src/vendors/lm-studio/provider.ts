import { aboutModel, address, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/lm_studio/lm_studio',
  label: 'LM Studio',
  description: 'Models on a desktop.',
  colour: '#6d5bd0',
  help: 'https://lmstudio.ai/docs/app/api',
  types: ['llm', 'text-embedding'],
  baseUrl: '',
  modelForm: [
    address('endpoint_url', 'http://192.168.1.100:1234/v1', { required: true }),
    secret('api_key', 'API Key', { required: false }),
    ...aboutModel('mode', 'context_size', 'max_tokens_to_sample', 'tool_call', 'vision'),
  ],
  endpoint: () => ({ saysWhyItEnds: false }),
})
