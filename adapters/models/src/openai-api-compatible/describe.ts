import type { ValueMap } from '@weft/contracts'
import type { ModelCredentials, ModelDeclaration, ModelType, ParameterRule } from '@weft/ports'

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

function featuresOf(credentials: ModelCredentials): string[] {
  const features: string[] = []
  if (credentials.function_calling_type === 'function_call') features.push('tool-call')
  if (credentials.function_calling_type === 'tool_call') features.push('multi-tool-call')
  if (credentials.stream_function_calling === 'supported') features.push('stream-tool-call')
  for (const [field, feature] of [
    ['vision_support', 'vision'],
    ['video_support', 'video'],
    ['audio_support', 'audio'],
    ['document_support', 'document'],
  ] as const) {
    if (credentials[field] === 'support') features.push(feature)
  }
  if (credentials.agent_thought_support === 'supported' || credentials.agent_thought_support === 'only_thinking_supported')
    features.push('agent-thought')
  if (credentials.structured_output_support === 'supported') features.push('structured-output')
  return features
}

function propertiesOf(type: ModelType, credentials: ModelCredentials): ValueMap {
  if (type === 'llm')
    return { mode: credentials.mode === 'completion' ? 'completion' : 'chat', context_size: numberOf(credentials.context_size, 4096) }
  if (type === 'text-embedding')
    return { context_size: numberOf(credentials.context_size, 4096), max_chunks: numberOf(credentials.max_chunks, 1) }
  if (type === 'rerank') return { context_size: numberOf(credentials.context_size, 4096) }
  if (type === 'speech2text') return { file_upload_limit: 25, supported_file_extensions: 'flac,mp3,mp4,mpeg,mpga,m4a,ogg,wav,webm' }
  const voices = voicesOf(credentials)
  return {
    default_voice: voices[0] ?? 'alloy',
    voices: voices.map(voice => ({ mode: voice, name: voice, language: ['en-US', 'zh-Hans'] })),
    word_limit: 4096,
    audio_type: 'mp3',
    max_workers: 5,
  }
}

export function voicesOf(credentials: ModelCredentials): string[] {
  return String(credentials.voices || 'alloy')
    .split(',')
    .map(voice => voice.trim())
    .filter(Boolean)
}

/** Prices are given by thousand tokens. */
function pricingOf(credentials: ModelCredentials): ModelDeclaration['pricing'] {
  const [input, output] = [String(credentials.input_price || '0'), String(credentials.output_price || '0')]
  return input === '0' && output === '0'
    ? null
    : { input, output, unit: String(credentials.unit || '0.001'), currency: String(credentials.currency || 'USD') }
}

function parameterRules(credentials: ModelCredentials): ParameterRule[] {
  const rules = [
    rule('temperature', 'Temperature', '温度', 'float', {
      help: {
        en_US: 'Controls how much the answers vary: the higher, the more the same question is answered differently.',
        zh_Hans: '用于决定结果随机性，取值越高，相同的问题得到不同答案的可能性越高。',
      },
      use_template: 'temperature',
      default: 0.7,
      min: 0,
      max: 2,
      precision: 2,
    }),
    rule('top_p', 'Top P', 'Top P', 'float', {
      help: {
        en_US: 'The share of probability that the candidate words come from: the larger, the more the answers vary.',
        zh_Hans: '生成过程中核采样方法概率阈值，取值越大，生成的随机性越高。',
      },
      use_template: 'top_p',
      default: 1,
      min: 0,
      max: 1,
      precision: 2,
    }),
    rule('frequency_penalty', 'Frequency Penalty', '频率惩罚', 'float', {
      help: {
        en_US: 'Makes words less likely the more often they have been used.',
        zh_Hans: '用于控制模型已使用字词的重复率。提高此项可以降低模型在输出中重复相同字词的重复度。',
      },
      use_template: 'frequency_penalty',
      default: 0,
      min: -2,
      max: 2,
      precision: 2,
    }),
    rule('presence_penalty', 'Presence Penalty', '存在惩罚', 'float', {
      help: {
        en_US: 'Makes words less likely once they have been used.',
        zh_Hans: '用于控制模型生成时的重复度。提高此项可以降低模型生成的重复度。',
      },
      use_template: 'presence_penalty',
      default: 0,
      min: -2,
      max: 2,
      precision: 2,
    }),
    rule('max_tokens', 'Max Tokens', '最大标记', 'int', {
      help: { en_US: 'The longest answer, in tokens.', zh_Hans: '模型回答的 tokens 的最大长度。' },
      use_template: 'max_tokens',
      default: 512,
      min: 1,
      max: numberOf(credentials.max_tokens_to_sample, 4096),
      precision: 0,
    }),
  ]
  if (credentials.structured_output_support === 'supported') {
    rules.push(
      rule('response_format', 'Response Format', '回复格式', 'string', {
        help: { en_US: 'The format that the model must answer in.', zh_Hans: '指定模型必须输出的格式。' },
        options: ['text', 'json_object', 'json_schema'],
      }),
      rule('json_schema', 'JSON Schema', 'JSON Schema', 'text', { use_template: 'json_schema' }),
    )
  }
  if (credentials.agent_thought_support === 'supported') rules.push(rule('enable_thinking', 'Thinking mode', '思考模式', 'boolean', {}))
  return rules
}

function rule(
  name: string,
  label: string,
  chineseLabel: string,
  type: ParameterRule['type'],
  extra: Partial<ParameterRule>,
): ParameterRule {
  return {
    name,
    use_template: null,
    label: { en_US: label, zh_Hans: chineseLabel },
    type,
    help: null,
    required: false,
    default: null,
    min: null,
    max: null,
    precision: null,
    options: [],
    ...extra,
  }
}

/** A form's number, which comes as text. */
export function numberOf(value: ModelCredentials[string], fallback: number): number {
  const number = Number(value)
  return value && Number.isFinite(number) && number > 0 ? Math.trunc(number) : fallback
}
