import type { ValueMap } from '@weft/contracts'
import { z } from 'zod'
import { integerSchema, parseNodeData, selectorSchema, valueSchema, withDefault } from '../node-data.ts'

export interface ModelSettings {
  provider: string
  name: string
  mode: 'chat' | 'completion'
  /** `completion_params` without `stop`. */
  parameters: ValueMap
  stop: string[]
}

export interface MemorySettings {
  rolePrefix: { user: string; assistant: string } | null
  /** Newest turns to remember; null for as many as fit. */
  limit: number | null
  queryTemplate: string
}

export interface PromptTemplate {
  role: 'system' | 'user' | 'assistant'
  text: string
  isJinja: boolean
}

export interface LlmData {
  model: ModelSettings
  /** One without a role's meaning for completion models. */
  prompts: PromptTemplate[]
  jinjaVariables: { variable: string; selector: string[] }[]
  memory: MemorySettings | null
  contextSelector: string[] | null
  vision: { isEnabled: boolean; selector: string[]; detail: 'high' | 'low' }
  /** The JSON Schema the answer must satisfy. */
  outputSchema: ValueMap | null
  reasoning: 'tagged' | 'separated'
}

const mapSchema = z.custom<ValueMap>(value => typeof value === 'object' && value !== null && !Array.isArray(value), 'must be an object')

/** A model as nodes name it. */
export const modelSchema = z
  .object({
    provider: z.string(),
    name: z.string(),
    mode: withDefault(z.enum(['chat', 'completion']), 'chat'),
    completion_params: withDefault(mapSchema, {}),
  })
  .transform(
    ({ completion_params: { stop, ...parameters }, ...model }): ModelSettings => ({ ...model, parameters, stop: stopWordsOf(stop) }),
  )

/** What a node remembers of the conversation. */
export const memorySchema = z
  .object({
    role_prefix: z.object({ user: withDefault(z.string(), ''), assistant: withDefault(z.string(), '') }).nullish(),
    window: z.object({ enabled: withDefault(z.boolean(), false), size: integerSchema.nullish() }).nullish(),
    query_prompt_template: z.string().nullish(),
  })
  .transform(
    ({ role_prefix, window, query_prompt_template }): MemorySettings => ({
      rolePrefix: role_prefix ?? null,
      limit: window?.enabled && window.size && window.size > 0 ? window.size : null,
      queryTemplate: query_prompt_template ?? '',
    }),
  )

export const visionSchema = withDefault(
  z.object({
    enabled: withDefault(z.boolean(), false),
    configs: withDefault(
      z.object({ variable_selector: withDefault(selectorSchema, ['sys', 'files']), detail: withDefault(z.enum(['high', 'low']), 'high') }),
      { variable_selector: ['sys', 'files'], detail: 'high' },
    ),
  }),
  { enabled: false, configs: { variable_selector: ['sys', 'files'], detail: 'high' } },
).transform(({ enabled, configs }) => ({ isEnabled: enabled, selector: configs.variable_selector, detail: configs.detail }))

const templateSchema = z
  .object({
    role: withDefault(z.enum(['system', 'user', 'assistant']), 'user'),
    text: withDefault(z.string(), ''),
    edition_type: z.string().nullish(),
    jinja2_text: z.string().nullish(),
  })
  .transform(({ role, text, edition_type, jinja2_text }): PromptTemplate => {
    const isJinja = edition_type === 'jinja2'
    return { role, text: isJinja ? (jinja2_text ?? '') : text, isJinja }
  })

const schema = z.object({
  model: modelSchema,
  prompt_template: z.union([z.array(templateSchema), templateSchema.transform(template => [template])]),
  prompt_config: z
    .object({ jinja2_variables: withDefault(z.array(z.object({ variable: z.string(), value_selector: selectorSchema })), []) })
    .nullish(),
  memory: memorySchema.nullish(),
  context: z.object({ enabled: withDefault(z.boolean(), false), variable_selector: selectorSchema.nullish() }).nullish(),
  vision: visionSchema,
  structured_output_enabled: withDefault(z.boolean(), false),
  structured_output: z.object({ schema: valueSchema.nullish() }).nullish(),
  reasoning_format: withDefault(z.enum(['tagged', 'separated']), 'tagged'),
})

export function parseLlmData(data: ValueMap): LlmData {
  const parsed = parseNodeData(schema, data)
  const { context, structured_output } = parsed
  const outputSchema = parsed.structured_output_enabled && structured_output ? (structured_output.schema ?? {}) : null
  return {
    model: parsed.model,
    prompts: parsed.prompt_template,
    jinjaVariables: (parsed.prompt_config?.jinja2_variables ?? []).map(item => ({
      variable: item.variable,
      selector: item.value_selector,
    })),
    memory: parsed.memory ?? null,
    contextSelector: context?.enabled && context.variable_selector?.length ? context.variable_selector : null,
    vision: parsed.vision,
    outputSchema: outputSchema === null ? null : parseNodeData(mapSchema, outputSchema as ValueMap),
    reasoning: parsed.reasoning_format,
  }
}

function stopWordsOf(stop: unknown): string[] {
  if (typeof stop === 'string') return stop ? [stop] : []
  return Array.isArray(stop) ? stop.filter(word => typeof word === 'string' && word !== '') : []
}
