import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { isValueMap, toNumber, type Value } from '@weft/contracts'
import { ModelError, type ModelRequest } from '@weft/ports'
import { toJson, toSdkTool } from './sdk-prompt.ts'

type StandardOptions = Omit<LanguageModelV4CallOptions, 'prompt'>

/** The numbers that AI SDK has names for, by the names that vendors' plugins have for them. */
const NUMBERS: Record<string, keyof StandardOptions> = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  max_tokens: 'maxOutputTokens',
  max_output_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  max_tokens_to_sample: 'maxOutputTokens',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
  seed: 'seed',
  random_seed: 'seed',
}

/**
 * A request as AI SDK's options, and the completion parameters that it has no names for, as plain JSON.
 * @throws ModelError where `json_schema` is missing or broken
 */
export function toCallOptions(request: ModelRequest, signal?: AbortSignal): { options: StandardOptions; rest: Record<string, unknown> } {
  const { response_format, json_schema, user: _user, ...others } = request.parameters
  const options: StandardOptions = {
    stopSequences: request.stop?.length ? request.stop : undefined,
    tools: request.tools?.length ? request.tools.map(toSdkTool) : undefined,
    toolChoice: request.tools?.length ? { type: request.toolChoice ?? 'auto' } : undefined,
    responseFormat: responseFormat(request, response_format, json_schema),
    abortSignal: signal,
  }
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(others)) {
    if (value === null) continue
    const number = NUMBERS[name] && toNumber(value)
    if (number !== undefined && NUMBERS[name]) Object.assign(options, { [NUMBERS[name]]: number })
    else rest[name] = toJson(value)
  }
  return { options, rest }
}

function responseFormat(
  request: ModelRequest,
  format: Value | undefined,
  schemaText: Value | undefined,
): StandardOptions['responseFormat'] {
  if (request.responseSchema) {
    return { type: 'json', name: request.responseSchema.name, schema: toJson(request.responseSchema.schema) as never }
  }
  // Gemini's parameters have the schema alone.
  if ((typeof format !== 'string' || !format) && !schemaText) return undefined
  if (typeof format === 'string' && format && format !== 'json_schema') return /json/i.test(format) ? { type: 'json' } : undefined
  if (!schemaText) throw new ModelError('bad-request', 'Must define JSON Schema when the response format is json_schema')
  const parsed = isValueMap(schemaText) ? toJson(schemaText) : parseSchema(String(schemaText))
  const { schema = parsed, name } = parsed as { schema?: unknown; name?: string }
  return { type: 'json', name, schema: schema as never }
}

/** @throws ModelError */
export function parseSchema(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ModelError('bad-request', `not correct json_schema format: ${text}`, { cause: error })
  }
}
