import { type FileValue, isValueMap, NotANumberError, pythonRepr, typedNumber, type Value, type ValueMap } from '@weft/contracts'
import type { FileUploadConfig } from '../file-mapping/file-upload-config.ts'
import type { FormVariable } from './form-variable.ts'

/** An input that the start form does not take. The message is for users. */
export class FormInputError extends Error {
  readonly code = 'invalid-form-input'
  /** The form field's name. */
  readonly variable: string
  constructor(variable: string, message: string) {
    super(message)
    this.name = 'FormInputError'
    this.variable = variable
  }
}

/** Makes a file of one mapping; single fields may be held to stricter rules than lists. */
export type FormFileBuilder = (mapping: ValueMap, config: FileUploadConfig, variable: FormVariable) => Promise<FileValue>

/**
 * The inputs of a run as its form declares them: undeclared ones are dropped, missing optional ones are null, NUL characters
 * are taken out and files looked up. Values are checked before any file is.
 * @throws FormInputError, and what `buildFile` throws
 */
export async function validateFormInputs(
  variables: readonly FormVariable[],
  inputs: ValueMap,
  buildFile: FormFileBuilder,
): Promise<ValueMap> {
  const values: ValueMap = {}
  for (const variable of variables) values[variable.variable] = checkInput(variable, inputs[variable.variable] ?? null)
  for (const type of ['file', 'file-list']) {
    for (const variable of variables.filter(candidate => candidate.type === type)) {
      values[variable.variable] = await buildInput(variable, values[variable.variable] ?? null, buildFile)
    }
  }
  return values
}

async function buildInput(variable: FormVariable, value: Value, buildFile: FormFileBuilder): Promise<Value> {
  const config: FileUploadConfig = {
    allowedTypes: variable.allowed_file_types,
    allowedExtensions: variable.allowed_file_extensions,
    allowedMethods: variable.allowed_file_upload_methods,
    numberLimit: 0,
  }
  if (isValueMap(value)) return buildFile(value, config, variable)
  if (!Array.isArray(value)) return value
  const files: Value[] = []
  for (const mapping of value) if (isValueMap(mapping)) files.push(await buildFile(mapping, config, variable))
  return files
}

function checkInput(variable: FormVariable, value: Value): Value {
  const refuse = (what: string) => new FormInputError(variable.variable, `${variable.variable} in input form must be ${what}`)
  if (value === null) {
    if (variable.required) throw new FormInputError(variable.variable, `${variable.variable} is required in input form`)
    return null
  }
  switch (variable.type) {
    case 'text-input':
    case 'paragraph':
      return checkText(variable, value, refuse)
    case 'select':
      return checkOption(variable, value, refuse)
    case 'number':
      return checkNumber(value, refuse)
    case 'checkbox':
      if (typeof value !== 'boolean') throw refuse('a valid boolean value')
      return value
    case 'file':
      if (!isValueMap(value)) throw refuse('a file')
      return value
    case 'file-list':
      if (!Array.isArray(value) || !value.every(isValueMap)) throw refuse('a list of files')
      if (variable.max_length && value.length > variable.max_length) throw refuse(`less than ${variable.max_length} files`)
      return value
    case 'external_data_tool':
      if (isValueMap(value)) throw new FormInputError(variable.variable, 'Invalid input type')
      return typeof value === 'string' ? withoutNul(value) : value
  }
}

type Refuse = (what: string) => FormInputError

function checkText(variable: FormVariable, value: Value, refuse: Refuse): string {
  const text = textOrFail(variable, value)
  if (variable.max_length && [...text].length > variable.max_length) throw refuse(`less than ${variable.max_length} characters`)
  return withoutNul(text)
}

function checkOption(variable: FormVariable, value: Value, refuse: Refuse): string {
  const text = textOrFail(variable, value)
  if (!variable.options.includes(text)) throw refuse(`one of the following: ${pythonRepr(variable.options)}`)
  return withoutNul(text)
}

function textOrFail(variable: FormVariable, value: Value): string {
  if (typeof value === 'string') return value
  throw new FormInputError(variable.variable, `(type '${variable.type}') ${variable.variable} in input form must be a string`)
}

function checkNumber(value: Value, refuse: Refuse): Value {
  if (value === null || Array.isArray(value) || isValueMap(value)) throw refuse('a valid number')
  if (typeof value !== 'string') return value
  if (!value.trim()) return null
  try {
    return typedNumber(value)
  } catch (error) {
    throw error instanceof NotANumberError ? refuse('a valid number') : error
  }
}

/** PostgreSQL stores no NUL. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '')
}
