import type { ModelCall, ModelProvider } from '@weft/ports'
import { readCatalogue } from '../../catalogue.ts'
import { choice, field, secret, shownWhen, text } from '../../form.ts'
import { addressOf, bearer, postForm } from '../../http.ts'
import { dialectCalls, dialectRules } from '../../openai-dialect/dialect-vendor.ts'
import { type Endpoint, endpointOf } from '../../openai-dialect/endpoint.ts'
import { createTokens } from '../../tokens.ts'
import { createVendor, type VendorDefinition, type VendorEnvironment } from '../../vendor.ts'

const VERSIONS = [
  '2025-04-01-preview',
  '2025-03-01-preview',
  '2025-01-01-preview',
  '2024-12-01-preview',
  '2024-10-21',
  '2024-08-01-preview',
  '2024-06-01',
  '2024-02-01',
]
const VOICES = ['alloy', 'ash', 'coral', 'echo', 'fable', 'nova', 'onyx', 'sage', 'shimmer']

/** Deployments of OpenAI's models. What one can do follows from the model behind it. */
export function createProvider(environment: VendorEnvironment): ModelProvider {
  const tokens = createTokens()

  async function reach(call: ModelCall): Promise<Endpoint> {
    const { credentials, model: deployment } = call
    const base = addressOf(credentials.openai_api_base).replace(/\/openai(\/v1)?$/, '')
    const version = credentials.openai_api_version
    const isByKey = credentials.auth_method !== 'entra_id_service_principal'
    return endpointOf(call, version ? `${base}/openai/deployments/${encodeURIComponent(deployment)}` : `${base}/openai/v1`, undefined, {
      headers: isByKey ? { 'api-key': String(credentials.openai_api_key ?? '') } : bearer(await entraToken(call)),
      query: version ? `api-version=${version}` : undefined,
      ...(/^(o\d|gpt-[5-9])/i.test(String(credentials.base_model_name ?? deployment)) && { tokensName: 'max_completion_tokens' as const }),
      voices: VOICES,
      saysWhyItEnds: false,
    })
  }

  function entraToken({ credentials, signal }: ModelCall): Promise<string> {
    const { azure_tenant_id, azure_client_id, azure_client_secret } = credentials
    return tokens(JSON.stringify([azure_tenant_id, azure_client_id, azure_client_secret]), async () => {
      const url = `https://login.microsoftonline.com/${encodeURIComponent(String(azure_tenant_id))}/oauth2/v2.0/token`
      const answer = await postForm(
        environment.fetch,
        url,
        {
          grant_type: 'client_credentials',
          client_id: String(azure_client_id),
          client_secret: String(azure_client_secret),
          scope: 'https://cognitiveservices.azure.com/.default',
        },
        { signal },
      )
      return { token: String(answer.access_token), seconds: Number(answer.expires_in ?? 3600) }
    })
  }

  return createVendor(environment, definition, dialectCalls(environment, reach, definition.types))
}

const entra = shownWhen('auth_method', 'entra_id_service_principal')

const definition: VendorDefinition = {
  id: 'langgenius/azure_openai/azure_openai',
  label: 'Azure OpenAI Service Model',
  description: "OpenAI's models, deployed on Azure.",
  colour: '#0078d4',
  help: 'https://azure.microsoft.com/en-us/products/ai-services/openai-service',
  types: ['llm', 'text-embedding', 'speech2text', 'tts'],
  modelForm: [
    field('openai_api_base', text('API Base URL', 'API 域名'), {
      required: true,
      placeholder: text('e.g. https://example.openai.azure.com'),
    }),
    choice('auth_method', text('Authentication Method', '鉴权方式'), 'api_key', {
      api_key: 'API Key',
      entra_id_service_principal: 'Entra ID (Service Principal)',
    }),
    secret('openai_api_key', 'API Key', shownWhen('auth_method', 'api_key')),
    field('azure_client_id', 'Application (Client) ID', { required: true, ...entra }),
    field('azure_tenant_id', 'Directory (Tenant) ID', { required: true, ...entra }),
    secret('azure_client_secret', 'Client Secret Value', entra),
    field('openai_api_version', text('API Version, empty for /openai/v1', 'API 版本，使用 /openai/v1 时留空'), {
      placeholder: text(VERSIONS[0] ?? ''),
    }),
    {
      ...choice('base_model_name', text('Base Model', '基础模型'), 'gpt-4o', {}),
      default: null,
      required: true,
      get options() {
        return readCatalogue('openai').map(({ model, type }) => ({
          label: text(model),
          value: model,
          show_on: [{ variable: '__model_type', value: type }],
        }))
      },
    },
  ],
  catalogue: 'openai',
  models: ['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts'].map(model => ({ model, type: 'tts' as const, voices: VOICES })),
  rules: dialectRules,
  baseOf: (model, { base_model_name }) => String(base_model_name || model),
}
