import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import type { McpTool, ToolDeclaration, ToolIcon, ToolParameter, ToolParameterType } from '@weft/ports'
import { toolParameter, untranslated } from '../tools/tool-parameters.ts'

const TYPES: Record<string, ToolParameterType> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  float: 'number',
  boolean: 'boolean',
  array: 'array',
  object: 'object',
}

/** A tool of an MCP server as tools are declared here. */
export function declareMcpTool(tool: McpTool, provider: { identifier: string; author: string; icon: ToolIcon }): ToolDeclaration {
  const { name, description, inputSchema, outputSchema } = tool
  return {
    identity: { author: provider.author, name, label: untranslated(name), provider: provider.identifier, icon: provider.icon },
    description: { human: untranslated(description), llm: description },
    parameters: parametersOf(inputSchema),
    output_schema: outputSchema,
  }
}

function parametersOf({ properties, required }: ValueMap): ToolParameter[] {
  const names = Array.isArray(required) ? required : []
  return Object.entries(isValueMap(properties) ? properties : {}).map(([name, property]) => {
    const schema = isValueMap(property) ? property : {}
    const type = typeOf(schema)
    const help = typeof schema.description === 'string' ? schema.description : ''
    return toolParameter({
      name,
      type,
      form: 'llm',
      label: untranslated(name),
      human_description: untranslated(help),
      llm_description: help,
      required: names.includes(name),
      // The model needs to know what goes into a list or an object.
      input_schema: type === 'array' || type === 'object' ? schema : null,
    })
  })
}

/** Of several types the first that is not null; what says none is a text. */
function typeOf(schema: ValueMap): ToolParameterType {
  const choices = [schema.anyOf, schema.oneOf].find((list): list is Value[] => Array.isArray(list)) ?? []
  const named = [schema.type, ...choices.map(choice => (isValueMap(choice) ? choice.type : undefined))].flat()
  const type = named.find(name => typeof name === 'string' && name !== 'null')
  return TYPES[String(type)] ?? 'string'
}
