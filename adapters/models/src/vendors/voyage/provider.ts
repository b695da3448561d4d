import { field, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/voyage/voyage',
  label: 'Voyage',
  description: 'Embedding and reranking.',
  colour: '#012e33',
  help: 'https://dash.voyageai.com/',
  types: ['text-embedding', 'rerank'],
  baseUrl: 'https://api.voyageai.com/v1',
  providerForm: [secret('api_key'), field('output_dimension', 'Output Dimension'), field('output_dtype', 'Output Data Type')],
  catalogue: 'voyage',
  probe: { model: 'voyage-3.5-lite', type: 'text-embedding' },
  endpoint: ({ credentials, purpose = 'document' }) => ({
    rerankStyle: 'voyage',
    batch: 64,
    extra: {
      embeddings: {
        // The API knows `base64` and the default, plain numbers.
        encoding_format: undefined,
        input_type: purpose,
        ...(credentials.output_dimension ? { output_dimension: Number(credentials.output_dimension) } : {}),
        ...(credentials.output_dtype ? { output_dtype: credentials.output_dtype } : {}),
      },
    },
  }),
})
