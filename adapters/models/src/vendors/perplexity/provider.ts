import { secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/perplexity/perplexity',
  label: 'Perplexity',
  description: 'Models that search before they answer.',
  colour: '#20808d',
  help: 'https://www.perplexity.ai/settings/api',
  types: ['llm'],
  baseUrl: 'https://api.perplexity.ai',
  providerForm: [secret('api_key')],
  catalogue: 'perplexity',
  probe: { model: 'sonar' },
  endpoint: () => ({ asksForUsage: false, sendsUser: false }),
})
