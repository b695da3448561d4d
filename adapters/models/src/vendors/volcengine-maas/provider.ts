import { type ModelCall, ModelError } from '@weft/ports'
import { readCatalogue } from '../../catalogue.ts'
import { aboutModel, address, choice, field, secret, shownWhen, text } from '../../form.ts'
import { type Fetch, postJson } from '../../http.ts'
import { dialectCalls, dialectVendor } from '../../openai-dialect/dialect-vendor.ts'
import { type Endpoint, endpointOf } from '../../openai-dialect/endpoint.ts'
import { createTokens } from '../../tokens.ts'
import { signVolcengine } from './signature.ts'

const BASE = 'https://ark.cn-beijing.volces.com/api/v3'

/** What the form offers as base models, in the plugin's spelling, with what they can. */
const DOUBAO = {
  features: ['multi-tool-call', 'stream-tool-call', 'vision', 'agent-thought'],
  context: 256000,
  output: 32768,
  type: 'llm' as const,
}
const BASES = [
  ...['Doubao-Seed-2.0-pro', 'Doubao-Seed-2.0-lite', 'Doubao-Seed-2.0-mini', 'Doubao-Seed-2.0-Code', 'Doubao-Seed-1.8'].map(model => ({
    ...DOUBAO,
    model,
  })),
  ...['Doubao-Seed-1.6', 'Doubao-Seed-1.6-flash', 'Doubao-Seed-1.6-thinking', 'Doubao-Seed-1.6-vision', 'Doubao-Seed-1.6-lite'].map(
    model => ({ ...DOUBAO, model }),
  ),
  ...['Doubao-1.5-pro-32k', 'Doubao-1.5-lite-32k', 'Doubao-1.5-pro-256k'].map(model => ({
    model,
    type: 'llm' as const,
    features: ['tool-call', 'stream-tool-call'],
    context: model.endsWith('256k') ? 256000 : 32768,
    output: 12288,
  })),
  ...['DeepSeek-V3.2', 'DeepSeek-V3.1', 'DeepSeek-V3', 'DeepSeek-R1', 'Kimi-K2', 'GLM-4.7'].map(model => ({
    model,
    type: 'llm' as const,
    features: ['tool-call', 'stream-tool-call', ...(model.includes('R1') ? ['agent-thought'] : [])],
    context: 128000,
    output: 32768,
  })),
  ...['Doubao-embedding', 'Doubao-embedding-large'].map(model => ({ model, type: 'text-embedding' as const, context: 4096, batch: 32 })),
]

/** Models are endpoints that the account made; what one can do follows from the base model. */
export const createProvider = dialectVendor({
  id: 'langgenius/volcengine_maas/volcengine_maas',
  label: 'Volcengine Ark (Endpoint)',
  description: "ByteDance's Doubao models, and others that it serves.",
  colour: '#1664ff',
  help: 'https://console.volcengine.com/ark/region:ark+cn-beijing/apiKey',
  types: ['llm', 'text-embedding'],
  baseUrl: BASE,
  keyField: 'volc_api_key',
  addressField: 'api_endpoint_host',
  modelForm: [
    choice('auth_method', text('Authentication Method', '鉴权方式'), 'api_key', {
      api_key: 'API Key',
      aksk: 'Access Key / Secret Access Key',
    }),
    secret('volc_api_key', 'API Key', shownWhen('auth_method', 'api_key')),
    secret('volc_access_key_id', 'Access Key', shownWhen('auth_method', 'aksk')),
    secret('volc_secret_access_key', 'Secret Access Key', shownWhen('auth_method', 'aksk')),
    field('volc_region', text('Volcengine Region', '火山引擎地域'), { required: true, default: 'cn-beijing' }),
    address('api_endpoint_host', BASE, { required: true, default: BASE }),
    field('endpoint_id', 'Endpoint ID', { required: true }),
    {
      ...choice('base_model_name', text('Base Model', '基础模型'), '', {}),
      default: null,
      required: true,
      options: [...BASES, { model: 'Custom', type: undefined }].map(({ model, type }) => ({
        label: text(model),
        value: model,
        show_on: type ? [{ variable: '__model_type', value: type }] : [],
      })),
    },
    ...aboutModel('mode', 'context_size', 'max_tokens').map(about => ({
      ...about,
      show_on: [...about.show_on, { variable: 'base_model_name', value: 'Custom' }],
    })),
  ],
  models: () => BASES.map(base => ({ ...base, price: priceOf(base.model) })),
  baseOf: (model, { base_model_name }) => String(base_model_name || model),
  endpoint: whereTo,
  calls(environment) {
    const tokens = createTokens()
    const reach = async (call: ModelCall) => {
      const { credentials } = call
      const { volc_access_key_id: id, volc_secret_access_key: secret, endpoint_id } = credentials
      const isByAccount = credentials.auth_method === 'aksk'
      const key = isByAccount
        ? await tokens(JSON.stringify([id, secret, endpoint_id]), () => borrowKey(environment.fetch, call))
        : credentials.volc_api_key
      return endpointOf(call, String(credentials.api_endpoint_host || BASE), key, { batch: 32, ...whereTo(call) })
    }
    return dialectCalls(environment, reach, ['llm', 'text-embedding'])
  },
})

/** By the catalogue's spelling, which has dates at the end. */
function priceOf(base: string) {
  const spelled = base.toLowerCase().replaceAll('.', '-')
  return readCatalogue('volcengine').find(({ model }) => model === spelled || model.startsWith(`${spelled}-2`))?.price
}

function whereTo({ model, credentials }: ModelCall): Partial<Endpoint> {
  return {
    model: String(credentials.endpoint_id || model),
    sendsUser: false,
    thinkingSwitch: isOn => ({ thinking: { type: isOn ? 'enabled' : 'disabled' } }),
  }
}

const ACCOUNTS = 'open.volcengineapi.com'
const BORROWED_SECONDS = 86_400

/** A key for the endpoint, which the account's access key borrows for a day. */
async function borrowKey(fetch: Fetch, { credentials, signal }: ModelCall): Promise<{ token: string; seconds: number }> {
  const query = 'Action=GetApiKey&Version=2024-01-01'
  const request = { DurationSeconds: BORROWED_SECONDS, ResourceType: 'endpoint', ResourceIds: [String(credentials.endpoint_id)] }
  const headers = signVolcengine({
    host: ACCOUNTS,
    query,
    service: 'ark',
    region: String(credentials.volc_region || 'cn-beijing'),
    body: JSON.stringify(request),
    accessKey: String(credentials.volc_access_key_id ?? ''),
    secretKey: String(credentials.volc_secret_access_key ?? ''),
    time: new Date(),
  })
  const answer = await postJson(fetch, `https://${ACCOUNTS}/?${query}`, request, { headers, signal })
  const key = (answer.Result as { ApiKey?: string } | undefined)?.ApiKey
  if (!key)
    throw new ModelError('credentials-invalid', 'Volcengine gave no key for the endpoint. Check access key, secret and endpoint id.')
  return { token: key, seconds: BORROWED_SECONDS }
}
