import {
  type FileValue,
  isFile,
  isValueMap,
  NotANumberError,
  parseJson,
  pythonInt,
  pythonStr,
  stringifyJson,
  toNumber,
  typedNumber,
  type Value,
  type ValueMap,
} from '@weft/contracts'
import { type FileService, FileServiceError, type OutboundRequest, ToolError } from '@weft/ports'
import { type ApiCredentials, proofOf } from './api-credentials.ts'
import type { ApiOperation } from './api-operation.ts'
import { typeOfSchema } from './read-api.ts'

export interface ApiRequestParts {
  operation: ApiOperation
  credentials: ApiCredentials
  parameters: ValueMap
  files: FileService
  tenantId: string
  idempotencyKey: string
  signal: AbortSignal
}

const METHODS = new Set(['get', 'head', 'post', 'put', 'delete', 'patch'])
/** Bytes of a file that is sent along. */
const LARGEST_FILE = 100 * 1024 * 1024

/** The request that an operation is with these values. @throws ToolError */
export async function apiRequest(parts: ApiRequestParts): Promise<Pick<OutboundRequest, 'method' | 'url' | 'headers' | 'body'>> {
  const { operation, idempotencyKey } = parts
  const values = withDefaults(operation, parts.parameters)
  const { header, query } = proofOf(parts.credentials)
  const headers = new Map<string, [string, string]>()
  const setHeader = (name: string, value: string) => headers.set(name.toLowerCase(), [name, value])
  const search = new URLSearchParams()
  const cookies: string[] = []
  let url = operation.server_url
  if (header) setHeader(...header)
  if (query) search.append(...query)
  for (const parameter of listOf(operation.openapi.parameters)) {
    const name = String(parameter.name)
    const value = placedValue(parameter, values)
    if (parameter.in === 'path') url = url.replaceAll(`{${name}}`, encodeURIComponent(plainText(value)))
    else if (parameter.in === 'query' && value !== '')
      for (const item of Array.isArray(value) ? value : [value]) search.append(name, plainText(item))
    else if (parameter.in === 'cookie') cookies.push(`${name}=${plainText(value)}`)
    else if (parameter.in === 'header') setHeader(name, pythonStr(value))
  }
  if (cookies.length) setHeader('Cookie', cookies.join('; '))
  const body = await bodyOf(parts, values)
  if (body) setHeader('Content-Type', body.contentType)
  if (!headers.has('x-idempotency-key') && !headers.has('idempotency-key')) setHeader('X-Idempotency-Key', idempotencyKey)
  const method = operation.method.toLowerCase()
  if (!METHODS.has(method)) throw new ToolError('invalid-parameters', `Invalid http method ${operation.method}`)
  return {
    method: method.toUpperCase(),
    url: withQuery(url, search),
    headers: [...headers.values()],
    ...(body ? { body: body.bytes } : {}),
  }
}

/** @throws ToolError where a required value is missing that has no default */
function withDefaults({ parameters }: ApiOperation, given: ValueMap): ValueMap {
  const values = { ...given }
  for (const { name, required, default: fallback } of parameters) {
    if (!required || name in values) continue
    if (fallback === null) throw missing(name)
    values[name] = fallback
  }
  return values
}

const missing = (name: string, place = '') => new ToolError('invalid-parameters', `Missing required parameter ${name}${place}`)

function placedValue(parameter: ValueMap, values: ValueMap): Value {
  const name = String(parameter.name)
  if (name in values) return values[name] ?? null
  if (parameter.required === true) throw missing(name)
  return (isValueMap(parameter.schema) ? parameter.schema.default : undefined) ?? ''
}

/** A value in an address: `true`, not Python's `True`. */
function plainText(value: Value): string {
  if (value === null) return ''
  if (typeof value === 'boolean') return String(value)
  return Array.isArray(value) || isValueMap(value) ? stringifyJson(value) : pythonStr(value)
}

function withQuery(url: string, search: URLSearchParams): string {
  if (!search.size) return url
  return `${url}${url.includes('?') ? '&' : '?'}${search}`
}

interface Body {
  contentType: string
  bytes: Uint8Array | string
}

