import type { ValueMap } from '@weft/contracts'
import type { ModelCredentials, ModelDeclaration, ModelType, ParameterRule } from '@weft/ports'
import { AUDIO_FORMATS, speechProperties } from '../../catalogue.ts'
import { contextOf, featuresOf, numberOf, outputLimitOf, voicesOf } from '../../custom-model.ts'
import { maxTokens, penalties, responseFormats, temperature, thinking, topP } from '../../parameter-rules.ts'

/** What a model of the type can do by its credentials. */
export function describeModel(type: ModelType, model: string, credentials: ModelCredentials): ModelDeclaration {
  const name = String(credentials.display_name || model)
  const isLanguageModel = type === 'llm'
  return {
    model,
    label: { en_US: name, zh_Hans: name },
    model_type: type,
    features: isLanguageModel ? featuresOf(credentials) : null,
    fetch_from: 'customizable-model',
    model_properties: propertiesOf(type, credentials),
    parameter_rules: isLanguageModel ? parameterRules(credentials) : [],
    pricing: isLanguageModel ? pricingOf(credentials) : null,
    deprecated: false,
  }
}

function propertiesOf(type: ModelType, credentials: ModelCredentials): ValueMap {
  const context_size = contextOf(credentials) ?? 4096
  if (type === 'llm') return { mode: credentials.mode === 'completion' ? 'completion' : 'chat', context_size }
  if (type === 'text-embedding') return { context_size, max_chunks: numberOf(credentials.max_chunks, 1) }
  if (type === 'rerank') return { context_size }
  if (type === 'speech2text') return { file_upload_limit: 25, supported_file_extensions: AUDIO_FORMATS }
  return speechProperties(voicesOf(credentials))
}

/** Prices are given by thousand tokens. */
function pricingOf(credentials: ModelCredentials): ModelDeclaration['pricing'] {
  const [input, output] = [String(credentials.input_price || '0'), String(credentials.output_price || '0')]
  return input === '0' && output === '0'
    ? null
    : { input, output, unit: String(credentials.unit || '0.001'), currency: String(credentials.currency || 'USD') }
}

function parameterRules(credentials: ModelCredentials): ParameterRule[] {
  return [
    temperature(2, 0.7),
    topP(),
    ...penalties(),
    { ...maxTokens(outputLimitOf(credentials) ?? 4096, 512), default: 512 },
    ...(credentials.structured_output_support === 'supported' ? responseFormats('text', 'json_object', 'json_schema') : []),
    ...(credentials.agent_thought_support === 'supported' ? [{ ...thinking('enable_thinking'), help: null }] : []),
  ]
}
