import { aboutModel, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

/** Dify's plugin asks for a key with each model; one key for all of them is offered beside. */
export const createProvider = dialectVendor({
  id: 'langgenius/togetherai/togetherai',
  label: 'together.ai',
  description: 'Open models, hosted.',
  colour: '#0f6fff',
  help: 'https://api.together.ai/settings/api-keys',
  types: ['llm', 'text-embedding', 'rerank'],
  baseUrl: 'https://api.together.xyz/v1',
  providerForm: [secret('api_key')],
  modelForm: [secret('api_key'), ...aboutModel('mode', 'context_size', 'max_tokens_to_sample')],
  catalogue: 'together',
  probe: { model: 'openai/gpt-oss-20b' },
})