async function bodyOf(parts: ApiRequestParts, values: ValueMap): Promise<Body | undefined> {
  const { openapi, operation_id: id } = parts.operation
  const [first] = Object.entries(((openapi.requestBody as ValueMap | undefined)?.content ?? {}) as ValueMap)
  if (!first) return undefined
  const [contentType, content] = first
  const schema = ((content as ValueMap).schema ?? {}) as ValueMap
  const required = Array.isArray(schema.required) ? schema.required : []
  const fields: ValueMap = {}
  const files: [string, FileValue][] = []
  for (const [name, property] of Object.entries((schema.properties ?? {}) as { [name: string]: ValueMap })) {
    if (name in values) {
      const value = values[name] ?? null
      if (isFileProperty(property)) files.push(...filesIn(name, value))
      else fields[name] = asProperty(property, value)
    } else if (required.includes(name)) throw missing(name, ` in operation ${id}`)
    else if (property.default !== undefined) fields[name] = property.default
  }
  if (files.length || /^multipart\//i.test(contentType)) return multipart(fields, files, parts)
  if (/json/i.test(contentType)) return { contentType, bytes: stringifyJson(fields) }
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) form.append(name, plainText(value))
  return { contentType, bytes: form.toString() }
}

function isFileProperty(property: ValueMap): boolean {
  if (property.format === 'binary') return true
  return typeOfSchema(property) === 'array' && isValueMap(property.items) && property.items.format === 'binary'
}

function filesIn(name: string, value: Value): [string, FileValue][] {
  return (Array.isArray(value) ? value : [value]).map(file => {
    if (!isFile(file)) throw new ToolError('invalid-parameters', `The parameter ${name} must be a file.`)
    return [name, file]
  })
}

async function multipart(fields: ValueMap, files: [string, FileValue][], parts: ApiRequestParts): Promise<Body> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, plainText(value))
  for (const [name, file] of files) {
    const bytes = await parts.files.readAll(file, LARGEST_FILE, { tenantId: parts.tenantId, signal: parts.signal }).catch(error => {
      throw error instanceof FileServiceError ? new ToolError('failed', error.message, { cause: error }) : error
    })
    form.append(name, new Blob([Buffer.from(bytes)], { type: file.mime_type ?? 'application/octet-stream' }), file.filename ?? 'file')
  }
  const encoded = new Response(form)
  return { contentType: encoded.headers.get('content-type') ?? 'multipart/form-data', bytes: await encoded.bytes() }
}

/** The value as the body's schema wants it; as it is where it does not fit. */
function asProperty(property: ValueMap, value: Value): Value {
  try {
    const type = typeOfSchema(property)
    if (type === undefined && Array.isArray(property.anyOf)) return asOneOf(property.anyOf, value, 0)
    return asType(type, value)
  } catch (error) {
    if (error instanceof NotANumberError || error instanceof SyntaxError) return value
    throw error
  }
}

function asType(type: string | undefined, value: Value): Value {
  if (value === null) return null
  if (type === 'integer' || type === 'int') return typeof value === 'string' ? pythonInt(value) : wholeOf(value)
  if (type === 'number') return typeof value === 'string' ? typedNumber(value) : value
  if (type === 'string') return pythonStr(value)
  if (type === 'boolean') return typeof value === 'string' ? value !== '' && !/^(false|no|n|0)$/i.test(value) : Boolean(value)
  if ((type === 'object' || type === 'array') && typeof value === 'string') return parseJson(value)
  return value
}

function wholeOf(value: Value): Value {
  const number = toNumber(value)
  return number === undefined || typeof value === 'bigint' ? value : Math.trunc(number)
}

/** By the first of the schemas that it fits. */
function asOneOf(schemas: Value[], value: Value, depth: number): Value {
  for (const schema of schemas.filter(isValueMap)) {
    if (Array.isArray(schema.anyOf) && depth < 10) return asOneOf(schema.anyOf, value, depth + 1)
    const type = typeOfSchema(schema)
    if (type === undefined) continue
    if (type === 'boolean' && !/^(true|false|1|0)$/i.test(pythonStr(value))) continue
    try {
      return asType(type, value)
    } catch (error) {
      if (!(error instanceof NotANumberError) && !(error instanceof SyntaxError)) throw error
    }
  }
  return value
}

function listOf(value: Value | undefined): ValueMap[] {
  return Array.isArray(value) ? value.filter(isValueMap) : []
}
