import { type ModelCall, ModelError, type ModelProvider } from '@weft/ports'
import { type CatalogueModel, outputOf } from '../../catalogue.ts'
import { choice, field, secret, shownFor, shownWhen, text } from '../../form.ts'
import { addressOf, embedInBatches, type Fetch, type Json } from '../../http.ts'
import { maxTokens, temperature, thinking, thinkingBudget, topK, topP } from '../../parameter-rules.ts'
import { sdkStream } from '../../sdk-vendor.ts'
import { createVendor, type VendorEnvironment } from '../../vendor.ts'
import { FAMILIES, familyModels, modelIdOf, priceInFamily, rulesOfFamily } from './families.ts'

const REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-2', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1', 'ap-northeast-2'],
  ...['ca-central-1', 'eu-central-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'sa-east-1', 'us-gov-west-1'],
]

/** Keys of a user or of the API. The server's own role is not offered: it is not the tenants'. */
const access = [
  choice('auth_method', text('Authentication Method', '鉴权方式'), 'Access_Secret_Key', {
    Access_Secret_Key: 'Access/Secret Key',
    API_Key: 'Bedrock API Key',
  }),
  secret('aws_access_key_id', 'Access Key', shownWhen('auth_method', 'Access_Secret_Key')),
  secret('aws_secret_access_key', 'Secret Access Key', shownWhen('auth_method', 'Access_Secret_Key')),
  secret('bedrock_api_key', 'Bedrock API Key', shownWhen('auth_method', 'API_Key')),
  choice('aws_region', text('AWS Region', 'AWS 地区'), 'us-east-1', Object.fromEntries(REGIONS.map(region => [region, region])), {
    required: true,
  }),
  field('bedrock_endpoint_url', text('Bedrock Endpoint URL', 'Bedrock 端点 URL')),
]

export function createProvider(environment: VendorEnvironment): ModelProvider {
  async function open({ credentials }: ModelCall, fetch: Fetch) {
    const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock')
    const isByKey = credentials.auth_method === 'API_Key'
    const given = isByKey ? credentials.bedrock_api_key : credentials.aws_access_key_id && credentials.aws_secret_access_key
    if (!given)
      throw new ModelError('credentials-invalid', "Keys for Amazon Bedrock are missing: add them in the model provider's settings.")
    // What is left out, the package would take from the server's environment.
    return createAmazonBedrock({
      region: String(credentials.aws_region || 'us-east-1'),
      apiKey: isByKey ? String(credentials.bedrock_api_key) : '',
      accessKeyId: String(credentials.aws_access_key_id ?? ''),
      secretAccessKey: String(credentials.aws_secret_access_key ?? ''),
      ...(credentials.bedrock_endpoint_url && { baseURL: addressOf(credentials.bedrock_endpoint_url) }),
      fetch,
    })
  }

  const stream = sdkStream(environment, {
    name: 'amazonBedrock',
    needsFiles: true,
    async target(call, fetch, rest) {
      const id = modelIdOf(call, rest)
      const bedrock = {
        ...(rest.thinking === true && { reasoningConfig: { type: 'enabled', budgetTokens: Number(rest.thinking_budget ?? 1024) } }),
        ...extraFields(rest),
      }
      return {
        model: (await open(call, fetch)).languageModel(id),
        options: { providerOptions: { bedrock, amazonBedrock: bedrock } as never },
      }
    },
    // Unknown ones have a place of their own in the body: `additionalModelRequestFields`.
    body: () => ({}),
  })
  return createVendor(
    environment,
    {
      id: 'langgenius/bedrock/bedrock',
      label: 'Amazon Bedrock',
      description: "Many vendors' models on AWS.",
      colour: '#01a88d',
      help: 'https://console.aws.amazon.com/bedrock/home#/api-keys',
      types: ['llm', 'text-embedding', 'rerank'],
      providerForm: [...access, field('model_for_validation', text('Available Model Name', '可用模型名称'))],
      modelForm: [
        ...access,
        field('inference_profile_id', 'Inference Profile ID', { required: true }),
        field('context_length', text('Model Context Length', '模型上下文长度'), { default: '4096', ...shownFor('llm') }),
      ],
      catalogue: 'bedrock',
      models: familyModels,
      rules: model => (FAMILIES[model.model] ? rulesOfFamily(model.model, rules(model)) : rules(model)),
      probe: { model: 'amazon.nova-lite-v1:0' },
      hasUnlisted: true,
    },
    {
      stream(call, request, { pricing }) {
        const inFamily = priceInFamily(call.model, request.parameters.model_name)
        return stream(call, request, { pricing: inFamily === undefined ? pricing : inFamily })
      },
      async embed(call, texts) {
        const model = (await open(call, environment.fetch)).embeddingModel(modelIdOf(call, {}))
        const most = (await model.maxEmbeddingsPerCall) ?? 1
        const input_type = call.purpose === 'query' ? 'search_query' : 'search_document'
        return embedInBatches(texts, most, async values => {
          const answer = await model.doEmbed({
            values,
            abortSignal: call.signal,
            providerOptions: { bedrock: { inputType: input_type }, amazonBedrock: { inputType: input_type } },
          })
          return { vectors: answer.embeddings, tokens: answer.usage?.tokens ?? 0 }
        })
      },
      async rerank(call, query, documents, limit) {
        if (!documents.length) return []
        const model = (await open(call, environment.fetch)).rerankingModel(modelIdOf(call, {}))
        const topN = limit ?? documents.length
        const answer = await model.doRerank({ query, documents: { type: 'text', values: documents }, topN, abortSignal: call.signal })
        return answer.ranking.map(({ index, relevanceScore }) => ({ index, score: relevanceScore }))
      },
    },
  )
}

/** The plugin's own parameters, which say which model and where, and caching's. */
const OWN = /^(model_name|cross-region|thinking|thinking_budget|reasoning_.*|.*cache.*|streaming|enable_.*)$/

function extraFields(rest: Json): Json {
  const fields = Object.fromEntries(Object.entries(rest).filter(([name]) => !OWN.test(name)))
  return Object.keys(fields).length ? { additionalModelRequestFields: fields } : {}
}

function rules(model: CatalogueModel) {
  const thinks = model.features?.includes('agent-thought')
  return [
    ...(thinks ? [thinking('thinking'), thinkingBudget(outputOf(model))] : []),
    temperature(1, 1),
    topP(),
    topK(500),
    maxTokens(outputOf(model), 4096),
  ]
}
