import { parseJson, pythonJson, type Value } from '@weft/contracts'
import { jsonrepair } from 'jsonrepair'
import { HttpRequestError } from './http-request-error.ts'

/** Parses what users write for JSON, mended where it is not quite. @throws HttpRequestError where nothing can be made of it */
export function parseLenientJson(text: string): Value {
  try {
    const value = parseOrRepair(text)
    // Prose becomes a string when mended, which nobody meant; an empty string is what mending leaves of nothing.
    if (typeof value !== 'string' || (value && /^\s*["'`]/.test(text))) return value
  } catch {
    // Reported below, as any text that is not JSON.
  }
  throw new HttpRequestError('RequestBodyError', `Failed to parse JSON: ${text}`)
}

function parseOrRepair(text: string): Value {
  try {
    return parseJson(text)
  } catch {
    return parseJson(jsonrepair(text))
  }
}

/** `json.dumps(value)`: ASCII only. */
export function asciiJson(value: Value): string {
  return pythonJson(value).replace(/[\x7f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
