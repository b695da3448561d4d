import type { ValueMap } from '@weft/contracts'
import type { NodeType, VariableReader } from '@weft/engine'
import { z } from 'zod'
import { parseNodeData, selectorSchema } from '../node-data.ts'

export interface VariableAggregatorData {
  variables: string[][]
  groups: { group_name: string; variables: string[][] }[] | undefined
}

/** The names under which graphs hold this type; the second is of older files. Events always say the first. */
export const VARIABLE_AGGREGATOR_NAMES = ['variable-aggregator', 'variable-assigner'] as const

const selectors = z.array(selectorSchema)
const schema = z.object({
  output_type: z.string(),
  variables: selectors,
  advanced_settings: z
    .object({
      group_enabled: z.boolean(),
      groups: z.array(z.object({ output_type: z.string(), group_name: z.string(), variables: selectors })),
    })
    .nullish(),
})

/** Brings branches together: of each list of variables the first that exists, null included. */
export function createVariableAggregatorNode(): NodeType<VariableAggregatorData> {
  return {
    type: 'variable-aggregator',
    parse(data) {
      const { variables, advanced_settings: settings } = parseNodeData(schema, data)
      return { variables, groups: settings?.group_enabled ? settings.groups : undefined }
    },
    execute({ data, variables }) {
      const inputs: ValueMap = {}
      const outputs: ValueMap = {}
      for (const group of data.groups ?? [{ group_name: undefined, variables: data.variables }]) {
        const selector = firstPresent(variables, group.variables)
        const value = selector && variables.get(selector)
        if (value === undefined) continue
        inputs[selector.slice(1).join('.')] = value
        if (group.group_name === undefined) outputs.output = value
        else outputs[group.group_name] = { output: value }
      }
      return { status: 'succeeded', inputs, outputs }
    },
  }
}

function firstPresent(variables: VariableReader, selectors: string[][]): string[] {
  return selectors.find(selector => variables.get(selector) !== undefined) ?? []
}
