import { isValueMap, parseJson, pythonStr, type Value, type ValueMap } from '@weft/contracts'
import { collectBytes, FileServiceError, type HttpClient, OutboundError, type OutboundResponse, ToolError } from '@weft/ports'
import { requestWithRetries } from '../http-retries.ts'
import { type ApiRequestParts, apiRequest } from './api-request.ts'

export interface ApiCallOptions {
  http: HttpClient
  retries: number
  /** Milliseconds. */
  timeouts: { connect: number; read: number }
}

export interface ApiAnswer {
  text: string
  /** What the text holds, where the server says that it is JSON and it is. */
  json: Value | undefined
}

const LARGEST_ANSWER = 10 * 1024 * 1024
const NOTHING = 'Empty response from the tool, please check your parameters and try again.'

/** Calls an operation. @throws ToolError */
export async function callApi({ http, retries, timeouts }: ApiCallOptions, parts: ApiRequestParts): Promise<ApiAnswer> {
  const request = await apiRequest(parts)
  try {
    const response = await requestWithRetries(http, { ...request, timeouts, signal: parts.signal }, retries)
    const text = await textOf(response)
    if (response.status >= 400) throw new ToolError('failed', `Request failed with status code ${response.status} and ${text}`)
    if (!text) return { text: NOTHING, json: undefined }
    return { text, json: isJson(response) ? jsonOf(text) : undefined }
  } catch (error) {
    parts.signal.throwIfAborted()
    if (error instanceof OutboundError) throw new ToolError('failed', error.message, { cause: error })
    throw error
  }
}

/** An answer as messages have it: an object both as JSON and as text, anything else as text. */
export function messagesOf({ text, json }: ApiAnswer): { json?: ValueMap; text: string } {
  if (json === undefined) return { text }
  return isValueMap(json) ? { json, text } : { text: pythonStr(json) }
}

async function textOf(response: OutboundResponse): Promise<string> {
  try {
    const bytes = await collectBytes(response.body, LARGEST_ANSWER)
    const charset = /charset=["']?([\w-]+)/i.exec(headerOf(response, 'content-type'))?.[1]
    return decoderFor(charset).decode(bytes)
  } catch (error) {
    if (!(error instanceof FileServiceError)) throw error
    throw new ToolError('failed', `The answer of ${response.url} is larger than ${LARGEST_ANSWER} bytes. Ask for less of it.`, {
      cause: error,
    })
  }
}

function decoderFor(charset: string | undefined): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset ?? 'utf-8')
  } catch {
    return new TextDecoder()
  }
}

const headerOf = (response: OutboundResponse, name: string) => response.headers.find(([header]) => header === name)?.[1] ?? ''

const isJson = (response: OutboundResponse) => headerOf(response, 'content-type').toLowerCase().includes('application/json')

function jsonOf(text: string): Value | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
