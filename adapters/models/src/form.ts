import type { CredentialField, LocalizedText, ModelType, ShowCondition } from '@weft/ports'

/** The parts that vendors' credential forms are made of. */

export function text(en: string, zh?: string): LocalizedText {
  return { en_US: en, zh_Hans: zh ?? en }
}

/** A line of text that may stay empty, unless said otherwise. */
export function field(variable: string, label: string | LocalizedText, extra: Partial<CredentialField> = {}): CredentialField {
  return {
    variable,
    label: typeof label === 'string' ? text(label) : label,
    type: 'text-input',
    required: false,
    default: null,
    options: null,
    placeholder: null,
    max_length: 0,
    show_on: [],
    ...extra,
  }
}

export function secret(variable: string, label: string | LocalizedText = 'API Key', extra: Partial<CredentialField> = {}): CredentialField {
  const name = typeof label === 'string' ? label : label.en_US
  return field(variable, label, {
    type: 'secret-input',
    required: true,
    placeholder: text(`Enter your ${name}`, `在此输入您的 ${name}`),
    ...extra,
  })
}

/** The address of the vendor's API, for gateways and mirrors. */
export function address(variable: string, example: string, extra: Partial<CredentialField> = {}): CredentialField {
  return field(variable, text('API Base URL', 'API 地址'), { placeholder: text(`e.g. ${example}`, `例如 ${example}`), ...extra })
}

export function choice(
  variable: string,
  label: string | LocalizedText,
  preset: string,
  options: Record<string, string | LocalizedText>,
  extra: Partial<CredentialField> = {},
): CredentialField {
  return field(variable, label, {
    type: 'select',
    default: preset,
    options: Object.entries(options).map(([value, name]) => ({ label: typeof name === 'string' ? text(name) : name, value, show_on: [] })),
    ...extra,
  })
}

export function shownFor(...types: [ModelType]): { show_on: ShowCondition[] } {
  return { show_on: types.map(value => ({ variable: '__model_type', value })) }
}

export function shownWhen(variable: string, value: string): { show_on: ShowCondition[] } {
  return { show_on: [{ variable, value }] }
}

const llm = shownFor('llm')

/** What a custom model's form asks about the model itself. `names` are the vendor's plugin's own. */
export function aboutModel(
  ...names: ('mode' | 'context_size' | 'max_tokens' | 'max_tokens_to_sample' | 'function_call' | 'tool_call' | 'vision' | 'reasoning')[]
): CredentialField[] {
  const most = text('Upper bound for max tokens', '最大 token 上限')
  const tools = (value: string) =>
    choice(
      'function_calling_type',
      text('Function calling', '函数调用'),
      'no_call',
      { no_call: text('Not Support', '不支持'), [value]: text('Support', '支持') },
      llm,
    )
  const support = { support: text('Support', '支持'), no_support: text('Not Support', '不支持') }
  const parts: Record<(typeof names)[number], () => CredentialField> = {
    mode: () =>
      choice(
        'mode',
        text('Completion mode', '对话类型'),
        'chat',
        { completion: text('Completion', '补全'), chat: text('Chat', '对话') },
        llm,
      ),
    context_size: () => field('context_size', text('Model context size', '模型上下文长度'), { required: true, default: '4096' }),
    max_tokens: () => field('max_tokens', most, { default: '4096', ...llm }),
    max_tokens_to_sample: () => field('max_tokens_to_sample', most, { default: '4096', ...llm }),
    function_call: () => tools('function_call'),
    tool_call: () => tools('tool_call'),
    vision: () => choice('vision_support', text('Vision Support', '视觉支持'), 'no_support', support, { type: 'radio', ...llm }),
    reasoning: () => choice('reasoning_support', text('Reasoning Support', '推理支持'), 'no_support', support, { type: 'radio', ...llm }),
  }
  return names.map(name => parts[name]())
}
