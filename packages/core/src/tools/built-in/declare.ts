import type { Value, ValueMap } from '@weft/contracts'
import { type LocalizedText, type ToolDeclaration, ToolError, type ToolParameter } from '@weft/ports'
import { toolParameter } from '../tool-parameters.ts'

/** English, Chinese, Portuguese: as many as there are. */
export function words(en_US: string, zh_Hans?: string, pt_BR?: string): LocalizedText {
  return { en_US, ...(zh_Hans && { zh_Hans }), ...(pt_BR && { pt_BR }) }
}

/** A parameter that a model or a variable fills. */
export function llmParameter(
  name: string,
  type: ToolParameter['type'],
  label: LocalizedText,
  help: LocalizedText,
  more: Partial<ToolParameter> = {},
): ToolParameter {
  return toolParameter({ name, type, form: 'llm', label, human_description: help, ...more })
}

/** A parameter that whoever sets up the node or agent fills. */
export function formParameter(
  name: string,
  type: ToolParameter['type'],
  label: LocalizedText,
  help: LocalizedText,
  more: Partial<ToolParameter> = {},
): ToolParameter {
  return toolParameter({ name, type, form: 'form', label, human_description: help, ...more })
}

export function declareTool(
  provider: string,
  tool: {
    name: string
    author: string
    label: LocalizedText
    help: LocalizedText
    /** What models are told, where it is not the English help. */
    forModels?: string
    parameters: ToolParameter[]
    output?: ValueMap
  },
): ToolDeclaration {
  const { name, author, label, help, parameters } = tool
  return {
    identity: { author, name, label, provider, icon: null },
    description: { human: help, llm: tool.forModels ?? help.en_US },
    parameters,
    output_schema: tool.output ?? {},
  }
}

/** A text among the values; undefined where there is none. */
export function textIn(values: ValueMap, name: string): string | undefined {
  const value: Value | undefined = values[name]
  return typeof value === 'string' && value ? value : undefined
}

export function failed(message: string, cause?: unknown): ToolError {
  return new ToolError('failed', message, { cause })
}

export function refused(message: string): ToolError {
  return new ToolError('invalid-parameters', message)
}

/** A drawing in a rounded square, in one colour. */
export function drawIcon(colour: string, drawing: string): { mimeType: string; bytes: Uint8Array } {
  const ground = `<rect width="24" height="24" rx="6" fill="${colour}"/>`
  const lines = `<g fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">${drawing}</g>`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">${ground}${lines}</svg>`
  return { mimeType: 'image/svg+xml', bytes: new TextEncoder().encode(svg) }
}
