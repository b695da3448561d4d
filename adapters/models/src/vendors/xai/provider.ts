import { address, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/x/x',
  label: 'xAI',
  description: "xAI's Grok models.",
  colour: '#111111',
  help: 'https://console.x.ai',
  types: ['llm'],
  baseUrl: 'https://api.x.ai/v1',
  providerForm: [secret('api_key'), address('endpoint_url', 'https://api.x.ai/v1', { default: 'https://api.x.ai/v1' })],
  catalogue: 'xai',
  probe: { model: 'grok-4.3' },
})
