import type { ValueMap } from '@weft/contracts'
import type { RunContext } from '@weft/engine'
import { type ConversationHistory, estimateMessageTokens, type ModelSchema, type PastTurn } from '@weft/ports'
import type { MemorySettings } from './llm-data.ts'

const MAX_TURNS = 500
/** What history may take where a model does not say how much it can read. */
const DEFAULT_TOKENS = 2000

export interface MemoryBudget {
  model: ModelSchema
  parameters: ValueMap
  /** Tokens that the rest of the prompt takes. */
  promptTokens: number
}

/** The turns to remember, oldest first: as many of the newest as the window and the model have room for, one at least. */
export async function rememberedTurns(
  history: ConversationHistory,
  memory: MemorySettings,
  run: RunContext,
  budget: MemoryBudget,
): Promise<PastTurn[]> {
  const { tenantId, appId, conversationId, messageId, parentMessageId } = run
  if (!conversationId) return []
  const limit = Math.min(memory.limit ?? MAX_TURNS, MAX_TURNS)
  const turns = await history.turns({ tenantId, appId, conversationId, messageId, parentMessageId }, limit)
  const room = roomFor(budget)
  let tokens = 0
  let first = turns.length
  for (const turn of turns.toReversed()) {
    tokens += estimateMessageTokens([
      { role: 'user', content: turn.query },
      { role: 'assistant', content: turn.answer },
    ])
    if (tokens > room && first < turns.length) break
    first--
  }
  return turns.slice(first)
}

function roomFor({ model, parameters, promptTokens }: MemoryBudget): number {
  if (!model.contextSize) return DEFAULT_TOKENS
  const rule = model.parameterRules.find(({ name, use_template }) => name === 'max_tokens' || use_template === 'max_tokens')
  const answerTokens = rule ? Number(parameters[String(rule.name)] ?? parameters.max_tokens ?? 0) || 0 : 0
  return Math.max(0, model.contextSize - answerTokens - promptTokens)
}

/** The turns as the lines that a completion model reads. */
export function historyText(turns: readonly PastTurn[], prefix: { user: string; assistant: string }): string {
  return turns
    .flatMap(turn => {
      const pictures = turn.files.filter(file => file.type === 'image').map(() => '[image]\n')
      return [`${prefix.user}: ${pictures.join('')}${turn.query}`, `${prefix.assistant}: ${turn.answer}`]
    })
    .join('\n')
}

/** The remembered turns as lines inside a prompt of the node's own; empty where it remembers nothing. */
export async function rememberedLines(
  history: ConversationHistory,
  memory: MemorySettings | null,
  run: RunContext,
  budget: MemoryBudget,
): Promise<string> {
  if (!memory) return ''
  const prefix = memory.rolePrefix ?? { user: '', assistant: '' }
  const turns = await rememberedTurns(history, memory, run, budget)
  return historyText(turns, { user: prefix.user || 'Human', assistant: prefix.assistant || 'Assistant' })
}
