import { createSign } from 'node:crypto'
import { type ModelCall, ModelError, type ModelProvider } from '@weft/ports'
import { type CatalogueModel, outputOf } from '../../catalogue.ts'
import { claudeBody, claudeOptions } from '../../claude.ts'
import { field, secret, text } from '../../form.ts'
import { geminiBody, geminiFetch, geminiOptions, geminiRules } from '../../gemini.ts'
import { embedInBatches, type Fetch, postForm, postJson } from '../../http.ts'
import { maxTokens, temperature, thinking, thinkingBudget, topK, topP } from '../../parameter-rules.ts'
import { sdkStream } from '../../sdk-vendor.ts'
import { createTokens } from '../../tokens.ts'
import { createVendor, type VendorEnvironment } from '../../vendor.ts'

interface ServiceAccount {
  client_email: string
  private_key: string
  private_key_id?: string
  token_uri?: string
}

/** Gemini and Claude on Google Cloud. Tokens are exchanged here, as Google's own library would go past the outbound gate. */
export function createProvider(environment: VendorEnvironment): ModelProvider {
  const tokens = createTokens()
  const tokenOf = ({ credentials, signal }: ModelCall) =>
    tokens(String(credentials.vertex_service_account_key), () =>
      exchangeKey(environment.fetch, credentials.vertex_service_account_key, signal),
    )

  const gemini = sdkStream(environment, {
    name: 'google',
    needsFiles: true,
    async target(call, fetch, rest) {
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google')
      const baseURL = `${placeOf(call)}/publishers/google`
      const provider = createGoogleGenerativeAI({ apiKey: '', baseURL, fetch: authorized(geminiFetch(fetch, rest), await tokenOf(call)) })
      return { model: provider.languageModel(call.model), options: geminiOptions(rest) }
    },
    body: geminiBody,
  })
  const claude = sdkStream(environment, {
    name: 'anthropic',
    needsFiles: true,
    async target(call, fetch, rest, request) {
      const { createGoogleVertexAnthropic } = await import('@ai-sdk/google-vertex/anthropic/edge')
      const provider = createGoogleVertexAnthropic({
        baseURL: `${placeOf(call)}/publishers/anthropic/models`,
        generateAuthToken: () => tokenOf(call),
        fetch,
      })
      return { model: provider.languageModel(call.model), options: claudeOptions(call.model, rest, { ...request, user: undefined }) }
    },
    body: claudeBody,
  })

  return createVendor(
    environment,
    {
      id: 'langgenius/vertex_ai/vertex_ai',
      label: 'Vertex AI | Google Cloud Platform',
      description: 'Gemini and Claude on Google Cloud.',
      colour: '#4285f4',
      help: 'https://cloud.google.com/vertex-ai/',
      types: ['llm', 'text-embedding'],
      providerForm: [
        field('vertex_project_id', text('Project ID', '项目 ID'), { required: true }),
        field('vertex_location', text('Location', '区域'), { required: true, placeholder: text('us-central1, global, …') }),
        secret('vertex_service_account_key', text('Service Account Key, in base64', '服务账号密钥（base64）')),
        field('vertex_anthropic_location', text('Location of Claude models', 'Claude 模型的区域')),
        field('vertex_global_models', text('Models of the global location, comma-separated', '使用全局区域的模型，逗号分隔')),
      ],
      catalogue: 'vertex-ai',
      rules: model => (model.model.startsWith('claude') ? claudeRules(model) : geminiRules(model)),
      probe: { model: 'gemini-2.5-flash-lite' },
      hasUnlisted: true,
      // Versions of Claude's are named by their date.
      baseOf: model => model.replace(/@.*/, ''),
    },
    {
      stream: (call, request, model) => (call.model.startsWith('claude') ? claude : gemini)(call, request, model),
      async embed(call, texts) {
        const url = `${placeOf(call)}/publishers/google/models/${call.model}:predict`
        const headers = { authorization: `Bearer ${await tokenOf(call)}` }
        const task_type = call.purpose === 'query' ? 'RETRIEVAL_QUERY' : 'RETRIEVAL_DOCUMENT'
        // Gemini's own takes one text at a time.
        return embedInBatches(texts, call.model.startsWith('gemini') ? 1 : 50, async batch => {
          const instances = batch.map(content => ({ content, task_type }))
          const answer = await postJson(environment.fetch, url, { instances }, { headers, signal: call.signal })
          const predictions = (answer.predictions ?? []) as { embeddings: { values: number[]; statistics?: { token_count?: number } } }[]
          return {
            vectors: predictions.map(({ embeddings }) => embeddings.values),
            tokens: predictions.reduce((sum, { embeddings }) => sum + (embeddings.statistics?.token_count ?? 0), 0),
          }
        })
      },
    },
  )
}

function placeOf({ credentials, model }: ModelCall): string {
  const isGlobal = String(credentials.vertex_global_models ?? '')
    .split(',')
    .some(name => name.trim() === model)
  const own = model.startsWith('claude') && credentials.vertex_anthropic_location
  const location = String(isGlobal ? 'global' : own || credentials.vertex_location)
  if (!/^[a-z0-9-]+$/.test(location)) throw new ModelError('credentials-invalid', `${location} is no location of Google Cloud's.`)
  const host = location === 'global' ? 'aiplatform.googleapis.com' : `${location}-aiplatform.googleapis.com`
  return `https://${host}/v1/projects/${encodeURIComponent(String(credentials.vertex_project_id))}/locations/${location}`
}

function authorized(fetch: Fetch, token: string): Fetch {
  return (url, init) => {
    const headers = new Headers(init?.headers)
    headers.delete('x-goog-api-key')
    headers.set('authorization', `Bearer ${token}`)
    return fetch(url, { ...init, headers })
  }
}

/** Signs a request for an access token with the account's key. @throws ModelError */
async function exchangeKey(fetch: Fetch, key: unknown, signal: AbortSignal | undefined): Promise<{ token: string; seconds: number }> {
  const account = readKey(String(key ?? ''))
  const url = account.token_uri ?? 'https://oauth2.googleapis.com/token'
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const scope = 'https://www.googleapis.com/auth/cloud-platform'
  const claims = { iss: account.client_email, scope, aud: url, iat: now, exp: now + 3600 }
  const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: account.private_key_id })}.${part(claims)}`
  const assertion = `${signed}.${createSign('RSA-SHA256').update(signed).sign(account.private_key).toString('base64url')}`
  const answer = await postForm(fetch, url, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }, { signal })
  return { token: String(answer.access_token), seconds: Number(answer.expires_in ?? 3600) }
}

function readKey(key: string): ServiceAccount {
  try {
    const account = JSON.parse(key.trim().startsWith('{') ? key : Buffer.from(key, 'base64').toString()) as ServiceAccount
    if (account.client_email && account.private_key) return account
  } catch {
    // Said below.
  }
  throw new ModelError('credentials-invalid', 'The service account key has to be the JSON file that Google Cloud gave out, in base64.')
}

function claudeRules(model: CatalogueModel) {
  const thinks = model.features?.includes('agent-thought')
  return [
    ...(thinks ? [thinking('thinking'), thinkingBudget(outputOf(model))] : []),
    temperature(1, 1),
    topP(),
    topK(500),
    { ...maxTokens(outputOf(model), 8192), required: true },
  ]
}
