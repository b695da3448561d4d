import { isTruthy, isValueMap, pythonStr, type Value, type ValueMap } from '@weft/contracts'
import { TOOL_PROVIDER_TYPES } from '@weft/ports'
import { z } from 'zod'
import { parseNodeData, valueSchema, withDefault } from '../node-data.ts'

/** How a parameter gets its value: a text with variables in it, one variable, or the value itself. */
export type ToolInput = { type: 'mixed'; value: string } | { type: 'constant'; value: Value } | { type: 'variable'; value: string[] }

export interface ToolData {
  provider_id: string
  provider_type: (typeof TOOL_PROVIDER_TYPES)[number]
  provider_name: string
  tool_name: string
  credential_id: string | null
  plugin_unique_identifier: string | null
  parameters: { [name: string]: ToolInput }
  /** Values of the tool's form: as they are in nodes of the first version, as inputs in later ones. */
  configuration: { kind: 'plain'; values: ValueMap } | { kind: 'inputs'; inputs: { [name: string]: ToolInput } }
}

const inputSchema = z
  .object({ type: z.enum(['mixed', 'variable', 'constant']), value: valueSchema })
  .superRefine(({ type, value }, context) => {
    const problem = problemOf(type, value)
    if (problem) context.addIssue({ code: 'custom', message: problem, path: ['value'] })
  })
  .transform(input => input as ToolInput)

function problemOf(type: ToolInput['type'], value: Value): string | undefined {
  if (type === 'mixed') return typeof value === 'string' ? undefined : 'value must be a string'
  if (type === 'constant') return Array.isArray(value) ? 'value must be a string, int, float, bool or dict' : undefined
  if (!Array.isArray(value)) return 'value must be a list'
  return value.every(part => typeof part === 'string') ? undefined : 'value must be a list of strings'
}

/** Entries without a value count as not there, and so does what is no entry at all. */
const inputsSchema = z.preprocess(
  value => (isValueMap(value) ? Object.fromEntries(Object.entries(value).filter(([, input]) => hasValue(input))) : value),
  z.record(z.string(), inputSchema),
)

const hasValue = (input: Value) => isValueMap(input) && input.value !== undefined && input.value !== null

const schema = z.object({
  version: withDefault(z.unknown(), '1'),
  provider_id: z.string(),
  provider_type: z.enum(TOOL_PROVIDER_TYPES),
  provider_name: z.string(),
  tool_name: z.string(),
  tool_label: z.string(),
  tool_configurations: z.custom<ValueMap>(isValueMap, 'tool_configurations must be a dictionary'),
  tool_parameters: inputsSchema,
  credential_id: withDefault(z.nullable(z.string()), null),
  plugin_unique_identifier: withDefault(z.nullable(z.string()), null),
  tool_node_version: z.unknown(),
})

/** @throws NodeDataError */
export function parseToolData(data: ValueMap): ToolData {
  const parsed = parseNodeData(schema, data)
  const isFirst = pythonStr(parsed.version as Value) === '1' && (parsed.tool_node_version ?? null) === null
  return {
    provider_id: parsed.provider_id,
    provider_type: parsed.provider_type,
    provider_name: parsed.provider_name,
    tool_name: parsed.tool_name,
    credential_id: parsed.credential_id,
    plugin_unique_identifier: parsed.plugin_unique_identifier,
    parameters: parsed.tool_parameters,
    configuration: isFirst
      ? { kind: 'plain', values: parsed.tool_configurations }
      : { kind: 'inputs', inputs: configurationInputs(parsed.tool_configurations) },
  }
}

/** What is no input is left for the tool's own default. */
function configurationInputs(configurations: ValueMap): { [name: string]: ToolInput } {
  const filled = Object.entries(configurations).filter(([, input]) => isTruthy(input) && hasValue(input))
  const problems: ValueMap = { tool_configurations: Object.fromEntries(filled) }
  return parseNodeData(z.object({ tool_configurations: z.record(z.string(), inputSchema) }), problems).tool_configurations
}
