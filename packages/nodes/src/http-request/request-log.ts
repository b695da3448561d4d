import { randomInt } from 'node:crypto'
import { isValueMap, toNumber, type Value } from '@weft/contracts'
import { asciiJson } from './json-body.ts'
import type { PreparedRequest } from './prepare-request.ts'
import { formEncode } from './url-encoding.ts'

/** More than any editor shows, in characters. */
const MAX_LOGGED_BODY = 1_000_000

/** The request as run details show it: much like HTTP, with the secret starred, and with characters counted, not bytes. */
export function requestLog(request: PreparedRequest): string {
  const [, host = '', path = '', query = ''] = /^https?:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/.exec(request.url) ?? []
  const target = (path || '/') + (request.params.length ? `?${formEncode(request.params)}` : query === '?' ? '' : query)
  const boundary = `----WebKitFormBoundary${randomLetters(16)}`
  const headers = new Map(request.headers)
  if (request.content.type === 'form-data') headers.set('Content-Type', `multipart/form-data; boundary=${boundary}`)
  const body = bodyText(request, boundary)
  const lines = [`${request.method.toUpperCase()} ${target} HTTP/1.1`, `Host: ${host}`]
  for (const [name, value] of headers) {
    const isSecret = name.toLowerCase() === request.secretHeader?.toLowerCase()
    lines.push(`${name}: ${isSecret ? '*'.repeat(length(value)) : value}`)
  }
  if (body) lines.push(`Content-Length: ${length(body)}`)
  return `${lines.join('\r\n')}\r\n\r\n${body.length > MAX_LOGGED_BODY ? `${body.slice(0, MAX_LOGGED_BODY)}…` : body}`
}

function bodyText({ content }: PreparedRequest, boundary: string): string {
  switch (content.type) {
    case 'none':
      return ''
    case 'raw-text':
      return content.text || content.template
    case 'binary':
      return decode(content.bytes)
    case 'json':
      return isEmpty(content.value) ? '' : asciiJson(content.value)
    case 'x-www-form-urlencoded':
      return formEncode(content.fields)
    case 'form-data': {
      // Fields show only where there are no files.
      const parts = content.files.length
        ? content.files.map((file): [string, string] => [file.name, decode(file.bytes)])
        : [...content.fields]
      if (!parts.length) return ''
      const texts = parts.map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      return `${texts.join('')}--${boundary}--\r\n`
    }
  }
}

/** What Python takes for false. */
function isEmpty(value: Value): boolean {
  if (Array.isArray(value)) return !value.length
  return isValueMap(value) ? !Object.keys(value).length : !value || toNumber(value) === 0
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

function length(text: string): number {
  return [...text].length
}

function randomLetters(count: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(97 + randomInt(26))).join('')
}
