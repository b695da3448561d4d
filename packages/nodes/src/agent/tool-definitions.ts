import type { Value, ValueMap } from '@weft/contracts'
import type { AgentTool, ToolDefinition, ToolParameter } from '@weft/ports'

/** Tools by the names that the model knows them by. */
export type NamedTools = ReadonlyMap<string, AgentTool>

/** What vendors take for a name. */
const NOT_IN_NAMES = /[^a-zA-Z0-9_-]/g
const MAX_NAME_LENGTH = 64

/** Names that vendors take, each one's own: tools of different providers may be called the same. */
export function nameTools(tools: readonly AgentTool[]): NamedTools {
  const named = new Map<string, AgentTool>()
  for (const tool of tools) {
    const name = tool.declaration.identity.name.replace(NOT_IN_NAMES, '_').slice(0, MAX_NAME_LENGTH) || 'tool'
    let free = name
    for (let number = 2; named.has(free); number++) free = `${name.slice(0, MAX_NAME_LENGTH - 4)}_${number}`
    named.set(free, tool)
  }
  return named
}

export function toolDefinitions(tools: NamedTools): ToolDefinition[] {
  return [...tools].map(([name, tool]) => toolDefinition(name, tool))
}

/** The tool as a model is told of it: only what the model is to fill in. */
function toolDefinition(name: string, tool: AgentTool): ToolDefinition {
  const asked = askedParameters(tool)
  return {
    name,
    description: tool.declaration.description?.llm ?? '',
    parameters: {
      type: 'object',
      properties: Object.fromEntries(asked.map((parameter): [string, ValueMap] => [parameter.name, parameterSchema(parameter)])),
      required: asked.filter(parameter => parameter.required).map(parameter => parameter.name),
    },
  }
}

/** Files cannot come from a model. */
const FILE_TYPES = new Set(['file', 'files', 'system-files'])
const TEXT_TYPES = new Set(['string', 'select', 'secret-input', 'dynamic-select'])

/** The parameters that the model fills in. */
export function askedParameters({ declaration, fixed }: AgentTool): ToolParameter[] {
  return declaration.parameters.filter(({ name, form, type }) => form === 'llm' && !FILE_TYPES.has(type) && !Object.hasOwn(fixed, name))
}

function parameterSchema({ type, llm_description, options, input_schema }: ToolParameter): ValueMap {
  const choices: ValueMap = type === 'select' && options.length ? { enum: options.map(({ value }): Value => value) } : {}
  if (input_schema) return { ...input_schema, ...choices }
  // A parameter of any type is one without a type.
  const typed: ValueMap = type === 'any' ? {} : { type: TEXT_TYPES.has(type) ? 'string' : type }
  return { ...typed, description: llm_description ?? '', ...choices }
}
