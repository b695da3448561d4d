import { type FileValue, isFile, pythonRepr, type Value } from '@weft/contracts'
import type { VariableReader } from '@weft/engine'
import { type FileService, FileServiceError } from '@weft/ports'
import type { BodyItem, HttpRequestData } from './http-request-data.ts'
import { HttpRequestError } from './http-request-error.ts'
import { parseLenientJson } from './json-body.ts'
import type { FormFile } from './multipart.ts'

/** What a node's settings come to once its variables are filled in. */
export interface PreparedRequest {
  /** As written: either case. */
  method: string
  url: string
  params: [name: string, value: string][]
  /** The user's own, authorization and content type, in this order; without what belongs to a boundary. */
  headers: Map<string, string>
  /** The header whose value nobody may read. */
  secretHeader: string | undefined
  content: RequestContent
}

export type RequestContent =
  | { type: 'none' }
  | { type: 'raw-text'; text: string; template: string }
  | { type: 'json'; value: Value }
  | { type: 'binary'; bytes: Uint8Array }
  | { type: 'x-www-form-urlencoded'; fields: Map<string, string> }
  | { type: 'form-data'; fields: Map<string, string>; files: FormFile[] }

/** Where a request's variables and files come from. */
export interface RequestSources {
  variables: VariableReader
  files: FileService
  tenantId: string
  signal: AbortSignal
}

/** Of a file that is sent; it is held in memory. */
const MAX_SENT_FILE_SIZE = 100 * 1024 * 1024

const CONTENT_TYPES: Partial<Record<RequestContent['type'], string>> = {
  json: 'application/json',
  'x-www-form-urlencoded': 'application/x-www-form-urlencoded',
  'raw-text': 'text/plain',
}

/** Where Python's `str.splitlines` splits. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python splits at control characters too
const LINE_BREAK = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/

/** @throws HttpRequestError */
export async function prepareRequest(data: HttpRequestData, sources: RequestSources): Promise<PreparedRequest> {
  const { variables } = sources
  const url = variables.render(data.url)
  if (!url) throw new HttpRequestError('InvalidURLError', 'url is required')
  if (!/^https?:\/\//.test(url)) throw new HttpRequestError('InvalidURLError', 'url should start with http:// or https://')
  const params = lines(data.params)
    .filter(([name]) => name)
    .map(([name, value]): [string, string] => [variables.render(name), variables.render(value)])
  // Filled in before it is split: a variable may hold several headers.
  const headers = new Map(lines(variables.render(data.headers)))
  const content = await prepareContent(data, sources)
  const secretHeader = authorize(headers, data.authorization, variables)
  const contentType = CONTENT_TYPES[content.type]
  if (content.type === 'form-data') for (const name of headers.keys()) if (isContentType(name)) headers.delete(name)
  if (contentType && ![...headers.keys()].some(isContentType)) headers.set('Content-Type', contentType)
  return { method: data.method, url, params, headers, secretHeader, content }
}

function lines(text: string): [name: string, value: string][] {
  return text
    .split(LINE_BREAK)
    .filter(line => line.trim())
    .map(line => {
      const colon = line.indexOf(':')
      return colon < 0 ? [line.trim(), ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
    })
}

function isContentType(name: string): boolean {
  return name.toLowerCase() === 'content-type'
}

/** Adds the authorization's header and gives its name. */
function authorize(
  headers: Map<string, string>,
  authorization: HttpRequestData['authorization'],
  variables: VariableReader,
): string | undefined {
  if (authorization.type === 'no-auth') return undefined
  const { type, api_key, header } = authorization.config
  const name = header || 'Authorization'
  const key = variables.render(api_key)
  if (!key) return name
  if (type === 'bearer') headers.set(name, `Bearer ${key}`)
  else if (type === 'basic') headers.set(name, `Basic ${key.includes(':') ? Buffer.from(key).toString('base64') : key}`)
  else headers.set(name, key)
  return name
}

async function prepareContent(data: HttpRequestData, sources: RequestSources): Promise<RequestContent> {
  const body = data.body ?? { type: 'none', data: [] }
  const { variables } = sources
  switch (body.type) {
    case 'none':
      return { type: 'none' }
    case 'raw-text': {
      const template = onlyItem(body).value
      return { type: 'raw-text', text: variables.render(template), template }
    }
    case 'json':
      return { type: 'json', value: parseLenientJson(variables.render(onlyItem(body).value)) }
    case 'binary': {
      const { file: selector } = onlyItem(body)
      const file = variables.get(selector)
      if (!isFile(file)) throw new HttpRequestError('FileFetchError', `cannot fetch file with selector ${pythonRepr(selector)}`)
      return { type: 'binary', bytes: await readFile(file, sources) }
    }
    case 'x-www-form-urlencoded':
      return { type: 'x-www-form-urlencoded', fields: renderFields(body.data, variables) }
    case 'form-data': {
      const fields = renderFields(
        body.data.filter(item => item.type === 'text'),
        variables,
      )
      return { type: 'form-data', fields, files: await readFormFiles(body.data, sources) }
    }
  }
}

function onlyItem(body: { type: string; data: BodyItem[] }): BodyItem {
  const [item, ...rest] = body.data
  if (!item || rest.length) throw new HttpRequestError('RequestBodyError', `${body.type} body type should have exactly one item`)
  return item
}

function renderFields(items: readonly BodyItem[], variables: VariableReader): Map<string, string> {
  return new Map(items.map(item => [variables.render(item.key), variables.render(item.value)]))
}

async function readFormFiles(items: readonly BodyItem[], sources: RequestSources): Promise<FormFile[]> {
  const selectors = new Map(items.filter(item => item.type === 'file').map(item => [sources.variables.render(item.key), item.file]))
  const found: FormFile[] = []
  for (const [name, selector] of selectors) {
    const value = sources.variables.get(selector) ?? null
    for (const file of Array.isArray(value) && value.every(isFile) ? value : [value]) {
      if (!isFile(file) || !hasContent(file)) continue
      const mimeType = file.mime_type || 'application/octet-stream'
      found.push({ name, filename: file.filename, mimeType, bytes: await readFile(file, sources) })
    }
  }
  return found
}

function hasContent(file: FileValue): boolean {
  return file.related_id !== null || (file.transfer_method === 'remote_url' && file.remote_url !== null)
}

async function readFile(file: FileValue, { files, tenantId, signal }: RequestSources): Promise<Uint8Array> {
  try {
    return await files.readAll(file, MAX_SENT_FILE_SIZE, { tenantId, signal })
  } catch (error) {
    if (!(error instanceof FileServiceError)) throw error
    throw new HttpRequestError('FileFetchError', `cannot fetch file ${file.filename ?? ''}: ${error.message}`, { cause: error })
  }
}
