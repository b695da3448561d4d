import type { ValueMap } from '@weft/contracts'
import type { NodeContext, NodeResult, NodeType } from '@weft/engine'
import { JinjaError, renderTemplate } from '@weft/jinja'
import { z } from 'zod'
import { parseNodeData, selectorSchema } from '../node-data.ts'

const schema = z.object({
  variables: z.array(z.object({ variable: z.string(), value_selector: selectorSchema })),
  template: z.string(),
})

type TemplateTransformData = z.output<typeof schema>

/** Renders a Jinja2 template. `maxLength` is of the output, in characters. */
export function createTemplateTransformNode({ maxLength }: { maxLength: number }): NodeType<TemplateTransformData> {
  return {
    type: 'template-transform',
    parse: data => parseNodeData(schema, data),
    execute: context => render(context, maxLength),
  }
}

function render({ data, variables }: NodeContext<TemplateTransformData>, maxLength: number): NodeResult {
  const inputs: ValueMap = {}
  for (const { variable, value_selector } of data.variables) inputs[variable] = variables.get(value_selector) ?? null
  try {
    const output = renderTemplate(data.template, inputs)
    if (output.length > maxLength && [...output].length > maxLength) {
      return { status: 'failed', inputs, error: `Output length exceeds ${maxLength} characters`, errorType: '' }
    }
    return { status: 'succeeded', inputs, outputs: { output } }
  } catch (error) {
    if (!(error instanceof JinjaError)) throw error
    return { status: 'failed', inputs, error: error.message, errorType: '' }
  }
}
