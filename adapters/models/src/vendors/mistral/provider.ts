import { type CatalogueModel, outputOf } from '../../catalogue.ts'
import { secret, text } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'
import { maxTokens, responseFormats, rule, seed, temperature, topP } from '../../parameter-rules.ts'
import { sdkStream, without } from '../../sdk-vendor.ts'

const BASE = 'https://api.mistral.ai/v1'

/** Chat has a dialect of its own (thinking among the answer's parts, strict bodies); the other kinds speak OpenAI's. */
export const createProvider = dialectVendor({
  id: 'langgenius/mistralai/mistralai',
  label: 'MistralAI',
  description: "Mistral's models.",
  colour: '#fa520f',
  help: 'https://console.mistral.ai/api-keys/',
  types: ['llm', 'text-embedding', 'moderation', 'speech2text'],
  baseUrl: BASE,
  providerForm: [secret('api_key')],
  catalogue: 'mistral',
  models: ['mistral-moderation-latest', 'mistral-moderation-2411'].map(model => ({ model, type: 'moderation' as const, context: 8192 })),
  rules,
  probe: { model: 'mistral-small-latest' },
  endpoint: () => ({ batch: 32 }),
  calls(environment) {
    const stream = sdkStream(environment, {
      name: 'mistral',
      async target(call, fetch, rest) {
        const { createMistral } = await import('@ai-sdk/mistral')
        const provider = createMistral({ apiKey: String(call.credentials.api_key ?? ''), baseURL: BASE, fetch })
        const mistral = { ...(typeof rest.safe_prompt === 'boolean' && { safePrompt: rest.safe_prompt }) }
        return { model: provider.languageModel(call.model), options: { providerOptions: { mistral } } }
      },
      body: rest => without(rest, 'safe_prompt'),
    })
    return { stream }
  },
})

function rules(model: CatalogueModel) {
  return [
    temperature(1, 0.7),
    topP(),
    maxTokens(outputOf(model), 4096),
    rule('safe_prompt', text('Safe prompt', '安全提示词'), 'boolean', { default: false }),
    { ...seed(), name: 'random_seed' },
    ...responseFormats('json_object', ...(model.features?.includes('structured-output') ? ['json_schema'] : [])),
  ]
}
