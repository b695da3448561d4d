import type { ValueMap } from '@weft/contracts'
import type { NodeResult, NodeType } from '@weft/engine'
import { DEFAULT_LIMITS, JinjaError, renderTemplate, TemplateLimitError, TemplateSyntaxError } from '@weft/jinja'
import { z } from 'zod'
import { parseNodeData, selectorSchema } from '../node-data.ts'

export interface TemplateTransformData {
  variables: { variable: string; value_selector: string[] }[]
  template: string
}

export interface TemplateTransformOptions {
  /** Characters the result may have: `TEMPLATE_TRANSFORM_MAX_LENGTH`. */
  maxLength: number
}

const schema = z.object({
  variables: z.array(z.object({ variable: z.string(), value_selector: selectorSchema })),
  template: z.string(),
})

/** Renders a Jinja2 template over chosen variables to `output`. Absent variables are none. */
export function createTemplateTransformNode(options: TemplateTransformOptions): NodeType<TemplateTransformData> {
  const { maxLength } = options
  const limits = { maxOutput: Math.max(DEFAULT_LIMITS.maxOutput, maxLength * 2) }
  return {
    type: 'template-transform',
    parse: data => parseNodeData(schema, data),
    execute({ data, variables }) {
      const inputs: ValueMap = {}
      for (const { variable, value_selector: selector } of data.variables) {
        const value = variables.get(selector)
        inputs[variable] = value === undefined ? null : value
      }
      try {
        const output = renderTemplate(data.template, inputs, limits)
        if (isLonger(output, maxLength)) return failure(inputs, tooLong(maxLength))
        return { status: 'succeeded', inputs, outputs: { output } }
      } catch (error) {
        if (error instanceof JinjaError) return failure(inputs, errorText(error, maxLength))
        throw error
      }
    },
  }
}

/** The error's type stays empty, as apps that branch on it know it. */
function failure(inputs: ValueMap, error: string): NodeResult {
  return { status: 'failed', inputs, error, errorType: '' }
}

function tooLong(maxLength: number): string {
  return `Output length exceeds ${maxLength} characters`
}

/** Counts characters, not UTF-16 units; only where the count decides. */
function isLonger(text: string, maxLength: number): boolean {
  return text.length > maxLength && (text.length > maxLength * 2 || Array.from(text).length > maxLength)
}

function errorText(error: JinjaError, maxLength: number): string {
  if (error instanceof TemplateLimitError && error.limit === 'output') return tooLong(maxLength)
  if (error instanceof TemplateLimitError && error.limit === 'steps') return error.message
  const place = error instanceof TemplateSyntaxError ? ` (line ${error.line})` : ''
  return `${error.pythonClass}: ${error.message}${place}`
}
