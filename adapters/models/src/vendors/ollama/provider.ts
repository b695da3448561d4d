import { type ModelCall, ModelError, type ModelProvider } from '@weft/ports'
import { type CatalogueModel, outputOf } from '../../catalogue.ts'
import { aboutModel, choice, field, secret, shownFor, text } from '../../form.ts'
import { addressOf, bearer, embedInBatches, postJson } from '../../http.ts'
import { maxTokens, responseFormats, rule, seed, temperature, thinking, topK, topP } from '../../parameter-rules.ts'
import { createVendor, type VendorEnvironment } from '../../vendor.ts'
import { ollamaEvents } from './language-model.ts'

const isSupported = (variable: string, label: string, zh: string) =>
  choice(variable, text(label, zh), 'false', { true: text('Yes', '是'), false: text('No', '否') }, { type: 'radio', ...shownFor('llm') })

/** Ollama's own API, as its dialect of OpenAI's cannot be told the size of the context. */
export function createProvider(environment: VendorEnvironment): ModelProvider {
  const { fetch } = environment
  return createVendor(
    environment,
    {
      id: 'langgenius/ollama/ollama',
      label: 'Ollama',
      description: "Models on one's own Ollama server.",
      colour: '#000000',
      help: 'https://docs.ollama.com',
      types: ['llm', 'text-embedding', 'rerank'],
      modelForm: [
        field('base_url', text('Base URL', '基础 URL'), { required: true, placeholder: text('e.g. http://192.168.1.100:11434') }),
        secret('api_key', 'API Key', { required: false }),
        ...aboutModel('mode', 'context_size', 'max_tokens'),
        isSupported('vision_support', 'Vision support', '是否支持视觉'),
        isSupported('function_call_support', 'Function call support', '是否支持函数调用'),
      ],
      rules,
    },
    {
      stream: (call, request, { pricing }) => ollamaEvents(environment, call, request, pricing),
      embed: ({ model, credentials, signal }, texts) =>
        embedInBatches(texts, 16, async input => {
          const url = `${addressOf(credentials.base_url)}/api/embed`
          const answer = await postJson(fetch, url, { model, input }, { headers: bearer(credentials.api_key), signal })
          return { vectors: (answer.embeddings ?? []) as number[][], tokens: Number(answer.prompt_eval_count ?? 0) }
        }),
      rerank: async (call, query, documents, limit) => rank(await embedAll(call, [query, ...documents]), limit),
    },
  )

  /** Ollama has no reranking: documents are ranked by how near their vectors are to the question's. */
  async function embedAll({ model, credentials, signal }: ModelCall, input: string[]): Promise<number[][]> {
    const url = `${addressOf(credentials.base_url)}/api/embed`
    const answer = await postJson(fetch, url, { model, input }, { headers: bearer(credentials.api_key), signal })
    if (!Array.isArray(answer.embeddings)) throw new ModelError('bad-request', 'The model gave no ranking.')
    return answer.embeddings as number[][]
  }
}

function rank([question = [], ...documents]: number[][], limit = documents.length): { index: number; score: number }[] {
  return documents
    .map((vector, index) => ({ index, score: cosine(question, vector) }))
    .sort((left, right) => right.score - left.score)
    .slice(0, limit)
}

function cosine(left: number[], right: number[]): number {
  let [product, leftSquares, rightSquares] = [0, 0, 0]
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0
    product += value * other
    leftSquares += value * value
    rightSquares += other * other
  }
  return product / (Math.sqrt(leftSquares * rightSquares) || 1)
}

function rules(model: CatalogueModel) {
  return [
    temperature(1, 0.1),
    topP(0.9),
    topK(),
    rule('repeat_penalty', text('Repeat Penalty', '重复惩罚'), 'float', { min: -2, max: 2, precision: 2 }),
    maxTokens(outputOf(model), 128, 'num_predict'),
    rule('num_ctx', text('Size of the context window', '上下文窗口大小'), 'int', { default: model.context ?? 2048, min: 1 }),
    seed(),
    rule('keep_alive', text('Keep alive', '模型存活时间'), 'string'),
    thinking('think'),
    ...responseFormats('json', 'json_schema'),
  ]
}
