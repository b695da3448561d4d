import { choice, field, shownFor, text } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/localai/localai',
  label: 'LocalAI',
  description: "Models on one's own LocalAI server.",
  colour: '#1f6feb',
  help: 'https://localai.io',
  types: ['llm', 'text-embedding', 'rerank', 'speech2text'],
  baseUrl: '',
  modelForm: [
    choice(
      'completion_type',
      text('Completion type', '补全类型'),
      'chat_completion',
      { completion: text('Completion', '补全'), chat_completion: text('ChatCompletion', '对话') },
      shownFor('llm'),
    ),
    field('server_url', text('Server url', '服务器 URL'), { required: true, placeholder: text('e.g. http://192.168.1.100:8080') }),
    field('context_size', text('Context size', '上下文大小'), shownFor('llm')),
  ],
  endpoint: ({ credentials }) => ({
    baseUrl: `${String(credentials.server_url ?? '').replace(/(\/v1)?\/*$/, '')}/v1`,
    mode: credentials.completion_type === 'completion' ? 'completion' : 'chat',
    saysWhyItEnds: false,
  }),
})
