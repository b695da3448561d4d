import type { ValueMap } from '@weft/contracts'
import { DomainError } from '../../errors.ts'
import { HIDDEN_VALUE, maskToolSecret } from '../../secrets/masking.ts'

/** How calls of an API prove who sends them. Spelled as on the wire. */
export interface ApiCredentials {
  auth_type: 'none' | 'api_key_header' | 'api_key_query'
  api_key_header?: string
  api_key_value?: string
  api_key_header_prefix?: 'basic' | 'bearer' | 'custom'
  api_key_query_param?: string
}

/** @throws DomainError */
export function readCredentials(values: ValueMap): ApiCredentials {
  if (!('auth_type' in values)) throw new DomainError('invalid_param', 'auth_type is required')
  const named = String(values.auth_type ?? '')
    .trim()
    .toLowerCase()
  const type = named === 'api_key' ? 'api_key_header' : named
  if (type !== 'none' && type !== 'api_key_header' && type !== 'api_key_query') {
    const known = 'none, api_key_header, api_key_query'
    throw new DomainError('invalid_param', `invalid mode value '${String(values.auth_type)}', expected one of: ${known}`)
  }
  const text = (name: string) => (typeof values[name] === 'string' ? { [name]: values[name] } : {})
  if (type === 'none') return { auth_type: type }
  if (typeof values.api_key_value !== 'string') throw new DomainError('invalid_param', 'Missing api_key_value')
  if (type === 'api_key_query') return { auth_type: type, ...text('api_key_query_param'), ...text('api_key_value') }
  return { auth_type: type, ...text('api_key_header'), ...text('api_key_value'), ...text('api_key_header_prefix') } as ApiCredentials
}

export function maskedCredentials(credentials: ApiCredentials): ApiCredentials {
  const { api_key_value: key } = credentials
  return key === undefined ? credentials : { ...credentials, api_key_value: maskToolSecret(key) }
}

/** New credentials, where a key that comes back as it was shown stays what it is. */
export function withKeptKey(credentials: ApiCredentials, stored: ApiCredentials | undefined): ApiCredentials {
  const { api_key_value: key } = credentials
  if (!stored?.api_key_value || key === undefined) return credentials
  const isUnchanged = key === HIDDEN_VALUE || key === maskToolSecret(stored.api_key_value)
  return isUnchanged ? { ...credentials, api_key_value: stored.api_key_value } : credentials
}

/** What a request carries of them. */
export function proofOf(credentials: ApiCredentials): { header?: [string, string]; query?: [string, string] } {
  const key = credentials.api_key_value ?? ''
  if (credentials.auth_type === 'api_key_query') return key ? { query: [credentials.api_key_query_param || 'key', key] } : {}
  if (credentials.auth_type !== 'api_key_header') return {}
  const prefixes = { basic: 'Basic ', bearer: 'Bearer ', custom: '' }
  const prefix = key ? prefixes[credentials.api_key_header_prefix ?? 'custom'] : ''
  return { header: [credentials.api_key_header || 'Authorization', prefix + key] }
}
