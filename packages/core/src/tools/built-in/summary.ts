import type { LanguageModels, ModelReference, PromptMessage } from '@weft/ports'
import { DomainError } from '../../errors.ts'

const INSTRUCTION = `You summarise parts of web pages. Say what the text says in your own words, keep its meaning and its key points,
and leave out what is not needed for them. The text may be only a part of a longer one.`

/** Used where a model does not say how much it takes. */
const USUAL_CONTEXT = 8192
const MOST_PASSES = 5

export interface SummaryParts {
  models: LanguageModels
  defaultModel(tenantId: string): Promise<ModelReference | undefined>
}

/** Shortens a text, part by part, until it fits into the usual model. One that fits stays as it is. @throws DomainError, ModelError */
export async function summarize({ models, defaultModel }: SummaryParts, tenantId: string, text: string, user: string, signal: AbortSignal) {
  const reference = await defaultModel(tenantId)
  if (!reference) throw new DomainError('invalid_param', "A summary takes a language model: set the workspace's default one first.")
  const { contextSize } = await models.schema(reference)
  const limit = contextSize ?? USUAL_CONTEXT
  const tokensOf = (content: string) => models.countTokens(reference, [{ role: 'user', content }])
  const ask = async (content: string) => {
    const messages: PromptMessage[] = [
      { role: 'system', content: INSTRUCTION },
      { role: 'user', content },
    ]
    let answer = ''
    for await (const event of models.stream(reference, { messages, parameters: {}, user, signal }))
      if (event.type === 'text') answer += event.text
    return answer
  }
  let current = text
  for (let pass = 0; pass < MOST_PASSES && tokensOf(current) >= limit * 0.6; pass++) {
    const summaries: string[] = []
    for (const part of partsOf(current, Math.floor(limit * 0.5))) summaries.push(await ask(part))
    current = summaries.join('\n')
  }
  return current
}

/** Whole lines as long as they fit, lines that are too long cut. Lengths in characters: there are never more tokens than these. */
function partsOf(text: string, longest: number): string[] {
  const parts: string[] = []
  let part = ''
  const lines = text.split('\n').filter(line => line.trim())
  for (const line of lines.flatMap(whole => whole.match(new RegExp(`[^]{1,${longest}}`, 'g')) ?? [])) {
    if (part && part.length + line.length > longest) {
      parts.push(part)
      part = ''
    }
    part += line
  }
  if (part) parts.push(part)
  return parts
}
