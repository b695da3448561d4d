import { aboutModel, address, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/vllm/vllm',
  label: 'vLLM',
  description: "Models on one's own vLLM server.",
  colour: '#f5a623',
  help: 'https://docs.vllm.ai/en/stable/serving/openai_compatible_server.html',
  types: ['llm', 'text-embedding', 'rerank', 'speech2text'],
  baseUrl: '',
  modelForm: [
    address('endpoint_url', 'http://192.168.1.100:8000/v1', { required: true }),
    secret('api_key', 'API Key', { required: false }),
    ...aboutModel('mode', 'context_size', 'max_tokens_to_sample', 'tool_call', 'vision'),
  ],
  endpoint: () => ({ saysWhyItEnds: false }),
})
