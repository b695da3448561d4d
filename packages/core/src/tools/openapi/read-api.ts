import { isValueMap, parseJson, type Value, type ValueMap } from '@weft/contracts'
import { collectBytes, type HttpClient, type ToolParameter } from '@weft/ports'
import { readYaml, YamlError } from '../../dsl/read-yaml.ts'
import { toolParameter, untranslated } from '../tool-parameters.ts'
import { type ApiOperation, ApiSchemaError, type ReadApi } from './api-operation.ts'
import { merged, resolved } from './references.ts'
import { openApiOfSwagger } from './swagger.ts'

const METHODS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options', 'trace']
/** Characters. */
export const LONGEST_SCHEMA = 10 * 1024 * 1024

export interface ReadApiOptions {
  /** Fetches the document that a plugin's manifest names. */
  http: HttpClient
  /** Chooses among servers that are marked by an environment. */
  environment?: string | undefined
}

/**
 * Reads an OpenAPI 3 or Swagger 2 document in JSON or YAML, or the manifest of a ChatGPT plugin that names one.
 * @throws ApiSchemaError
 */
export async function readApi(text: string, options: ReadApiOptions): Promise<ReadApi> {
  const document = parseDocument(text)
  if (isManifest(document)) return { ...(await readManifest(document, options)), schemaType: 'openai_plugin' }
  if ('swagger' in document) return { ...readOpenApi(openApiOfSwagger(document), options), schemaType: 'swagger' }
  return { ...readOpenApi(document, options), schemaType: 'openapi' }
}

function parseDocument(text: string): ValueMap {
  const content = text.trim()
  let document: Value
  try {
    document = parseJson(content)
  } catch (jsonError) {
    try {
      document = readYaml(content)
    } catch (yamlError) {
      if (!(yamlError instanceof YamlError)) throw yamlError
      const reasons = `json error: ${(jsonError as Error).message}, yaml error: ${yamlError.message}`
      throw new ApiSchemaError(`Invalid api schema, schema is neither json nor yaml. ${reasons}`, { cause: yamlError })
    }
  }
  if (isValueMap(document)) return document
  throw new ApiSchemaError('Invalid api schema: it must be an OpenAPI or Swagger document in JSON or YAML.')
}

const isManifest = (document: ValueMap) => isValueMap(document.api) && !('paths' in document)

async function readManifest({ api }: ValueMap, options: ReadApiOptions): Promise<ReadApi> {
  const { url, type } = api as ValueMap
  if (type !== 'openapi') throw new ApiSchemaError('Only openapi is supported now.')
  if (typeof url !== 'string') throw new ApiSchemaError('Invalid openai plugin json: its api names no url.')
  const timeouts = { connect: 5000, read: 5000 }
  const response = await options.http.request({ method: 'GET', url, timeouts }).catch(cause => {
    throw new ApiSchemaError(`cannot get openapi yaml from url: ${cause.message}`, { cause })
  })
  const bytes = await collectBytes(response.body, LONGEST_SCHEMA)
  if (response.status !== 200) throw new ApiSchemaError(`cannot get openapi yaml from url: it answered ${response.status}.`)
  const document = parseDocument(new TextDecoder().decode(bytes))
  if (isManifest(document)) throw new ApiSchemaError('The manifest names another manifest instead of an openapi document.')
  return readApi(JSON.stringify(document), options)
}

function readOpenApi(document: ValueMap, { environment }: ReadApiOptions): Omit<ReadApi, 'schemaType'> {
  const server = serverOf(document, environment)
  const paths = isValueMap(document.paths) ? document.paths : {}
  const warnings: ReadApi['warnings'] = {}
  const operations: ApiOperation[] = []
  for (const [path, reference] of Object.entries(paths)) {
    const item = resolved(document, reference)
    for (const method of METHODS) {
      const operation = item[method]
      if (isValueMap(operation)) operations.push(readOperation({ document, server, path, method, item, operation, warnings }))
    }
  }
  if (!operations.length) throw new ApiSchemaError('No paths found in the openapi yaml.')
  const info = isValueMap(document.info) ? document.info : {}
  return { operations, description: textOf(info.description), warnings }
}

function serverOf({ servers }: ValueMap, environment: string | undefined): string {
  const list = Array.isArray(servers) ? servers.filter(isValueMap) : []
  const chosen = (environment && list.find(server => server.env === environment)) || list[0]
  if (!chosen) throw new ApiSchemaError('No server found in the openapi yaml.')
  const variables = isValueMap(chosen.variables) ? chosen.variables : {}
  const url = textOf(chosen.url).replace(/\{([^}]+)\}/g, (whole, name: string) => {
    const variable = variables[name]
    return isValueMap(variable) ? textOf(variable.default) : whole
  })
  if (!/^https?:\/\//i.test(url)) {
    throw new ApiSchemaError(`The server url ${JSON.stringify(url)} must be a whole address, such as https://api.example.com.`)
  }
  return url.replace(/\/$/, '')
}

