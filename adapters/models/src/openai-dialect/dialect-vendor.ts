import type { ModelCall, ParameterRule } from '@weft/ports'
import { type CatalogueModel, outputOf } from '../catalogue.ts'
import { maxTokens, penalties, reasoningEffort, responseFormats, temperature, topP } from '../parameter-rules.ts'
import {
  type CreateProvider,
  catalogueOf,
  createVendor,
  type VendorCalls,
  type VendorDefinition,
  type VendorEnvironment,
} from '../vendor.ts'
import { type Endpoint, endpointOf } from './endpoint.ts'
import { languageModelEvents } from './language-model.ts'
import { embed, moderate, ping, rerank, speak, transcribe } from './other-models.ts'

/** A vendor that speaks OpenAI's dialect: a declaration, with a word on where it differs. */
export interface DialectVendor extends Omit<VendorDefinition, 'rules'> {
  /** Unless the credentials name another address. */
  baseUrl: string
  /** The credentials' names for key and address. */
  keyField?: string
  addressField?: string
  rules?(model: CatalogueModel): ParameterRule[]
  /** Where calls differ from `endpointOf`'s. */
  endpoint?(call: ModelCall, base: { url: string }): Partial<Endpoint>
  /** What is called in another way than the dialect's. */
  calls?(environment: VendorEnvironment, dialect: VendorCalls): VendorCalls
}

export function dialectVendor(vendor: DialectVendor): CreateProvider {
  const { keyField = 'api_key', addressField = 'endpoint_url', baseUrl } = vendor
  return environment => {
    const { calls, rules = dialectRules } = vendor
    const reach = (call: ModelCall): Endpoint => {
      const url = String(call.credentials[addressField] || baseUrl)
      return endpointOf(call, url, call.credentials[keyField], { ...listed(vendor, call), ...vendor.endpoint?.(call, { url }) })
    }
    const dialect = dialectCalls(environment, reach, vendor.types)
    return createVendor(environment, { hasUnlisted: true, ...vendor, rules }, { ...dialect, ...calls?.(environment, dialect) })
  }
}

/** What the catalogue says that a call needs. */
function listed(vendor: DialectVendor, { type, model }: ModelCall): Partial<Endpoint> {
  if (type !== 'tts' && type !== 'text-embedding') return {}
  const found = catalogueOf(vendor).find(item => item.model === model && item.type === type)
  return { ...(found?.voices && { voices: found.voices }), ...(found?.batch && { batch: found.batch }) }
}

/** The calls of the kinds given. @param reach where a call goes */
export function dialectCalls(
  environment: VendorEnvironment,
  reach: (call: ModelCall) => Endpoint | Promise<Endpoint>,
  types: readonly string[],
): VendorCalls {
  const { fetch } = environment
  const kinds: VendorCalls = {
    async *stream(call, request, { pricing }) {
      yield* languageModelEvents(environment, { endpoint: await reach(call), request, pricing, signal: call.signal })
    },
    ping: async call => ping(fetch, await reach(call), call),
    embed: async (call, texts) => embed(fetch, await reach(call), texts, call),
    rerank: async (call, query, documents, limit) => rerank(fetch, await reach(call), query, documents, limit, call),
    async *speak(call, text, voice) {
      yield* speak(fetch, await reach(call), text, voice, call)
    },
    transcribe: async (call, audio) => transcribe(fetch, await reach(call), audio, call),
    moderate: async (call, text) => moderate(fetch, await reach(call), text, call),
  }
  const kindOf: Partial<Record<keyof VendorCalls, string>> = {
    stream: 'llm',
    ping: 'llm',
    embed: 'text-embedding',
    rerank: 'rerank',
    speak: 'tts',
    transcribe: 'speech2text',
    moderate: 'moderation',
  }
  return Object.fromEntries(Object.entries(kinds).filter(([name]) => types.includes(kindOf[name as keyof VendorCalls] ?? '')))
}

export function dialectRules(model: CatalogueModel): ParameterRule[] {
  const has = (feature: string) => model.features?.includes(feature) ?? false
  return [
    ...(model.fixedTemperature ? [] : [temperature(2, 0.7), topP(), ...penalties()]),
    maxTokens(outputOf(model), 4096),
    ...(has('agent-thought') ? [reasoningEffort('low', 'medium', 'high')] : []),
    ...(has('structured-output') ? responseFormats('text', 'json_object', 'json_schema') : []),
  ]
}
