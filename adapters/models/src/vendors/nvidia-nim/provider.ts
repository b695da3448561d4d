import { aboutModel, address } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/nvidia_nim/nvidia_nim',
  label: 'NVIDIA NIM',
  description: "NVIDIA's containers on one's own machines.",
  colour: '#76b900',
  help: 'https://www.nvidia.com/en-us/ai/',
  types: ['llm'],
  baseUrl: '',
  modelForm: [
    address('endpoint_url', 'http://192.168.1.100:8000/v1', { required: true }),
    ...aboutModel('mode', 'context_size', 'max_tokens_to_sample'),
  ],
  endpoint: () => ({ saysWhyItEnds: false }),
})
