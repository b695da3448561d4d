import { isValueMap, type ValueMap } from '@weft/contracts'
import { type ModelCall, ModelError, type ModelRequest } from '@weft/ports'
import { toJson } from '../sdk-prompt.ts'
import { endpointModelOf } from './endpoint.ts'

/** The vendor's own names for the answer's form. */
const RESPONSE_FORMATS: Record<string, string> = { JSON: 'json_object', json: 'json_object' }
const NEEDS_MAX_COMPLETION_TOKENS = /^(o1|o3|gpt-5)/i

/**
 * A DSL's completion parameters as members of the request's body. Unknown ones stay as they are.
 * @throws ModelError where `json_schema` is missing or broken
 */
export function bodyParameters(call: ModelCall, request: ModelRequest): Record<string, unknown> {
  const { response_format, json_schema, enable_thinking, user: _user, ...rest } = request.parameters
  const body: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) if (value !== null) body[name] = toJson(value)
  if (typeof enable_thinking === 'boolean') {
    body.chat_template_kwargs = { ...(body.chat_template_kwargs as object | undefined), enable_thinking }
  }
  const format = responseFormat(response_format, json_schema, request)
  if (format) body.response_format = format
  if ('max_tokens' in body && wantsMaxCompletionTokens(call)) {
    body.max_completion_tokens = body.max_tokens
    delete body.max_tokens
  }
  return body
}

function responseFormat(format: ValueMap[string] | undefined, schemaText: ValueMap[string] | undefined, request: ModelRequest): unknown {
  if (request.responseSchema)
    return { type: 'json_schema', json_schema: toJson({ name: request.responseSchema.name, schema: request.responseSchema.schema }) }
  if (isValueMap(format)) return toJson(format)
  if (typeof format !== 'string' || !format) return undefined
  if (format !== 'json_schema') return { type: RESPONSE_FORMATS[format] ?? format.toLowerCase() }
  if (!schemaText) throw new ModelError('bad-request', 'Must define JSON Schema when the response format is json_schema')
  return { type: 'json_schema', json_schema: isValueMap(schemaText) ? toJson(schemaText) : parseSchema(String(schemaText)) }
}

function parseSchema(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ModelError('bad-request', `not correct json_schema format: ${text}`, { cause: error })
  }
}

function wantsMaxCompletionTokens(call: ModelCall): boolean {
  const preference = call.credentials.token_param_name
  if (preference === 'max_completion_tokens') return true
  return preference !== 'max_tokens' && NEEDS_MAX_COMPLETION_TOKENS.test(endpointModelOf(call))
}
