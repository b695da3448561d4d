import type { ModelCall, ModelCredentials } from '@weft/ports'
import { addressOf, bearer } from '../http.ts'

/** How rerankers differ: in path, in body, in answer. */
export type RerankStyle = 'jina' | 'voyage' | 'tei' | 'nvidia' | 'dashscope'

/** Where and how a model that speaks OpenAI's dialect is called. */
export interface Endpoint {
  /** Without a slash at its end. */
  baseUrl: string
  headers: Record<string, string>
  /** Of every address: `api-version=…`. */
  query?: string
  /** The model's name there. */
  model: string
  mode: 'chat' | 'completion'
  /** Asks for the count of tokens at a stream's end. */
  asksForUsage: boolean
  sendsUser: boolean
  canStreamTools: boolean
  /** Under which name the longest answer goes out. Undefined: by the model's name. */
  tokensName?: 'max_tokens' | 'max_completion_tokens'
  /** How a body says whether to think; undefined: by the model's chat template. */
  thinkingSwitch?: (isOn: boolean) => object
  /** The vendor always says why an answer ended. */
  saysWhyItEnds: boolean
  rerankStyle: RerankStyle
  /** Addresses of models that live elsewhere. */
  rerankUrl?: string
  /** Texts per request. */
  batch: number
  /** Further members of bodies, by kind. */
  extra?: { chat?: object; embeddings?: object; speech?: object }
  voices: string[]
  audioFormat: string
  /** Of speech to be transcribed. */
  language?: string
  /** The short test streams, for endpoints that can do nothing else. */
  pingsByStream?: boolean
}

/** An endpoint as most vendors have it; `more` says where this one differs. */
export function endpointOf(call: ModelCall, baseUrl: string, key: ModelCredentials[string], more: Partial<Endpoint> = {}): Endpoint {
  return {
    baseUrl: addressOf(baseUrl),
    headers: bearer(key),
    model: call.model,
    mode: call.credentials.mode === 'completion' ? 'completion' : 'chat',
    asksForUsage: true,
    sendsUser: true,
    canStreamTools: true,
    saysWhyItEnds: true,
    rerankStyle: 'jina',
    batch: 16,
    voices: ['alloy'],
    audioFormat: 'mp3',
    ...more,
  }
}

export function urlOf({ baseUrl, query }: Endpoint, path: string): string {
  return `${baseUrl}/${path}${query ? `?${query}` : ''}`
}

const NEEDS_MAX_COMPLETION_TOKENS = /^(o\d|gpt-[5-9])/i

/** The name under which the longest answer goes out. */
export function tokensNameOf({ tokensName, model }: Endpoint): 'max_tokens' | 'max_completion_tokens' {
  return tokensName ?? (NEEDS_MAX_COMPLETION_TOKENS.test(model) ? 'max_completion_tokens' : 'max_tokens')
}
