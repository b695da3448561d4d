import { aboutModel, address, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

const credentials = [secret('api_key'), address('endpoint_url', 'https://openrouter.ai/api/v1')]

export const createProvider = dialectVendor({
  id: 'langgenius/openrouter/openrouter',
  label: 'OpenRouter',
  description: 'One address for the models of many vendors.',
  colour: '#4f46e5',
  help: 'https://openrouter.ai/keys',
  types: ['llm', 'text-embedding', 'rerank'],
  baseUrl: 'https://openrouter.ai/api/v1',
  providerForm: credentials,
  modelForm: [...credentials, ...aboutModel('mode', 'context_size', 'max_tokens_to_sample', 'vision', 'reasoning', 'tool_call')],
  catalogue: 'openrouter',
  models: [
    { model: 'openai/text-embedding-3-small', type: 'text-embedding', context: 8191, price: ['0.02', '0'] },
    { model: 'openai/text-embedding-3-large', type: 'text-embedding', context: 8191, price: ['0.13', '0'] },
    { model: 'cohere/rerank-v3.5', type: 'rerank', context: 4096 },
  ],
  probe: { model: 'openai/gpt-4o-mini' },
  endpoint: () => ({ extra: { chat: { usage: { include: true } } } }),
})
