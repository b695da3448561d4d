import type { CredentialField, ModelCredentials, ModelProvider, ModelType } from '@weft/ports'
import { DomainError } from '../errors.ts'
import { HIDDEN_VALUE, maskSecret } from '../secrets/masking.ts'

/** A model that has credentials of its own. */
export interface ModelName {
  model: string
  type: ModelType
}

/** The fields of a provider's form, or of the form for its models. @throws DomainError where it takes no such credentials */
export function formOf(provider: ModelProvider, model?: ModelName): CredentialField[] {
  const { provider_credential_schema, model_credential_schema, provider: id } = provider.declaration
  const schema = model ? model_credential_schema : provider_credential_schema
  if (!schema) throw new DomainError('invalid_param', `Provider ${id} does not support ${model ? 'model' : 'provider'} credentials.`)
  return schema.credential_form_schemas
}

/**
 * The values that the form asks for, checked, defaults filled in; others are dropped.
 * @throws DomainError naming the field
 */
export function checkForm(fields: readonly CredentialField[], values: Record<string, unknown>, model?: ModelName): ModelCredentials {
  const all: Record<string, unknown> = { ...values, ...(model && { __model_type: model.type, __model_name: model.model }) }
  const shown = new Map(fields.filter(field => isShown(field, all)).map(field => [field.variable, field]))
  const checked: ModelCredentials = {}
  for (const field of shown.values()) {
    const value = checkField(field, all[field.variable])
    if (value) checked[field.variable] = value
  }
  return checked
}

function isShown(field: CredentialField, values: Record<string, unknown>): boolean {
  return field.show_on.every(({ variable, value }) => values[variable] === value)
}

function checkField(field: CredentialField, value: unknown): string | boolean | undefined {
  const refuse = (reason: string) => new DomainError('invalid_param', `Variable ${field.variable} ${reason}`)
  if (value === undefined || value === null || value === '' || value === false) {
    if (field.default) return field.default
    if (field.required) throw refuse('is required')
    return undefined
  }
  if (field.type === 'switch' && value === true) return true
  if (typeof value !== 'string') throw refuse('should be string')
  if (field.max_length && value.length > field.max_length) throw refuse(`length should not be greater than ${field.max_length}`)
  const isChoice = field.type === 'select' || field.type === 'radio'
  if (isChoice && field.options?.length && !field.options.some(option => option.value === value)) throw refuse('is not in options')
  if (field.type !== 'switch') return value
  if (!/^(true|false)$/i.test(value)) throw refuse('should be true or false')
  return value.toLowerCase() === 'true'
}

/** The values as people may see them: secrets masked. */
export function maskCredentials(fields: readonly CredentialField[], values: ModelCredentials): ModelCredentials {
  const secrets = secretFields(fields)
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, secrets.has(name) && typeof value === 'string' ? maskSecret(value) : value]),
  )
}

/** New values, where a secret that is sent back hidden stays what it was. */
export function revealHidden(
  fields: readonly CredentialField[],
  values: Record<string, unknown>,
  stored: ModelCredentials,
): Record<string, unknown> {
  const secrets = secretFields(fields)
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === HIDDEN_VALUE && secrets.has(name) ? stored[name] : value]),
  )
}

function secretFields(fields: readonly CredentialField[]): Set<string> {
  return new Set(fields.filter(field => field.type === 'secret-input').map(field => field.variable))
}
