import type { ModelProvider } from '@weft/ports'
import { field, secret, text } from '../../form.ts'
import { geminiBody, geminiFetch, geminiOptions, geminiRules } from '../../gemini.ts'
import { addressOf, embedInBatches, postJson } from '../../http.ts'
import { sdkStream } from '../../sdk-vendor.ts'
import { createVendor, type VendorEnvironment } from '../../vendor.ts'

const BASE = 'https://generativelanguage.googleapis.com'

export function createProvider(environment: VendorEnvironment): ModelProvider {
  const baseOf = (value: unknown) => {
    const base = addressOf(value, BASE)
    return /\/v1(beta)?$/.test(base) ? base : `${base}/v1beta`
  }
  const stream = sdkStream(environment, {
    name: 'google',
    needsFiles: true,
    async target(call, fetch, rest) {
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google')
      const { google_api_key, google_base_url } = call.credentials
      const provider = createGoogleGenerativeAI({
        apiKey: String(google_api_key ?? ''),
        baseURL: baseOf(google_base_url),
        fetch: geminiFetch(fetch, rest),
      })
      return { model: provider.languageModel(call.model), options: geminiOptions(rest) }
    },
    body: geminiBody,
  })
  return createVendor(
    environment,
    {
      id: 'langgenius/gemini/google',
      label: 'Gemini',
      description: "Google's Gemini models.",
      colour: '#1a73e8',
      help: 'https://aistudio.google.com/apikey',
      types: ['llm', 'text-embedding'],
      providerForm: [
        secret('google_api_key'),
        field('google_base_url', text('Base URL', 'API 地址'), { placeholder: text(`e.g. ${BASE}`) }),
        field('file_url', text('Files URL', '文件 URL')),
      ],
      catalogue: 'gemini',
      rules: geminiRules,
      probe: { model: 'gemini-2.5-flash-lite' },
      hasUnlisted: true,
    },
    {
      stream,
      async embed({ model, credentials, signal, purpose }, texts) {
        const url = `${baseOf(credentials.google_base_url)}/models/${model}:batchEmbedContents`
        const headers = { 'x-goog-api-key': String(credentials.google_api_key ?? '') }
        const taskType = purpose === 'query' ? 'RETRIEVAL_QUERY' : 'RETRIEVAL_DOCUMENT'
        return embedInBatches(texts, 100, async batch => {
          const requests = batch.map(text => ({ model: `models/${model}`, content: { parts: [{ text }] }, taskType }))
          const answer = await postJson(environment.fetch, url, { requests }, { headers, signal })
          const vectors = (answer.embeddings ?? []) as { values: number[] }[]
          return { vectors: vectors.map(({ values }) => values), tokens: 0 }
        })
      },
    },
  )
}
