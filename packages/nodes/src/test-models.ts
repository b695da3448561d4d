import type { LanguageModels, ModelEvent, ModelReference, ModelRequest, ModelSchema } from '@weft/ports'
import { createUsage, estimateMessageTokens } from '@weft/ports'

export type ScriptedAnswer = string | Error | ModelEvent[]

/** Models that answer from a script, one answer per call, and keep what they were asked. */
export class ScriptedModels implements LanguageModels {
  readonly requests: (ModelRequest & { reference: ModelReference })[] = []
  readonly #answers: ScriptedAnswer[]
  readonly #schema: Partial<ModelSchema>

  constructor(answers: ScriptedAnswer[], schema: Partial<ModelSchema> = {}) {
    this.#answers = answers
    this.#schema = schema
  }

  async schema(reference: ModelReference): Promise<ModelSchema> {
    const features = ['vision', 'structured-output', 'multi-tool-call']
    return { ...reference, mode: 'chat', features, contextSize: 8192, maxOutputTokens: null, parameterRules: [], ...this.#schema }
  }

  async *stream(reference: ModelReference, request: ModelRequest): AsyncGenerator<ModelEvent> {
    const answer = this.#answers[this.requests.length] ?? ''
    this.requests.push({ ...request, reference })
    if (answer instanceof Error) throw answer
    if (Array.isArray(answer)) yield* answer
    else for (const text of answer.match(/\s*\S+\s*/g) ?? []) yield { type: 'text', text }
    yield { type: 'finish', reason: 'stop', usage: createUsage(3, 5, 0.25) }
  }

  countTokens: LanguageModels['countTokens'] = (_reference, messages) => estimateMessageTokens(messages)
}
