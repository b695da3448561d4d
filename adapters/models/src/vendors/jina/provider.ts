import { address, field, secret, text } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/jina/jina',
  label: 'Jina',
  description: 'Embedding and reranking.',
  colour: '#eb6161',
  help: 'https://jina.ai/api-dashboard',
  types: ['text-embedding', 'rerank'],
  baseUrl: 'https://api.jina.ai/v1',
  addressField: 'base_url',
  providerForm: [secret('api_key')],
  modelForm: [
    secret('api_key'),
    address('base_url', 'https://api.jina.ai/v1'),
    field('context_size', text('Context size', '上下文大小'), { default: '8192' }),
  ],
  models: [
    { model: 'jina-embeddings-v4', type: 'text-embedding', context: 32768, batch: 64 },
    { model: 'jina-embeddings-v3', type: 'text-embedding', context: 8192, batch: 64 },
    { model: 'jina-embeddings-v2-base-en', type: 'text-embedding', context: 8192, batch: 64 },
    { model: 'jina-embeddings-v2-base-zh', type: 'text-embedding', context: 8192, batch: 64 },
    { model: 'jina-embeddings-v2-base-de', type: 'text-embedding', context: 8192, batch: 64 },
    { model: 'jina-clip-v2', type: 'text-embedding', context: 8192, batch: 64 },
    { model: 'jina-clip-v1', type: 'text-embedding', context: 8192, batch: 64 },
    { model: 'jina-reranker-v3', type: 'rerank', context: 131072 },
    { model: 'jina-reranker-m0', type: 'rerank', context: 10240 },
    { model: 'jina-reranker-v2-base-multilingual', type: 'rerank', context: 1024 },
    { model: 'jina-reranker-v1-base-en', type: 'rerank', context: 8192 },
    { model: 'jina-reranker-v1-turbo-en', type: 'rerank', context: 8192 },
    { model: 'jina-reranker-v1-tiny-en', type: 'rerank', context: 8192 },
    { model: 'jina-colbert-v2', type: 'rerank', context: 8192 },
    { model: 'jina-colbert-v1-en', type: 'rerank', context: 8192 },
  ],
  endpoint: ({ model, purpose }) =>
    /embeddings-v[3-9]/.test(model)
      ? { extra: { embeddings: { task: purpose === 'query' ? 'retrieval.query' : 'retrieval.passage' } } }
      : {},
  probe: { model: 'jina-embeddings-v3', type: 'text-embedding' },
})
