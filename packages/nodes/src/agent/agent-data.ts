import { isValueMap, pythonStr, type Value, type ValueMap } from '@weft/contracts'
import { z } from 'zod'
import { type MemorySettings, memorySchema } from '../llm/llm-data.ts'
import { parseNodeData, valueSchema, withDefault } from '../node-data.ts'

export interface AgentInput {
  type: 'mixed' | 'variable' | 'constant'
  value: Value
}

export interface AgentData {
  provider: string
  strategy: string
  inputs: { [parameter: string]: AgentInput }
  memory: MemorySettings | null
  /** Whether settings of tools are plain values, as nodes of the first version hold them. */
  hasPlainSettings: boolean
}

const schema = z.object({
  version: withDefault(z.unknown(), '1'),
  tool_node_version: z.unknown(),
  agent_strategy_provider_name: z.string(),
  agent_strategy_name: z.string(),
  agent_parameters: z.record(
    z.string(),
    z.object({ type: z.enum(['mixed', 'variable', 'constant']), value: valueSchema.nullish().transform(value => value ?? null) }),
  ),
  memory: memorySchema.nullish(),
})

export function parseAgentData(data: ValueMap): AgentData {
  const parsed = parseNodeData(schema, data)
  return {
    provider: parsed.agent_strategy_provider_name,
    strategy: parsed.agent_strategy_name,
    inputs: parsed.agent_parameters,
    memory: parsed.memory ?? null,
    hasPlainSettings: pythonStr(parsed.version as Value) === '1' && (parsed.tool_node_version ?? null) === null,
  }
}

const toolSchema = z
  .object({
    enabled: withDefault(z.boolean(), false),
    type: withDefault(z.enum(['builtin', 'plugin', 'api', 'workflow', 'mcp', 'app', 'dataset-retrieval']), 'builtin'),
    provider_name: withDefault(z.string(), ''),
    tool_name: withDefault(z.string(), ''),
    credential_id: withDefault(z.string().nullable(), null),
    settings: withDefault(z.custom<ValueMap>(isValueMap, 'must be an object'), {}),
    parameters: withDefault(z.custom<ValueMap>(isValueMap, 'must be an object'), {}),
    extra: withDefault(z.object({ description: withDefault(z.string(), '') }), { description: '' }),
  })
  .transform(({ settings, parameters, ...tool }) => ({ ...tool, settings: settingsOf(settings), fixed: fixedOf(parameters) }))

/** A tool as the agent's settings choose it. */
export type ChosenTool = z.output<typeof toolSchema>

/** The tools of an `array[tools]` that are switched on, and these as the node's record shows them. @throws NodeDataError */
export function chosenTools(value: Value): { tools: ChosenTool[]; shown: ValueMap[] } {
  const entries = (Array.isArray(value) ? value : []).filter(entry => isValueMap(entry) && entry.enabled === true) as ValueMap[]
  const tools = entries.map(entry => parseNodeData(toolSchema, entry))
  const shown = entries.map(({ schemas: _schemas, ...entry }, index) => {
    const { settings, fixed } = tools[index] as ChosenTool
    const names = Object.keys(isValueMap(entry.parameters) ? entry.parameters : {})
    return { ...entry, settings, parameters: Object.fromEntries(names.map(name => [name, fixed[name] ?? null])) }
  })
  return { tools, shown }
}

function settingsOf(settings: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(settings).map(([name, entry]) => [name, (isValueMap(entry) ? entry.value : null) ?? null]))
}

/** Parameters set by hand: those that are not left to the model. */
function fixedOf(parameters: ValueMap): ValueMap {
  const fixed: ValueMap = {}
  for (const [name, entry] of Object.entries(parameters)) {
    if (!isValueMap(entry)) {
      if (entry !== null) fixed[name] = entry
    } else if (entry.auto === 0 || entry.auto === false) {
      const value = isValueMap(entry.value) ? entry.value.value : entry.value
      if (value !== undefined && value !== null) fixed[name] = value
    }
  }
  return fixed
}
