import { isValueMap, parseJson } from '@weft/contracts'
import type { LanguageModels, ModelReference } from '@weft/ports'

/** Small jobs that a language model does around conversations. Each takes the workspace's default model. */
export interface LanguageTasks {
  /** A short title for a conversation that begins with the question. Undefined where there is no model, or it fails. */
  nameConversation(tenantId: string, query: string): Promise<string | undefined>
  /** Up to three questions that a user may ask next. Empty where there is no model, or it fails. */
  suggestQuestions(tenantId: string, turns: { query: string; answer: string }[]): Promise<string[]>
}

export interface LanguageTaskOptions {
  models: LanguageModels
  /** The workspace's default language model. */
  defaultModel(tenantId: string): Promise<ModelReference | undefined>
  onError(error: unknown): void
}

export function createLanguageTasks({ models, defaultModel, onError }: LanguageTaskOptions): LanguageTasks {
  async function ask(
    tenantId: string,
    prompt: string,
    parameters: { max_tokens: number; temperature: number },
  ): Promise<string | undefined> {
    const model = await defaultModel(tenantId)
    if (!model) return undefined
    let text = ''
    for await (const event of models.stream(model, { messages: [{ role: 'user', content: prompt }], parameters })) {
      if (event.type === 'text') text += event.text
    }
    return text
  }
  return {
    async nameConversation(tenantId, query) {
      try {
        const question = (query.length > 2000 ? `${query.slice(0, 300)}...[TRUNCATED]...${query.slice(-300)}` : query).replaceAll('\n', ' ')
        const reply = await ask(tenantId, `${TITLE_INSTRUCTIONS}${question}\n`, { max_tokens: 500, temperature: 1 })
        if (reply === undefined) return undefined
        const title = readTitle(reply) ?? question
        const trimmed = title.trim()
        return trimmed.length > 75 ? `${trimmed.slice(0, 75)}...` : trimmed
      } catch (error) {
        onError(error)
        return undefined
      }
    },
    async suggestQuestions(tenantId, turns) {
      try {
        const history = turns.map(turn => `Human: ${turn.query}\nAssistant: ${turn.answer}`).join('\n')
        const reply = await ask(tenantId, `${history.slice(-12_000)}\n${SUGGESTION_INSTRUCTIONS}\nquestions:\n`, {
          max_tokens: 256,
          temperature: 0,
        })
        return readQuestions(reply ?? '')
      } catch (error) {
        onError(error)
        return []
      }
    },
  }
}

const TITLE_INSTRUCTIONS = `Give the chat that begins with the user input below a title: what the user wants, and about what.
Write it in the language of the input, as one short, natural and friendly phrase.
Answer with nothing but a JSON object of these keys:
{
  "Language Type": "<the input's language>",
  "Your Reasoning": "<why, briefly, in that language>",
  "Your Output": "<the title>"
}

User input:
`

const SUGGESTION_INSTRUCTIONS = `Please predict the three most likely questions that the human would ask next, each under 20 characters, in the language of the assistant's latest answer.
The output must be a JSON array and nothing else: ["question1", "question2", "question3"]`

/** The title in the outermost braces of a reply. */
function readTitle(reply: string): string | undefined {
  const json = reply.slice(reply.indexOf('{'), reply.lastIndexOf('}') + 1)
  try {
    const parsed = parseJson(json)
    const title = isValueMap(parsed) ? parsed['Your Output'] : undefined
    return typeof title === 'string' && title.trim() ? title : undefined
  } catch {
    return undefined
  }
}

function readQuestions(reply: string): string[] {
  const json = reply.slice(reply.indexOf('['), reply.lastIndexOf(']') + 1)
  try {
    const parsed = parseJson(json)
    return Array.isArray(parsed) ? parsed.filter(item => typeof item === 'string') : []
  } catch {
    return []
  }
}
