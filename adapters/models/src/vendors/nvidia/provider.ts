import { secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/nvidia/nvidia',
  label: 'API Catalog',
  description: "NVIDIA's hosted models.",
  colour: '#76b900',
  help: 'https://build.nvidia.com/explore/discover',
  types: ['llm', 'text-embedding', 'rerank'],
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  providerForm: [secret('api_key')],
  catalogue: 'nvidia',
  models: [
    { model: 'nvidia/nv-embedqa-e5-v5', type: 'text-embedding', context: 512 },
    { model: 'nvidia/llama-3.2-nv-embedqa-1b-v2', type: 'text-embedding', context: 8192 },
    { model: 'nvidia/llama-3.2-nv-rerankqa-1b-v2', type: 'rerank', context: 8192 },
    { model: 'nv-rerank-qa-mistral-4b:1', type: 'rerank', context: 512 },
  ],
  probe: { model: 'meta/llama-3.1-8b-instruct' },
  endpoint: ({ type, model, purpose }) => ({
    sendsUser: false,
    rerankStyle: 'nvidia',
    ...(type === 'rerank' && { rerankUrl: rerankUrl(model) }),
    extra: { embeddings: { input_type: purpose === 'query' ? 'query' : 'passage', truncate: 'END' } },
  }),
})

/** Each reranker has an address of its own; the oldest shares one. */
function rerankUrl(model: string): string {
  const place = model.startsWith('nvidia/') ? `${model.replaceAll('.', '_')}/` : 'nvidia/'
  return `https://ai.api.nvidia.com/v1/retrieval/${place}reranking`
}
