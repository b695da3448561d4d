import { aboutModel, address, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

const credentials = [secret('api_key'), address('endpoint_url', 'https://api.moonshot.cn/v1')]

export const createProvider = dialectVendor({
  id: 'langgenius/moonshot/moonshot',
  label: 'Moonshot',
  description: 'The Kimi models.',
  colour: '#16191e',
  help: 'https://platform.moonshot.cn/console/api-keys',
  types: ['llm'],
  baseUrl: 'https://api.moonshot.cn/v1',
  providerForm: credentials,
  modelForm: [...credentials, ...aboutModel('context_size', 'max_tokens', 'tool_call')],
  catalogue: 'moonshot',
  probe: { model: 'moonshot-v1-8k' },
})
