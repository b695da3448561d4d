import { Float, isValueMap, pythonStr, stringifyJson, type Value, type ValueMap } from '@weft/contracts'
import { newId } from '../database/columns.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { ENVIRONMENT_SECRET } from '../runs/prepare-run.ts'
import { HIDDEN_VALUE } from '../secrets/masking.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { ConversationVariable, EnvironmentVariable } from './workflows-table.ts'

/** What stands for a secret's value wherever a variable is shown. */
export const MASKED_SECRET = '*'.repeat(20)

type Check = (value: Value) => boolean

const isText: Check = value => typeof value === 'string'
const isInteger: Check = value => typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
const isFloat: Check = value => value instanceof Float || (typeof value === 'number' && !Number.isInteger(value))
const isBoolean: Check = value => typeof value === 'boolean'
const listWith =
  (check: Check): Check =>
  value =>
    Array.isArray(value) && value.every(check)

const ENVIRONMENT_TYPES: Record<string, Check> = { string: isText, secret: isText, integer: isInteger, float: isFloat }
const CONVERSATION_TYPES: Record<string, Check> = {
  string: isText,
  secret: isText,
  integer: isInteger,
  float: isFloat,
  boolean: isBoolean,
  object: isValueMap,
  'array[string]': listWith(isText),
  'array[number]': listWith(value => isInteger(value) || isFloat(value)),
  'array[boolean]': listWith(isBoolean),
  'array[object]': listWith(isValueMap),
}

/** Definitions as a client or a file sends them. @throws DomainError `invalid_param` with the words that clients know */
export function readEnvironmentVariables(list: Value | undefined): EnvironmentVariable[] {
  return readVariables(list, 'env', ENVIRONMENT_TYPES) as EnvironmentVariable[]
}

/** @throws DomainError `invalid_param` with the words that clients know */
export function readConversationVariables(list: Value | undefined): ConversationVariable[] {
  return readVariables(list, 'conversation', CONVERSATION_TYPES)
}

function readVariables(list: Value | undefined, namespace: string, types: Record<string, Check>): ConversationVariable[] {
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw refused('variables must be of list type')
  // Of two with one name the later wins, in the earlier's place.
  return [...new Map(list.map(item => readVariable(item, namespace, types)).map(variable => [variable.name, variable])).values()]
}

function readVariable(item: Value, namespace: string, types: Record<string, Check>): ConversationVariable {
  if (!isValueMap(item)) throw refused('a variable must be of dict type')
  const { id, name, description, selector, value_type: type = null, value = null } = item
  if (!name) throw refused('missing name')
  if (type === null) throw refused('missing value type')
  if (value === null) throw refused('missing value')
  if (typeof name !== 'string') throw refused('name must be of string type')
  const exact = exactType(type, value)
  const isNumber = type === 'number' || exact === 'integer' || exact === 'float'
  const check = Object.hasOwn(types, exact) ? types[exact] : undefined
  if (type === 'number' && !isInteger(value) && !isFloat(value)) throw refused(`invalid number value ${pythonStr(value)}`)
  if (!check || (isNumber && !check(value))) throw refused(`not supported value type ${pythonStr(type)}`)
  if (!check(value)) throw refused(`the value of ${name} must be of type ${exact}`)
  return {
    id: typeof id === 'string' && id ? id : newId(),
    name,
    description: typeof description === 'string' ? description : '',
    selector: isSelector(selector) ? selector : [namespace, name],
    value_type: exact,
    value,
  }
}

/** `number` is what people say; stored is which kind. */
function exactType(type: Value, value: Value): string {
  if (type !== 'number') return typeof type === 'string' ? type : ''
  return isInteger(value) ? 'integer' : 'float'
}

function isSelector(value: Value | undefined): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText)
}

function refused(message: string): DomainError {
  return new DomainError('invalid_param', message)
}

/** @throws DomainError `invalid_param` where a value is larger than so many bytes */
export function checkSizes(variables: { value: Value }[], limit: number): void {
  for (const { value } of variables) {
    const size = Buffer.byteLength(typeof value === 'string' ? value : stringifyJson(value))
    if (size > limit) throw refused(`variable size ${size} exceeds limit ${limit}`)
  }
}

/** Encrypts secrets for storing. One that was sent back hidden keeps what is stored under its id. */
export async function sealVariables(
  secrets: Secrets,
  scope: TenantScope,
  variables: EnvironmentVariable[],
  stored: EnvironmentVariable[],
): Promise<EnvironmentVariable[]> {
  const known = new Map(stored.map(variable => [variable.id, variable]))
  return Promise.all(
    variables.map(async variable => {
      const before = known.get(variable.id)
      if (before && isHidden(variable, before)) return { ...before, name: variable.name, selector: ['env', variable.name] }
      if (variable.value_type !== 'secret') return variable
      return { ...variable, value: variable.value && (await secrets.encrypt(scope, ENVIRONMENT_SECRET, String(variable.value))) }
    }),
  )
}

function isHidden(variable: EnvironmentVariable, before: EnvironmentVariable): boolean {
  return variable.value === HIDDEN_VALUE || (before.value_type === 'secret' && variable.value === MASKED_SECRET)
}

/** With secrets in plain text, or empty. */
export async function openVariables(
  secrets: Secrets,
  scope: TenantScope,
  variables: EnvironmentVariable[],
  includesSecrets: boolean,
): Promise<EnvironmentVariable[]> {
  return Promise.all(
    variables.map(async variable => {
      if (variable.value_type !== 'secret') return variable
      const value = includesSecrets && variable.value ? await secrets.decrypt(scope, ENVIRONMENT_SECRET, String(variable.value)) : ''
      return { ...variable, value }
    }),
  )
}

/** As the console sees a definition: numbers are one type, secrets are stars. */
export function showVariable({ id, name, description, value_type, value }: ConversationVariable | EnvironmentVariable): ValueMap {
  return {
    id,
    name,
    value: value_type === 'secret' ? MASKED_SECRET : value,
    value_type: value_type === 'integer' || value_type === 'float' ? 'number' : value_type,
    description,
  }
}
