import { aboutModel, choice, secret, text } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

const credentials = [
  secret('api_key'),
  choice(
    'use_international_endpoint',
    text('Use International Endpoint', '使用国际站'),
    'false',
    { true: text('Yes', '是'), false: text('No', '否') },
    { type: 'radio' },
  ),
]

export const createProvider = dialectVendor({
  id: 'langgenius/stepfun/stepfun',
  label: 'Stepfun',
  description: 'The Step models.',
  colour: '#005aff',
  help: 'https://platform.stepfun.com/interface-key',
  types: ['llm'],
  baseUrl: 'https://api.stepfun.com/v1',
  providerForm: credentials,
  modelForm: [...credentials, ...aboutModel('context_size', 'max_tokens', 'tool_call')],
  catalogue: 'stepfun',
  probe: { model: 'step-3.5-flash' },
  endpoint: call => (call.credentials.use_international_endpoint === 'true' ? { baseUrl: 'https://api.stepfun.ai/v1' } : {}),
})
