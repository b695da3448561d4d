import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import { ApiSchemaError } from './api-operation.ts'
import { resolved } from './references.ts'

/** A Swagger 2 document as an OpenAPI 3 one, as far as calling its operations goes. @throws ApiSchemaError */
export function openApiOfSwagger(document: ValueMap): ValueMap {
  const servers = Array.isArray(document.servers) && document.servers.length ? document.servers : serversOf(document)
  if (!servers.length) throw new ApiSchemaError('No server found in the swagger yaml.')
  const paths = isValueMap(document.paths) ? document.paths : {}
  if (!Object.keys(paths).length) throw new ApiSchemaError('No paths found in the swagger yaml.')
  return {
    ...document,
    openapi: '3.0.0',
    servers,
    paths: Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, pathItem(document, isValueMap(item) ? item : {})])),
  }
}

function serversOf({ host, basePath, schemes }: ValueMap): Value[] {
  if (typeof host !== 'string' || !host) return []
  const offered = Array.isArray(schemes) ? schemes.filter(scheme => scheme === 'https' || scheme === 'http') : []
  const scheme = offered.includes('https') || !offered.length ? 'https' : 'http'
  return [{ url: `${scheme}://${host}${typeof basePath === 'string' ? basePath.replace(/\/$/, '') : ''}` }]
}

function pathItem(document: ValueMap, item: ValueMap): ValueMap {
  const shared = Array.isArray(item.parameters) ? item.parameters : []
  return Object.fromEntries(
    Object.entries(item)
      .filter(([key]) => key !== 'parameters')
      .map(([method, operation]) => [method, isValueMap(operation) ? operationOf(document, operation, shared) : operation]),
  )
}

function operationOf(document: ValueMap, operation: ValueMap, shared: Value[]): ValueMap {
  const own = Array.isArray(operation.parameters) ? operation.parameters : []
  const all = [...shared, ...own].map(parameter => resolved(document, parameter))
  const body = all.find(parameter => parameter.in === 'body')
  const fields = all.filter(parameter => parameter.in === 'formData')
  const consumed = [operation.consumes, document.consumes].find((list): list is Value[] => Array.isArray(list) && list.length > 0) ?? []
  const content = bodyContent(body, fields, consumed.map(String))
  return {
    ...operation,
    parameters: all.filter(parameter => parameter.in !== 'body' && parameter.in !== 'formData').map(withSchema),
    ...(content ? { requestBody: { required: body?.required ?? false, content } } : {}),
  }
}

/** Swagger 2 writes a parameter's type beside its name. */
function withSchema(parameter: ValueMap): ValueMap {
  if (parameter.schema !== undefined) return parameter
  const { type, format, items, default: fallback, enum: choices } = parameter
  return {
    ...parameter,
    schema: { type, format, items, enum: choices, ...(fallback === undefined ? {} : { default: fallback }) } as ValueMap,
  }
}

function bodyContent(body: ValueMap | undefined, fields: ValueMap[], consumes: string[]): ValueMap | undefined {
  if (body) return { [consumes[0] ?? 'application/json']: { schema: body.schema ?? {} } }
  if (!fields.length) return undefined
  const hasFiles = fields.some(field => field.type === 'file')
  const properties: ValueMap = {}
  for (const { name, in: _, required: _r, ...field } of fields) {
    properties[String(name)] = field.type === 'file' ? { ...field, type: 'string', format: 'binary' } : field
  }
  const required = fields.filter(field => field.required === true).map(field => field.name ?? '')
  const type = hasFiles ? 'multipart/form-data' : (consumes.find(name => name.includes('form')) ?? 'application/x-www-form-urlencoded')
  return { [type]: { schema: { type: 'object', properties, required } } }
}
