import type { ModelProvider } from '@weft/ports'
import { type CatalogueModel, outputOf } from '../../catalogue.ts'
import { claudeBody, claudeOptions } from '../../claude.ts'
import { field, secret, text } from '../../form.ts'
import { addressOf } from '../../http.ts'
import { maxTokens, responseFormats, rule, temperature, thinking, thinkingBudget, topK, topP } from '../../parameter-rules.ts'
import { sdkStream } from '../../sdk-vendor.ts'
import { createVendor, type VendorEnvironment } from '../../vendor.ts'

const BASE = 'https://api.anthropic.com'
const credentials = [secret('anthropic_api_key'), field('anthropic_api_url', 'API URL', { placeholder: text(`e.g. ${BASE}`) })]

export function createProvider(environment: VendorEnvironment): ModelProvider {
  const stream = sdkStream(environment, {
    name: 'anthropic',
    async target(call, fetch, rest, request) {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      const base = addressOf(call.credentials.anthropic_api_url, BASE)
      const provider = createAnthropic({
        apiKey: String(call.credentials.anthropic_api_key ?? ''),
        baseURL: base.endsWith('/v1') ? base : `${base}/v1`,
        fetch,
      })
      return { model: provider.languageModel(call.model), options: claudeOptions(call.model, rest, request) }
    },
    body: claudeBody,
  })
  return createVendor(
    environment,
    {
      id: 'langgenius/anthropic/anthropic',
      label: 'Anthropic',
      description: 'The Claude models.',
      colour: '#d97757',
      help: 'https://console.anthropic.com/account/keys',
      types: ['llm'],
      providerForm: credentials,
      modelForm: credentials,
      catalogue: 'anthropic',
      rules,
      probe: { model: 'claude-haiku-4-5-20251001' },
      hasUnlisted: true,
    },
    { stream },
  )
}

function rules(model: CatalogueModel) {
  const cache = rule('prompt_caching_system_message', text('Cache the system prompt', '缓存系统提示词'), 'boolean', {
    help: text('Later calls with the same system prompt cost less.', '之后使用相同系统提示词的调用费用更低。'),
  })
  const thinks = model.features?.includes('agent-thought')
  return [
    ...(thinks ? [thinking('thinking'), thinkingBudget(outputOf(model))] : []),
    ...(model.fixedTemperature ? [] : [temperature(1, 1), topP(), topK(500)]),
    { ...maxTokens(outputOf(model), 8192), required: true },
    ...(model.features?.includes('structured-output') ? responseFormats('JSON', 'json_schema') : []),
    cache,
  ]
}
