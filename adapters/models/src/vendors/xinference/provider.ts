import { field, secret, text } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/xinference/xinference',
  label: 'Xorbits Inference',
  description: "Models on one's own Xinference server.",
  colour: '#7c3aed',
  help: 'https://github.com/xorbitsai/inference',
  types: ['llm', 'text-embedding', 'rerank', 'speech2text', 'tts'],
  baseUrl: '',
  modelForm: [
    field('server_url', text('Server url', '服务器 URL'), { required: true, placeholder: text('e.g. http://192.168.1.100:9997') }),
    field('model_uid', text('Model uid', '模型 UID'), { required: true }),
    secret('api_key', 'API key', { required: false }),
    field('invoke_timeout', text('Invoke timeout (seconds)', '调用超时（秒）'), { default: '60' }),
    field('max_retries', text('Max retries', '最大重试次数'), { default: '3' }),
  ],
  endpoint: ({ credentials }) => ({
    baseUrl: `${String(credentials.server_url ?? '').replace(/(\/v1)?\/*$/, '')}/v1`,
    model: String(credentials.model_uid),
    saysWhyItEnds: false,
  }),
})
