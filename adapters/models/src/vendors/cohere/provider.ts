import { ModelError, type ModelProvider } from '@weft/ports'
import { type CatalogueModel, outputOf } from '../../catalogue.ts'
import { aboutModel, address, secret } from '../../form.ts'
import { addressOf, bearer, embedInBatches, postJson } from '../../http.ts'
import { maxTokens, penalties, responseFormats, seed, temperature, thinkingBudget, topK, topP } from '../../parameter-rules.ts'
import { sdkStream, without } from '../../sdk-vendor.ts'
import { createVendor, type VendorEnvironment } from '../../vendor.ts'

const credentials = [secret('api_key'), address('base_url', 'https://api.cohere.com')]

export function createProvider(environment: VendorEnvironment): ModelProvider {
  /** The plugin's addresses end in the version before. */
  const baseOf = (value: unknown) => `${addressOf(value, 'https://api.cohere.com').replace(/\/v[12]$/, '')}/v2`

  const stream = sdkStream(environment, {
    name: 'cohere',
    needsFiles: true,
    async target(call, fetch, rest) {
      const { createCohere } = await import('@ai-sdk/cohere')
      const provider = createCohere({ apiKey: String(call.credentials.api_key ?? ''), baseURL: baseOf(call.credentials.base_url), fetch })
      const { thinking_budget } = rest
      const cohere = typeof thinking_budget === 'number' ? { thinking: { type: 'enabled' as const, tokenBudget: thinking_budget } } : {}
      return { model: provider.languageModel(call.model), options: { providerOptions: { cohere } } }
    },
    body: rest => without(rest, 'thinking_budget', 'preamble_override', 'prompt_truncation'),
  })
  return createVendor(
    environment,
    {
      id: 'langgenius/cohere/cohere',
      label: 'Cohere',
      description: 'The Command models, embedding and reranking.',
      colour: '#39594d',
      help: 'https://dashboard.cohere.com/api-keys',
      types: ['llm', 'text-embedding', 'rerank'],
      providerForm: credentials,
      modelForm: [...aboutModel('mode'), ...credentials],
      catalogue: 'cohere',
      models: [
        { model: 'command-r', type: 'llm', features: ['tool-call', 'stream-tool-call'], context: 128000, output: 4096, deprecated: true },
        {
          model: 'command-r-plus',
          type: 'llm',
          features: ['tool-call', 'stream-tool-call'],
          context: 128000,
          output: 4096,
          deprecated: true,
        },
      ],
      rules,
      probe: { model: 'command-r7b-12-2024' },
      hasUnlisted: true,
    },
    {
      stream,
      async embed({ model, credentials, signal, purpose }, texts) {
        const options = { headers: bearer(credentials.api_key), signal }
        return embedInBatches(texts, 96, async batch => {
          const input_type = purpose === 'query' ? 'search_query' : 'search_document'
          const body = { model, texts: batch, input_type, embedding_types: ['float'] }
          const answer = await postJson(environment.fetch, `${baseOf(credentials.base_url)}/embed`, body, options)
          const meta = answer.meta as { billed_units?: { input_tokens?: number } } | undefined
          return {
            vectors: (answer.embeddings as { float?: number[][] } | undefined)?.float ?? [],
            tokens: meta?.billed_units?.input_tokens ?? 0,
          }
        })
      },
      async rerank({ model, credentials, signal }, query, documents, limit) {
        if (!documents.length) return []
        const body = { model, query, documents, top_n: limit ?? documents.length }
        const options = { headers: bearer(credentials.api_key), signal }
        const answer = await postJson(environment.fetch, `${baseOf(credentials.base_url)}/rerank`, body, options)
        if (!Array.isArray(answer.results)) throw new ModelError('bad-request', 'The model gave no ranking.')
        return answer.results.map(({ index, relevance_score }: { index: number; relevance_score: number }) => ({
          index,
          score: relevance_score,
        }))
      },
    },
  )
}

function rules(model: CatalogueModel) {
  return [
    temperature(1, 0.3),
    topP(0.75),
    topK(500),
    ...penalties(),
    maxTokens(outputOf(model), 4096),
    seed(),
    ...(model.features?.includes('agent-thought') ? [thinkingBudget(outputOf(model))] : []),
    ...responseFormats('json_object', 'json_schema'),
  ]
}