interface OperationParts {
  document: ValueMap
  server: string
  path: string
  method: string
  item: ValueMap
  operation: ValueMap
  warnings: ReadApi['warnings']
}

function readOperation({ document, server, path, method, item, operation, warnings }: OperationParts): ApiOperation {
  const places = placedParameters(document, item, operation)
  const requestBody = readBody(document, operation)
  const parameters = [...places.map(fromPlace), ...fromBody(requestBody)]
  const names = parameters.map(parameter => parameter.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) warnings.duplicated_parameter = `Parameter ${twice} is duplicated.`
  const { responses: _, callbacks: _c, ...kept } = operation
  return {
    server_url: server + path,
    method,
    summary: typeof operation.description === 'string' ? operation.description : textOf(operation.summary) || null,
    operation_id: textOf(operation.operationId) || `${path.replace(/[^a-zA-Z0-9_-]/g, '') || '<root>'}_${method}`,
    parameters,
    author: '',
    icon: null,
    openapi: { ...kept, parameters: places, ...(requestBody ? { requestBody } : {}) },
  }
}

/** Those of the path, and those of the operation in their place. */
function placedParameters(document: ValueMap, item: ValueMap, operation: ValueMap): ValueMap[] {
  const listed = (value: Value | undefined) => (Array.isArray(value) ? value.map(parameter => resolved(document, parameter)) : [])
  const own = listed(operation.parameters)
  const shared = listed(item.parameters).filter(({ name, in: place }) => !own.some(other => other.name === name && other.in === place))
  return [...shared, ...own].map(parameter => {
    if (typeof parameter.name !== 'string') throw new ApiSchemaError('A parameter has no name.')
    return parameter.schema === undefined ? parameter : { ...parameter, schema: merged(document, resolved(document, parameter.schema)) }
  })
}

/** The body with the schema of its first content, whose properties are resolved so far as sending them needs. */
function readBody(document: ValueMap, operation: ValueMap): ValueMap | undefined {
  if (operation.requestBody === undefined || operation.requestBody === null) return undefined
  const body = resolved(document, operation.requestBody)
  const [first] = Object.entries(isValueMap(body.content) ? body.content : {})
  if (!first) return undefined
  const [contentType, content] = first
  const schema = merged(document, resolved(document, isValueMap(content) ? content.schema : undefined))
  const properties = Object.entries(isValueMap(schema.properties) ? schema.properties : {})
  const read = properties.map(([name, property]) => [name, merged(document, resolved(document, property))])
  return { ...body, content: { [contentType]: { schema: { ...schema, properties: Object.fromEntries(read) } } } }
}

function fromPlace(parameter: ValueMap): ToolParameter {
  const schema = isValueMap(parameter.schema) ? parameter.schema : {}
  const description = textOf(parameter.description)
  return describeParameter(textOf(parameter.name), description, {
    required: parameter.required === true,
    default: scalarOf(schema.default),
    llm_description: parameter.description === undefined ? null : description,
    ...typeIn(parameter.type === undefined ? schema : parameter),
  })
}

function fromBody(requestBody: ValueMap | undefined): ToolParameter[] {
  const [content] = Object.values((requestBody?.content ?? {}) as ValueMap)
  const schema = (isValueMap(content) ? content.schema : undefined) as ValueMap | undefined
  const required = Array.isArray(schema?.required) ? schema.required : []
  return Object.entries((schema?.properties ?? {}) as { [name: string]: ValueMap }).map(([name, property]) => {
    const description = textOf(property.description)
    const more = {
      required: required.includes(name),
      default: scalarOf(property.default),
      llm_description: description,
      ...typeIn(property),
    }
    return describeParameter(name, description, more)
  })
}

function describeParameter(name: string, description: string, more: Partial<ToolParameter>): ToolParameter {
  const words = untranslated(description)
  return toolParameter({
    name,
    label: untranslated(name),
    human_description: words,
    placeholder: words,
    type: 'string',
    form: 'llm',
    ...more,
  })
}

/** Lists and objects are texts that hold JSON: a model and a form both can write those. */
function typeIn(schema: ValueMap): { type: ToolParameter['type'] } {
  if (schema.format === 'binary') return { type: 'file' }
  const type = typeOfSchema(schema)
  if (type === 'integer' || type === 'number') return { type: 'number' }
  if (type === 'boolean') return { type: 'boolean' }
  const isFiles = type === 'array' && isValueMap(schema.items) && schema.items.format === 'binary'
  return { type: isFiles ? 'files' : 'string' }
}

/** Of several types the first that is not null. */
export function typeOfSchema({ type }: ValueMap): string | undefined {
  const types = (Array.isArray(type) ? type : [type]).filter(name => typeof name === 'string' && name !== 'null')
  return types[0] as string | undefined
}

function scalarOf(value: Value | undefined): Value {
  return value === undefined || Array.isArray(value) || isValueMap(value) ? null : value
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : ''
}
