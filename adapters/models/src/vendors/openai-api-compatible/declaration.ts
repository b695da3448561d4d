import type { CredentialField, LocalizedText, ModelType, ProviderDeclaration } from '@weft/ports'
import { choice, field, shownFor, text } from '../../form.ts'

export const declaration: ProviderDeclaration = {
  provider: 'langgenius/openai_api_compatible/openai_api_compatible',
  label: text('OpenAI-API-compatible'),
  description: text(
    "Model providers compatible with OpenAI's API standard, such as LM Studio.",
    '兼容 OpenAI API 的模型供应商，例如 LM Studio 。',
  ),
  icon_small: text('icon.svg'),
  icon_large: null,
  background: null,
  help: null,
  supported_model_types: ['llm', 'rerank', 'text-embedding', 'speech2text', 'tts'],
  configurate_methods: ['customizable-model'],
  provider_credential_schema: null,
  model_credential_schema: {
    model: { label: text('Model Name', '模型名称'), placeholder: text('Enter full model name', '输入模型全称') },
    credential_form_schemas: [
      field('display_name', text('Model display name', '模型显示名称'), {
        placeholder: text('The display name of the model in the interface.', '模型在界面的显示名称'),
      }),
      field('api_key', text('API Key'), { type: 'secret-input', placeholder: text('Enter your API Key', '在此输入您的 API Key') }),
      field('endpoint_url', text('API endpoint URL'), { required: true, placeholder: text('Base URL, e.g. https://api.openai.com/v1') }),
      field('endpoint_model_name', text('model name for API endpoint', 'API endpoint中的模型名称'), {
        placeholder: text('endpoint model name, e.g. chatgpt4.0'),
      }),
      choiceFor('llm', 'mode', text('Completion mode', '对话类型'), 'chat', {
        completion: text('Completion', '补全'),
        chat: text('Chat', '对话'),
      }),
      contextSize('llm'),
      contextSize('text-embedding'),
      contextSize('rerank'),
      field('max_chunks', text('Model max chunks per batch', '模型每批的最大分块数'), {
        required: true,
        default: '1',
        ...shownFor('text-embedding'),
      }),
      field('max_tokens_to_sample', text('Upper bound for max tokens', '最大 token 上限'), { default: '4096', ...shownFor('llm') }),
      choiceFor('llm', 'agent_thought_support', text('Thinking Mode Support', '思考模式支持'), 'not_supported', {
        only_thinking_supported: text('Only Thinking Mode', '仅支持思考模式'),
        not_supported: text('Only Non-Thinking Mode', '仅支持非思考模式'),
        supported: text('Both Modes', '两种模式都支持'),
      }),
      choiceFor('llm', 'token_param_name', text('Token parameter name', 'token 参数名'), 'auto', {
        auto: text('Auto (detect by model)', '自动（按模型判断）'),
        max_tokens: text('Use max_tokens', '使用 max_tokens'),
        max_completion_tokens: text('Use max_completion_tokens', '使用 max_completion_tokens'),
      }),
      choiceFor(
        'llm',
        'user_identity_support',
        text('User Identity Support', '用户标识支持'),
        'support',
        supportOptions('support', 'no_support'),
      ),
      choiceFor('llm', 'stream_include_usage', text('Include Usage in Stream', '流式中包含用量'), 'enabled', {
        enabled: text('Enabled', '启用'),
        disabled: text('Disabled', '禁用'),
      }),
      choiceFor('llm', 'function_calling_type', text('Function Call Type', '函数调用类型'), 'no_call', {
        function_call: text('Function Call', '函数调用'),
        tool_call: text('Tool Call', '工具调用'),
        no_call: text('Not Support', '不支持'),
      }),
      choiceFor(
        'llm',
        'stream_function_calling',
        text('Stream function calling', '流式函数调用'),
        'not_supported',
        supportOptions('supported', 'not_supported'),
      ),
      choiceFor('llm', 'vision_support', text('Vision Support', '视觉支持'), 'no_support', supportOptions('support', 'no_support')),
      choiceFor('llm', 'video_support', text('Video Support', '视频支持'), 'no_support', supportOptions('support', 'no_support')),
      choiceFor('llm', 'audio_support', text('Audio Support', '音频支持'), 'no_support', supportOptions('support', 'no_support')),
      choiceFor('llm', 'document_support', text('Document Support', '文档支持'), 'no_support', supportOptions('support', 'no_support')),
      choiceFor(
        'llm',
        'structured_output_support',
        text('Structured Output', '结构化输出'),
        'not_supported',
        supportOptions('supported', 'not_supported'),
      ),
      choiceFor('llm', 'stream_mode_auth', text('Stream mode auth', '流模式授权'), 'not_use', {
        not_use: text('Not Use', '不使用'),
        use: text('Use', '使用'),
      }),
      field('stream_mode_delimiter', text('Delimiter for streaming results', '流模式返回结果的分隔符'), {
        default: '\\n\\n',
        ...shownFor('llm'),
      }),
      ...['input_price', 'output_price'].map(variable =>
        field(
          variable,
          text(variable === 'input_price' ? 'Input price' : 'Output price', variable === 'input_price' ? '输入单价' : '输出单价'),
          shownFor('llm'),
        ),
      ),
      field('voices', text('Available Voices (comma-separated)', '可用声音（用英文逗号分隔）'), {
        default: 'alloy',
        placeholder: text('alloy,echo,fable,onyx,nova,shimmer'),
        ...shownFor('tts'),
      }),
      field('language', text('Language', '语言'), {
        placeholder: text('ISO-639-1 language code, e.g. zh, en, ru.'),
        ...shownFor('speech2text'),
      }),
    ],
  },
}

function contextSize(type: ModelType): CredentialField {
  const placeholder = text('Enter your Model context size', '在此输入您的模型上下文长度')
  return field('context_size', text('Model context size', '模型上下文长度'), {
    required: true,
    default: '4096',
    placeholder,
    ...shownFor(type),
  })
}

function choiceFor(type: ModelType, variable: string, label: LocalizedText, preset: string, options: Record<string, LocalizedText>) {
  return choice(variable, label, preset, options, shownFor(type))
}

function supportOptions(yes: string, no: string) {
  return { [yes]: text('Support', '支持'), [no]: text('Not Support', '不支持') }
}
