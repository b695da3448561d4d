import { field, secret, text } from '../../form.ts'
import { addressOf } from '../../http.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/huggingface_tei/huggingface_tei',
  label: 'Text Embedding Inference',
  description: "Embedding and reranking on one's own server of Hugging Face's.",
  colour: '#ff9d00',
  help: 'https://github.com/huggingface/text-embeddings-inference',
  types: ['text-embedding', 'rerank'],
  baseUrl: '',
  modelForm: [
    field('server_url', text('Server url', '服务器 URL'), { required: true, placeholder: text('e.g. http://192.168.1.100:8080') }),
    secret('api_key', 'API Key', { required: false }),
    field('invoke_timeout', text('Invoke timeout (seconds)', '调用超时（秒）'), { default: '60' }),
    field('max_retries', text('Max retries', '最大重试次数'), { default: '3' }),
  ],
  endpoint({ credentials }) {
    const server = addressOf(credentials.server_url)
    return { baseUrl: `${server}/v1`, rerankStyle: 'tei', rerankUrl: `${server}/rerank`, batch: 32 }
  },
})
