import { type ModelCall, ModelError } from '@weft/ports'
import { type CatalogueModel, outputOf } from '../../catalogue.ts'
import { choice, field, secret, text } from '../../form.ts'
import { addressOf, type Json } from '../../http.ts'
import { dialectRules, dialectVendor } from '../../openai-dialect/dialect-vendor.ts'
import { maxTokens, reasoningEffort, responseFormats, rule } from '../../parameter-rules.ts'
import { sdkStream, without } from '../../sdk-vendor.ts'

const BASE = 'https://api.openai.com'
const VOICES = ['alloy', 'ash', 'ballad', 'coral', 'echo', 'fable', 'nova', 'onyx', 'sage', 'shimmer', 'verse']
const SPEECH_PRICES = { 'tts-1': '15', 'tts-1-hd': '30', 'gpt-4o-mini-tts': '0.6' }
/** Models that only the newer of the two APIs serves. */
const ONLY_RESPONSES = /^(o\d|gpt-\d[\d.]*)-pro|codex|deep-research/

const credentials = [
  secret('openai_api_key'),
  field('openai_organization', text('Organization', '组织 ID')),
  field('openai_api_base', text('API Base URL', 'API 地址'), { placeholder: text(`e.g. ${BASE}`) }),
]
const protocol = choice('api_protocol', text('API Protocol', 'API 协议'), 'chat', { chat: 'Chat Completions', responses: 'Responses' })

export const createProvider = dialectVendor({
  id: 'langgenius/openai/openai',
  label: 'OpenAI',
  description: 'The GPT models, embedding, speech and moderation.',
  colour: '#10a37f',
  help: 'https://platform.openai.com/account/api-keys',
  types: ['llm', 'text-embedding', 'speech2text', 'moderation', 'tts'],
  baseUrl: BASE,
  keyField: 'openai_api_key',
  providerForm: [...credentials, field('validate_model', text('Validate Model', '校验模型')), protocol],
  modelForm: [...credentials, protocol],
  catalogue: 'openai',
  models: [
    { model: 'gpt-3.5-turbo-instruct', type: 'llm', mode: 'completion', context: 4096, output: 4096, price: ['1.5', '2'] },
    ...Object.entries(SPEECH_PRICES).map(([model, price]) => ({
      model,
      type: 'tts' as const,
      voices: VOICES,
      price: [price, '0'] as [string, string],
    })),
  ],
  rules: model => (model.features?.includes('agent-thought') ? reasoningRules(model) : dialectRules(model)),
  probe: { model: 'gpt-4o-mini' },
  baseOf: model => /^ft:([^:]+)/.exec(model)?.[1] ?? model,
  endpoint: call => ({
    baseUrl: baseUrlOf(call),
    headers: {
      authorization: `Bearer ${call.credentials.openai_api_key}`,
      ...(call.credentials.openai_organization && { 'openai-organization': String(call.credentials.openai_organization) }),
    },
    ...(call.model === 'gpt-3.5-turbo-instruct' && { mode: 'completion' as const }),
    batch: 32,
    saysWhyItEnds: !call.credentials.openai_api_base,
  }),
  calls(environment, { stream: overChat, ping }) {
    const overResponses = sdkStream(environment, {
      name: 'openai',
      async target(call, fetch, rest, request) {
        const { createOpenAI } = await import('@ai-sdk/openai')
        const { openai_api_key, openai_organization } = call.credentials
        const provider = createOpenAI({
          apiKey: String(openai_api_key ?? ''),
          organization: openai_organization ? String(openai_organization) : undefined,
          baseURL: baseUrlOf(call),
          fetch,
        })
        const effort = rest.reasoning_effort
        const options: Json = {
          store: false,
          strictJsonSchema: false,
          user: request.user,
          reasoningEffort: effort,
          reasoningSummary: effort === undefined ? undefined : (rest.reasoning_summary ?? 'auto'),
          textVerbosity: rest.verbosity,
        }
        return { model: provider.responses(call.model), options: { providerOptions: { openai: options as never } } }
      },
      body: rest => without(rest, 'reasoning_effort', 'reasoning_summary', 'verbosity', 'enable_stream'),
    })
    return {
      stream(call, request, model) {
        const stream = usesResponses(call) ? overResponses : overChat
        if (!stream) throw new ModelError('feature-not-supported', 'OpenAI has no such language model.')
        return stream(call, request, model)
      },
      async ping(call) {
        if (!usesResponses(call)) return ping?.(call)
        const request = { messages: [{ role: 'user' as const, content: 'ping' }], parameters: { max_tokens: 16 } }
        for await (const _event of overResponses(call, request, { pricing: null })) return
      },
    }
  },
})

function baseUrlOf({ credentials }: ModelCall): string {
  const base = addressOf(credentials.openai_api_base, BASE)
  return /\/v\d+\w*$/.test(base) ? base : `${base}/v1`
}

function usesResponses({ credentials, model }: ModelCall): boolean {
  return credentials.api_protocol === 'responses' || (!credentials.openai_api_base && ONLY_RESPONSES.test(model))
}

/** Models that think take no temperature. */
function reasoningRules(model: CatalogueModel) {
  const verbosity = rule('verbosity', text('Verbosity', '详细程度'), 'string', {
    help: text('How long the answer is to be.', '回答的详细程度。'),
    options: ['low', 'medium', 'high'],
  })
  return [
    maxTokens(outputOf(model), 8192),
    reasoningEffort('minimal', 'low', 'medium', 'high'),
    ...(/^gpt-[5-9]/.test(model.model) ? [verbosity] : []),
    ...responseFormats('text', 'json_object', 'json_schema'),
  ]
}
