import type { ValueMap } from '@weft/contracts'
import { z } from 'zod'
import { type MemorySettings, type ModelSettings, memorySchema, modelSchema, visionSchema } from '../llm/llm-data.ts'
import { parseNodeData, selectorSchema, withDefault } from '../node-data.ts'

export type ParameterType = 'string' | 'number' | 'boolean' | 'array[string]' | 'array[number]' | 'array[object]' | 'array[boolean]'

export interface ExtractedParameter {
  name: string
  type: ParameterType
  /** The only texts allowed, for texts. */
  options: string[] | null
  description: string
  required: boolean
}

export interface ParameterExtractorData {
  model: ModelSettings
  querySelector: string[]
  parameters: ExtractedParameter[]
  instruction: string | null
  reasoningMode: 'function_call' | 'prompt'
  memory: MemorySettings | null
  vision: { isEnabled: boolean; selector: string[]; detail: 'high' | 'low' }
}

/** What older files call the types. */
const OLD_TYPES: Record<string, ParameterType> = { bool: 'boolean', select: 'string' }
const RESERVED_NAMES = new Set(['__reason', '__is_success'])

const parameterSchema = z.object({
  name: z
    .string()
    .min(1, 'must not be empty')
    .refine(name => !RESERVED_NAMES.has(name), '__reason and __is_success are reserved'),
  type: z.preprocess(
    type => (typeof type === 'string' ? (OLD_TYPES[type] ?? type) : type),
    z.enum(['string', 'number', 'boolean', 'array[string]', 'array[number]', 'array[object]', 'array[boolean]']),
  ),
  options: withDefault(z.array(z.string()).nullable(), null),
  description: z.string(),
  required: z.boolean(),
})

const schema = z.object({
  model: modelSchema,
  query: selectorSchema,
  parameters: z.array(parameterSchema),
  instruction: withDefault(z.string().nullable(), null),
  reasoning_mode: withDefault(z.enum(['function_call', 'prompt', '']), 'function_call').transform(mode => mode || 'function_call'),
  memory: memorySchema.nullish(),
  vision: visionSchema,
})

export function parseParameterExtractorData(data: ValueMap): ParameterExtractorData {
  const { query, reasoning_mode, memory, ...rest } = parseNodeData(schema, data)
  return { ...rest, querySelector: query, reasoningMode: reasoning_mode, memory: memory ?? null }
}

/** The JSON Schema of what is to be extracted. */
export function schemaOfParameters(parameters: readonly ExtractedParameter[]): ValueMap {
  const properties = parameters.map(({ name, type, options, description }): [string, ValueMap] => {
    const element = /^array\[(\w+)\]$/.exec(type)?.[1]
    const typed: ValueMap = element ? { type: 'array', items: { type: element } } : { type }
    return [name, { description, ...typed, ...(options?.length ? { enum: options } : {}) }]
  })
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: parameters.filter(parameter => parameter.required).map(parameter => parameter.name),
  }
}
