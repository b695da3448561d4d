import type { NodeType } from '@weft/engine'
import { z } from 'zod'
import { parseNodeData } from '../node-data.ts'
import { type FormVariable, formVariableSchema } from './form-variable.ts'

export interface StartData {
  variables: FormVariable[]
}

const schema = z.object({
  variables: z
    .array(formVariableSchema)
    .nullish()
    .transform(variables => variables ?? []),
})

/** Where a run begins. The form's checked values lie under the node's own id, the run's facts under `sys`. */
export function createStartNode(): NodeType<StartData> {
  return {
    type: 'start',
    parse: data => parseNodeData(schema, data),
    execute({ nodeId, variables }) {
      const values = variables.of(nodeId)
      for (const [name, value] of Object.entries(variables.of('sys'))) values[`sys.${name}`] = value
      return { status: 'succeeded', inputs: values, outputs: values }
    },
  }
}
