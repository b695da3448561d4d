import { isUtf8 } from 'node:buffer'
import type { OutboundResponse } from '@weft/ports'
import chardet from 'chardet'
import iconv from 'iconv-lite'
import mime from 'mime'
import { HttpRequestError } from './http-request-error.ts'

export interface ReceivedContent {
  isFile: boolean
  bytes: Uint8Array
}

const SAMPLE_SIZE = 1024
const TEXT_APPLICATIONS = ['json', 'xml', 'javascript', 'x-www-form-urlencoded', 'yaml', 'graphql']
const TEXT_MARKS = ['{', '[', '<', 'function', 'var ', 'const ', 'let ']
const MEDIA = ['application', 'image', 'audio', 'video']

/** Reads an answer's body up to the limit of its kind. @throws HttpRequestError `ResponseSizeError` beyond it */
export async function receiveContent(
  response: OutboundResponse,
  limits: { maxBinarySize: number; maxTextSize: number },
): Promise<ReceivedContent> {
  const chunks: Uint8Array[] = []
  let size = 0
  let isFile: boolean | undefined
  for await (const chunk of response.body) {
    chunks.push(chunk)
    size += chunk.byteLength
    if (isFile === undefined && size < SAMPLE_SIZE) continue
    isFile ??= isFileAnswer(response, Buffer.concat(chunks))
    refuseBeyond(isFile, size, limits, declaredSize(response))
  }
  const bytes = Buffer.concat(chunks)
  isFile ??= isFileAnswer(response, bytes)
  refuseBeyond(isFile, size, limits)
  return { isFile, bytes }
}

function refuseBeyond(isFile: boolean, size: number, limits: { maxBinarySize: number; maxTextSize: number }, declared = 0): void {
  const limit = isFile ? limits.maxBinarySize : limits.maxTextSize
  if (size <= limit) return
  const megabytes = (limit / 1024 / 1024).toFixed(2)
  const current = readableSize(Math.max(size, declared))
  throw new HttpRequestError(
    'ResponseSizeError',
    `${isFile ? 'File' : 'Text'} size is too large, max size is ${megabytes} MB, but current size is ${current}.`,
  )
}

function readableSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(2)} KB` : `${(bytes / 1024 / 1024).toFixed(2)} MB`
}

/** What is not yet read, where the server says it. */
function declaredSize(response: OutboundResponse): number {
  return headerOf(response, 'content-encoding') ? 0 : Number(headerOf(response, 'content-length')) || 0
}

export function headerOf(response: OutboundResponse, name: string): string {
  return response.headers.find(([header]) => header === name)?.[1] ?? ''
}

/** The media type without its parameters. */
export function mediaTypeOf(response: OutboundResponse): string {
  return (headerOf(response, 'content-type').split(';')[0] ?? '').trim().toLowerCase()
}

/** Whether an answer is kept as a file: attachments are, then the type decides, then the look of its beginning. */
export function isFileAnswer(response: OutboundResponse, content: Uint8Array): boolean {
  const disposition = headerOf(response, 'content-disposition')
  if (/^\s*attachment\s*(;|$)/i.test(disposition) || filenameOf(response) !== undefined) return true
  const type = mediaTypeOf(response)
  if (type.startsWith('text/') && !type.includes('csv')) return false
  if (type.startsWith('application/')) {
    if (TEXT_APPLICATIONS.some(text => type.includes(text))) return false
    const sample = decodeSample(content.subarray(0, SAMPLE_SIZE))
    if (sample === undefined) return true
    if (TEXT_MARKS.some(mark => sample.includes(mark))) return false
  }
  const extension = mime.getExtension(type)
  const main = extension ? mime.getType(extension)?.split('/')[0] : undefined
  return main ? MEDIA.includes(main) : ['image/', 'audio/', 'video/'].some(media => type.includes(media))
}

/** Undefined where it is not UTF-8; a character cut off at the end does not count. */
function decodeSample(sample: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true })
  } catch {
    return undefined
  }
}

/** The name that `Content-Disposition` gives. */
export function filenameOf(response: OutboundResponse): string | undefined {
  const disposition = headerOf(response, 'content-disposition')
  const extended = /;\s*filename\*\s*=\s*(?:[\w-]+'[^']*')?"?([^";]+)/i.exec(disposition)?.[1]
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended.trim())
    } catch {
      return extended.trim()
    }
  }
  const [, quoted, plain] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/i.exec(disposition) ?? []
  return quoted?.replace(/\\(.)/g, '$1') ?? plain?.trim()
}

/** The type a file gets: that of its given name, of the answer, or of the URL's name. */
export function fileTypeOf(response: OutboundResponse, requestUrl: string): string {
  const named = mime.getType(filenameOf(response) ?? '')
  const urlName = requestUrl.split('?')[0]?.split('/').at(-1) ?? ''
  return named || mediaTypeOf(response) || mime.getType(urlName) || 'application/octet-stream'
}

/** The body as text: in the charset it declares, in UTF-8, or else in what it looks like. */
export function textOfAnswer(response: OutboundResponse, bytes: Uint8Array): string {
  const declared = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(headerOf(response, 'content-type'))?.[1]
  const isKnown = declared !== undefined && iconv.encodingExists(declared)
  const encoding = isKnown ? declared : isUtf8(bytes) ? 'utf-8' : (chardet.detect(bytes) ?? 'utf-8')
  if (!iconv.encodingExists(encoding) || /^utf-?8$/i.test(encoding)) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return iconv.decode(Buffer.from(bytes), encoding, { stripBOM: false })
}
