import { aboutModel, secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

const tools = ['tool-call', 'stream-tool-call']

/** Baidu's Qianfan, whose second API takes a bearer key. */
export const createProvider = dialectVendor({
  id: 'langgenius/wenxin/wenxin',
  label: 'WenXin',
  description: 'Baidu Qianfan: the ERNIE models.',
  colour: '#2932e1',
  help: 'https://console.bce.baidu.com/iam/#/iam/apikey/list',
  types: ['llm', 'text-embedding', 'rerank'],
  baseUrl: 'https://qianfan.baidubce.com/v2',
  providerForm: [secret('api_key')],
  modelForm: [secret('api_key'), ...aboutModel('context_size', 'max_tokens', 'function_call')],
  models: [
    { model: 'ernie-4.5-turbo-128k', type: 'llm', features: tools, context: 131072, output: 12288 },
    { model: 'ernie-4.5-turbo-32k', type: 'llm', features: tools, context: 32768, output: 12288 },
    { model: 'ernie-4.5-turbo-vl', type: 'llm', features: ['vision'], context: 131072, output: 16384 },
    { model: 'ernie-x1-turbo-32k', type: 'llm', features: ['agent-thought', ...tools], context: 32768, output: 28160 },
    { model: 'ernie-4.0-8k', type: 'llm', features: tools, context: 8192, output: 2048 },
    { model: 'ernie-4.0-8k-latest', type: 'llm', features: tools, context: 8192, output: 2048 },
    { model: 'ernie-4.0-turbo-8k', type: 'llm', features: tools, context: 8192, output: 2048 },
    { model: 'ernie-4.0-turbo-128k', type: 'llm', features: tools, context: 131072, output: 4096 },
    { model: 'ernie-3.5-8k', type: 'llm', features: tools, context: 8192, output: 2048 },
    { model: 'ernie-3.5-128k', type: 'llm', features: tools, context: 131072, output: 4096 },
    { model: 'ernie-speed-8k', type: 'llm', context: 8192, output: 2048 },
    { model: 'ernie-speed-128k', type: 'llm', context: 131072, output: 4096 },
    { model: 'ernie-speed-pro-128k', type: 'llm', context: 131072, output: 4096 },
    { model: 'ernie-lite-8k', type: 'llm', context: 8192, output: 2048 },
    { model: 'ernie-lite-pro-128k', type: 'llm', features: tools, context: 131072, output: 4096 },
    { model: 'ernie-character-8k', type: 'llm', context: 8192, output: 2048 },
    { model: 'embedding-v1', type: 'text-embedding', context: 384, batch: 16 },
    { model: 'bge-large-zh', type: 'text-embedding', context: 512, batch: 16 },
    { model: 'bge-large-en', type: 'text-embedding', context: 512, batch: 16 },
    { model: 'tao-8k', type: 'text-embedding', context: 8192, batch: 1 },
    { model: 'bce-reranker-base', type: 'rerank', context: 1024 },
  ],
  probe: { model: 'ernie-lite-pro-128k' },
  endpoint: ({ model }) => ({
    // Before its second API the vendor called these by other names.
    model:
      {
        'ernie-bot-4': 'ernie-4.0-8k',
        'ernie-bot': 'ernie-3.5-8k',
        'ernie-bot-8k': 'ernie-3.5-8k',
        'ernie-bot-turbo': 'ernie-lite-8k',
        'bce-reranker-base': 'bce-reranker-base_v1',
      }[model] ?? model,
  }),
})
