import { aboutModel, address, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

const credentials = [secret('api_key'), address('endpoint_url', 'https://api.lingyiwanwu.com/v1')]

export const createProvider = dialectVendor({
  id: 'langgenius/yi/yi',
  label: '01.AI',
  description: 'The Yi models.',
  colour: '#003425',
  help: 'https://platform.lingyiwanwu.com/apikeys',
  types: ['llm'],
  baseUrl: 'https://api.lingyiwanwu.com/v1',
  providerForm: credentials,
  modelForm: [...credentials, ...aboutModel('context_size', 'max_tokens', 'function_call')],
  models: [
    { model: 'yi-lightning', type: 'llm', context: 16384, output: 4096 },
    { model: 'yi-large', type: 'llm', context: 32768, output: 4096 },
    { model: 'yi-large-fc', type: 'llm', features: ['tool-call', 'stream-tool-call'], context: 32768, output: 4096 },
    { model: 'yi-large-turbo', type: 'llm', context: 16384, output: 4096 },
    { model: 'yi-medium', type: 'llm', context: 16384, output: 4096 },
    { model: 'yi-medium-200k', type: 'llm', context: 204800, output: 4096 },
    { model: 'yi-spark', type: 'llm', context: 16384, output: 4096 },
    { model: 'yi-vision', type: 'llm', features: ['vision'], context: 16384, output: 4096 },
  ],
  probe: { model: 'yi-lightning' },
})
