import type { ValueMap } from '@weft/contracts'
import type { NodeType, Selector } from '@weft/engine'
import { z } from 'zod'
import { parseNodeData, selectorSchema } from '../node-data.ts'

export interface EndData {
  outputs: { variable: string; value_selector: string[] }[]
}

const schema = z.object({ outputs: z.array(z.object({ variable: z.string(), value_selector: selectorSchema })) })

/** Names the run's outputs. Its values stream in order, parted by line breaks. */
export function createEndNode(): NodeType<EndData> {
  return {
    type: 'end',
    parse: data => parseNodeData(schema, data),
    responseTemplate: ({ outputs }) =>
      outputs.flatMap((output, index): (string | Selector)[] => (index ? ['\n', output.value_selector] : [output.value_selector])),
    execute({ data, variables }) {
      const values: ValueMap = {}
      for (const { variable, value_selector } of data.outputs) values[variable] = variables.get(value_selector) ?? null
      return { status: 'succeeded', inputs: values, outputs: values }
    },
  }
}
