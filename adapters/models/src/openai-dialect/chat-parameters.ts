import { isValueMap, type ValueMap } from '@weft/contracts'
import { ModelError, type ModelRequest } from '@weft/ports'
import { parseSchema } from '../call-options.ts'
import { toJson } from '../sdk-prompt.ts'
import { type Endpoint, tokensNameOf } from './endpoint.ts'

/** The vendor's own names for the answer's form. */
const RESPONSE_FORMATS: Record<string, string> = { JSON: 'json_object', json: 'json_object' }

/**
 * A DSL's completion parameters as members of the request's body. Unknown ones stay as they are.
 * @throws ModelError where `json_schema` is missing or broken
 */
export function bodyParameters(endpoint: Endpoint, request: ModelRequest): Record<string, unknown> {
  const { response_format, json_schema, enable_thinking, user: _user, ...rest } = request.parameters
  const body: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) if (value !== null) body[name] = toJson(value)
  if (typeof enable_thinking === 'boolean') Object.assign(body, thinkingSwitch(endpoint, body, enable_thinking))
  const format = responseFormat(response_format, json_schema, request)
  if (format) body.response_format = format
  if ('max_tokens' in body && tokensNameOf(endpoint) === 'max_completion_tokens') {
    body.max_completion_tokens = body.max_tokens
    delete body.max_tokens
  }
  return body
}

/** Servers of open models hand it to the model's template; vendors who know it have it beside the rest. */
function thinkingSwitch(endpoint: Endpoint, body: Record<string, unknown>, isOn: boolean): object {
  if (endpoint.thinkingSwitch) return endpoint.thinkingSwitch(isOn)
  return { chat_template_kwargs: { ...(body.chat_template_kwargs as object | undefined), enable_thinking: isOn } }
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
