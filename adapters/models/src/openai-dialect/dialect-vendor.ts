import type { ModelCall, ParameterRule } from '@weft/ports'
import { type CatalogueModel, outputOf, readCatalogue } from '../catalogue.ts'
import { maxTokens, penalties, reasoningEffort, responseFormats, temperature, topP } from '../parameter-rules.ts'
import { type CreateProvider, createVendor, type VendorCalls, type VendorDefinition, type VendorEnvironment } from '../vendor.ts'
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
  calls?(environment: VendorEnvironment): VendorCalls
}

export function dialectVendor(vendor: DialectVendor): CreateProvider {
  const { keyField = 'api_key', addressField = 'endpoint_url', baseUrl } = vendor
  return environment => {
    const { calls, rules = dialectRules } = vendor
    const reach = (call: ModelCall): Endpoint => {
      const url = String(call.credentials[addressField] || baseUrl)
      return endpointOf(call, url, call.credentials[keyField], { ...listed(vendor, call), ...vendor.endpoint?.(call, { url }) })
    }
    return createVendor(
      environment,
      { hasUnlisted: true, ...vendor, rules },
      { ...dialectCalls(environment, reach, vendor.types), ...calls?.(environment) },
    )
  }
}

/** What the catalogue says that a call needs. */
function listed({ catalogue, models }: DialectVendor, { type, model }: ModelCall): Partial<Endpoint> {
  if (type !== 'tts' && type !== 'text-embedding') return {}
  const found = [...(models ?? []), ...(catalogue ? readCatalogue(catalogue) : [])].find(item => item.model === model && item.type === type)
  return { ...(found?.voices && { voices: found.voices }), ...(found?.batch && { batch: found.batch }) }
}

export function dialectCalls(environment: VendorEnvironment, reach: (call: ModelCall) => Endpoint, types: readonly string[]): VendorCalls {
  const { fetch } = environment
  const kinds: VendorCalls = {
    stream: (call, request, { pricing }) =>
      languageModelEvents(environment, { endpoint: reach(call), request, pricing, signal: call.signal }),
    ping: call => ping(fetch, reach(call), call),
    embed: (call, texts) => embed(fetch, reach(call), texts, call),
    rerank: (call, query, documents, limit) => rerank(fetch, reach(call), query, documents, limit, call),
    speak: (call, text, voice) => speak(fetch, reach(call), text, voice, call),
    transcribe: (call, audio) => transcribe(fetch, reach(call), audio, call),
    moderate: (call, text) => moderate(fetch, reach(call), text, call),
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
