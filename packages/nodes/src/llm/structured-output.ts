import { isValueMap, pythonJson, type Value, type ValueMap } from '@weft/contracts'
import type { ModelSchema, PromptMessage } from '@weft/ports'
import { endOfJson, mendJson, tryJson } from './json-in-text.ts'
import { findSchemaViolation, type SchemaViolation } from './json-schema.ts'
import { withoutReasoning } from './reasoning.ts'

/** The schema as models are given it: flags are asked for as texts, which every model can answer. */
export function schemaForModel(schema: ValueMap): ValueMap {
  return convert(schema) as ValueMap
}

function convert(schema: Value): Value {
  if (Array.isArray(schema)) return schema.map(convert)
  if (!isValueMap(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, name === 'type' && value === 'boolean' ? 'string' : convert(value)]),
  )
}

/** The response format to ask for where a model lacks native schemas but offers one of JSON. */
export function jsonResponseFormat(model: ModelSchema): ValueMap {
  const rule = model.parameterRules.find(({ name }) => name === 'response_format')
  const options = Array.isArray(rule?.options) ? rule.options : []
  const format = ['JSON', 'json_object'].find(option => options.includes(option))
  return format ? { response_format: format } : {}
}

/** The messages with the schema asked for at the head of the system message. */
export function askForSchema(messages: PromptMessage[], schema: ValueMap): PromptMessage[] {
  const instruction = [
    'Answer with one JSON object and nothing else: no explanation, no code fence.',
    'Write truth values as the strings "true" and "false".',
    'The object must satisfy this JSON Schema:',
    pythonJson(schema),
  ].join('\n')
  const system = messages.find(message => message.role === 'system')
  const content = system ? `${instruction}\n\n${system.content}` : instruction
  return [{ role: 'system', content }, ...messages.filter(message => message.role !== 'system')]
}

/** What to say to a model whose answer broke the schema. */
export function askAgain(messages: PromptMessage[], answer: string, violation: SchemaViolation): PromptMessage[] {
  const complaint = `Your answer does not satisfy the JSON Schema: ${describeViolation(violation)}. Answer again with the corrected JSON object only.`
  return [...messages, { role: 'assistant', content: answer }, { role: 'user', content: complaint }]
}

export function describeViolation({ path, message }: SchemaViolation): string {
  return `${path ? `\`${path}\`` : 'the answer'} ${message}`
}

export type ParsedOutput = { output: ValueMap; violation: SchemaViolation | undefined } | undefined

/** The object in a model's answer, mended where its JSON is broken; undefined where there is none. */
export function parseOutput(text: string, schema: ValueMap): ParsedOutput {
  const output = findObject(text)
  return output && { output, violation: findSchemaViolation(output, schema) }
}

/** The first object in a model's answer, thoughts aside. */
export function findObject(answer: string): ValueMap | undefined {
  const text = withoutReasoning(answer).trim()
  const whole = tryJson(text)
  if (isValueMap(whole)) return whole
  for (let start = text.indexOf('{'), tries = 0; start >= 0 && tries < 10; start = text.indexOf('{', start + 1), tries++) {
    const mended = mendJson(text.slice(start, endOfJson(text, start)))
    if (isValueMap(mended)) return mended
  }
  // A list without an object in it counts as an object without members, which says better what is wrong.
  return Array.isArray(whole) ? {} : undefined
}
