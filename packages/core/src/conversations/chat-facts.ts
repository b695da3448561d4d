import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import type { KeywordModeration } from './moderation.ts'

/** What a chat turn has to know to write its rows, kept with the run. */
export interface ChatTurnFacts {
  query: string
  inputs: ValueMap
  files: Value[]
  fromSource: 'api' | 'console'
  /** Present where the turn begins its conversation. */
  conversation?: { name: string; introduction: string }
  /** Values of conversation variables that the conversation has not yet. */
  newVariables: { id: string; name: string; description: string; value_type: string; value: Value; position: number }[]
  /** Words that the answer must not hold. */
  moderation?: KeywordModeration
}

/** What a run's row holds of its chat turn. */
export function chatFactsOf(features: ValueMap | undefined): ChatTurnFacts | undefined {
  return isValueMap(features) && typeof features.query === 'string' ? (features as unknown as ChatTurnFacts) : undefined
}
