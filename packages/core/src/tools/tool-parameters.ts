import {
  isTruthy,
  isValueMap,
  NotANumberError,
  parseJson,
  pythonRepr,
  pythonStr,
  toNumber,
  typedNumber,
  type Value,
  type ValueMap,
} from '@weft/contracts'
import { type LocalizedText, ToolError, type ToolParameter, type ToolParameterType } from '@weft/ports'

/** A parameter with everything that is left out at its default. */
export function toolParameter(parameter: Pick<ToolParameter, 'name' | 'label' | 'type' | 'form'> & Partial<ToolParameter>): ToolParameter {
  return {
    human_description: null,
    llm_description: null,
    placeholder: null,
    scope: null,
    required: false,
    default: null,
    min: null,
    max: null,
    precision: null,
    options: [],
    auto_generate: null,
    template: null,
    input_schema: null,
    ...parameter,
  }
}

/** The same words in every language. */
export function untranslated(text: string): LocalizedText {
  return { en_US: text }
}

/** The values with those of declared parameters cast to their types. @throws ToolError `invalid-parameters` */
export function castParameters(parameters: readonly ToolParameter[], values: ValueMap): ValueMap {
  const cast = { ...values }
  for (const { name, type } of parameters) if (name in values) cast[name] = castParameter(name, type, values[name] ?? null)
  return cast
}

/** @throws ToolError `invalid-parameters` */
export function castParameter(name: string, type: ToolParameterType, value: Value): Value {
  switch (type) {
    case 'boolean':
      return truthOf(value)
    case 'number':
      return numberOf(name, value)
    case 'files':
    case 'system-files':
      return Array.isArray(value) ? value : [value]
    case 'file':
      if (!Array.isArray(value)) return value
      if (value.length === 1) return value[0] ?? null
      throw invalid('This parameter only accepts one file but got multiple files while invoking.')
    case 'model-selector':
    case 'app-selector':
      if (isValueMap(value)) return value
      throw invalid('The selector must be a dictionary.')
    case 'array[tools]':
      if (!isTruthy(value) || Array.isArray(value)) return value
      throw invalid('The tools selector must be a list.')
    case 'any':
      return value
    case 'array': {
      const list = jsonOf(value)
      return Array.isArray(list) ? list : [value]
    }
    case 'object': {
      const map = jsonOf(value)
      return isValueMap(map) ? map : {}
    }
    default:
      return value === null ? '' : pythonStr(value)
  }
}

function truthOf(value: Value): boolean {
  if (typeof value !== 'string') return value !== null && isTruthy(value)
  const word = value.toLowerCase()
  if (['true', 'yes', 'y', '1'].includes(word)) return true
  return !['false', 'no', 'n', '0', ''].includes(word)
}

function numberOf(name: string, value: Value): Value {
  if (typeof value === 'boolean' || toNumber(value) !== undefined) return value
  if (typeof value !== 'string' || !value) return null
  try {
    return typedNumber(value)
  } catch (error) {
    if (error instanceof NotANumberError) throw invalid(`The parameter ${name} must be a number: ${error.message}`, error)
    throw error
  }
}

/** What a text holds as JSON; the value itself where it is no text or holds none. */
function jsonOf(value: Value): Value {
  if (typeof value !== 'string') return value
  try {
    return parseJson(value)
  } catch {
    return value
  }
}

/**
 * The form's values from a plain configuration: defaults where there is none, choices checked, cast.
 * @throws ToolError `invalid-parameters`
 */
export function formValuesOf(parameters: readonly ToolParameter[], configuration: ValueMap): ValueMap {
  const values: ValueMap = {}
  for (const parameter of parameters) if (parameter.form === 'form') values[parameter.name] = formValue(parameter, configuration)
  return values
}

function formValue({ name, type, required, default: fallback, options }: ToolParameter, configuration: ValueMap): Value {
  const given = configuration[name] ?? null
  const isGiven = isTruthy(given) || given === false || toNumber(given) === 0
  const value = isGiven ? given : fallback
  if (!isGiven && required && !isTruthy(value)) throw invalid(`tool parameter ${name} not found in tool config`)
  if (type === 'select' && value !== null && !options.some(option => option.value === value)) {
    const allowed = pythonRepr(options.map(option => option.value))
    throw invalid(`tool parameter ${name} value ${pythonStr(value)} not in options ${allowed}`)
  }
  return castParameter(name, type, value)
}

function invalid(message: string, cause?: unknown): ToolError {
  return new ToolError('invalid-parameters', message, { cause })
}
