import { aboutModel, field, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/fireworks/fireworks',
  label: 'Fireworks AI',
  description: 'Open models, hosted.',
  colour: '#6720ff',
  help: 'https://app.fireworks.ai/settings/users/api-keys',
  types: ['llm', 'text-embedding', 'rerank'],
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  keyField: 'fireworks_api_key',
  providerForm: [secret('fireworks_api_key')],
  modelForm: [
    field('model_label_zh_Hans', 'Name in Chinese'),
    field('model_label_en_US', 'Name in English'),
    secret('fireworks_api_key'),
    ...aboutModel('context_size', 'max_tokens', 'function_call'),
  ],
  catalogue: 'fireworks',
  models: ['nomic-ai/nomic-embed-text-v1.5', 'nomic-ai/nomic-embed-text-v1'].map(model => ({
    model,
    type: 'text-embedding' as const,
    context: 8192,
    price: ['0.008', '0'] as [string, string],
  })),
  probe: { model: 'accounts/fireworks/models/gpt-oss-20b' },
})
