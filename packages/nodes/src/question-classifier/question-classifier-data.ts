import type { ValueMap } from '@weft/contracts'
import { z } from 'zod'
import { type MemorySettings, type ModelSettings, memorySchema, modelSchema, visionSchema } from '../llm/llm-data.ts'
import { parseNodeData, selectorSchema, withDefault } from '../node-data.ts'

export interface QuestionClass {
  /** The handle to leave by. */
  id: string
  /** A template in the prompt, as it stands in the outputs. */
  name: string
}

export interface QuestionClassifierData {
  querySelector: string[]
  model: ModelSettings
  classes: QuestionClass[]
  instruction: string
  memory: MemorySettings | null
  vision: { isEnabled: boolean; selector: string[]; detail: 'high' | 'low' }
}

const schema = z.object({
  query_variable_selector: selectorSchema,
  model: modelSchema,
  classes: z.array(z.object({ id: z.string(), name: z.string() })),
  instruction: withDefault(z.string(), ''),
  memory: memorySchema.nullish(),
  vision: visionSchema,
})

export function parseQuestionClassifierData(data: ValueMap): QuestionClassifierData {
  const { query_variable_selector, memory, ...rest } = parseNodeData(schema, data)
  return { ...rest, querySelector: query_variable_selector, memory: memory ?? null }
}
