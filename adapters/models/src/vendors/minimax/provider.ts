import { ModelError } from '@weft/ports'
import { readCatalogue } from '../../catalogue.ts'
import { address, field, secret, text } from '../../form.ts'
import { addressOf, bearer, embedInBatches, type Fetch, type Json, postJson } from '../../http.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

const BASE = 'https://api.minimaxi.com'
const VOICES = [
  'male-qn-qingse',
  'male-qn-jingying',
  'female-shaonv',
  'female-yujie',
  'female-tianmei',
  'presenter_male',
  'presenter_female',
]

const createDialect = dialectVendor({
  id: 'langgenius/minimax/minimax',
  label: 'Minimax',
  description: 'The MiniMax models and speech.',
  colour: '#e1234e',
  help: 'https://platform.minimaxi.com/user-center/basic-information/interface-key',
  types: ['llm', 'text-embedding', 'tts'],
  baseUrl: BASE,
  keyField: 'minimax_api_key',
  providerForm: [
    secret('minimax_api_key'),
    field('minimax_group_id', text('Group ID, of embedding and speech', 'Group ID，向量与语音模型需要')),
    address('endpoint_url', BASE, { default: BASE }),
  ],
  catalogue: 'minimax',
  models: [
    { model: 'embo-01', type: 'text-embedding', context: 4096, batch: 16 },
    ...['speech-2.6-hd', 'speech-2.6-turbo', 'speech-02-hd', 'speech-02-turbo', 'speech-01-hd', 'speech-01-turbo'].map(model => ({
      model,
      type: 'tts' as const,
      voices: VOICES,
    })),
  ],
  probe: { model: 'MiniMax-M2' },
  baseOf: spelled,
  endpoint: ({ model }, { url }) => ({ baseUrl: `${hostOf(url)}/v1`, model: spelled(model), sendsUser: false }),
  calls: ({ fetch }) => ({
    async embed({ model, credentials, signal, purpose }, texts) {
      const type = purpose === 'query' ? 'query' : 'db'
      return embedInBatches(texts, 16, async batch => {
        const answer = await postJson(fetch, urlOf(credentials, 'embeddings'), { model, texts: batch, type }, keyOf(credentials, signal))
        return { vectors: (answer.vectors ?? []) as number[][], tokens: Number(answer.total_tokens ?? 0) }
      })
    },
    async *speak({ model, credentials, signal }, input, voice) {
      const voice_id = voice && VOICES.includes(voice) ? voice : VOICES[0]
      const body = { model, text: input, stream: false, voice_setting: { voice_id }, audio_setting: { format: 'mp3' } }
      const answer = await postJson(fetch, urlOf(credentials, 't2a_v2'), body, keyOf(credentials, signal))
      const audio = (answer.data as { audio?: string } | undefined)?.audio
      if (!audio) throw new ModelError('bad-request', 'The model gave no sound.')
      yield Buffer.from(audio, 'hex')
    },
  }),
})

export const createProvider: typeof createDialect = environment => createDialect({ ...environment, fetch: withStatus(environment.fetch) })

function hostOf(value: unknown): string {
  return addressOf(value, BASE).replace(/\/v1$/, '')
}

function urlOf({ endpoint_url, minimax_group_id }: Json, path: string): string {
  return `${hostOf(endpoint_url)}/v1/${path}${minimax_group_id ? `?GroupId=${encodeURIComponent(String(minimax_group_id))}` : ''}`
}

function keyOf({ minimax_api_key }: Json, signal: AbortSignal | undefined) {
  return { headers: bearer(minimax_api_key), signal }
}

/** The plugin writes names small; the API does not know those. */
function spelled(model: string): string {
  return readCatalogue('minimax').find(known => known.model.toLowerCase() === model.toLowerCase())?.model ?? model
}

const STATUSES: Record<number, number> = { 1002: 429, 1004: 401, 1008: 402, 1039: 400, 2013: 400, 2049: 401 }

/** Failures come with status 200 and a code in the body: given their status, they are like anyone's. */
function withStatus(fetch: Fetch): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (!response.ok || !response.headers.get('content-type')?.includes('json')) return response
    const body = await response.text()
    const { status_code = 0, status_msg = '' } = (safeParse(body)?.base_resp ?? {}) as { status_code?: number; status_msg?: string }
    const { headers } = response
    if (!status_code) return new Response(body, { headers })
    return new Response(JSON.stringify({ error: { message: `${status_msg} (${status_code})` } }), {
      status: STATUSES[status_code] ?? 500,
      headers,
    })
  }
}

function safeParse(body: string): Json | undefined {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
