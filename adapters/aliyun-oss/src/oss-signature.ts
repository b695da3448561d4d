import { createHash, createHmac } from 'node:crypto'

export interface OssCredentials {
  accessKeyId: string
  accessKeySecret: string
}

/** What is signed of a request. The path as it goes over the wire is no part of it: bucket and key are, not encoded. */
export interface OssRequest {
  method: string
  bucket: string
  /** Undefined for a request to the bucket. */
  key?: string
  /** Not encoded. A parameter without a value is an empty text. */
  query: Record<string, string>
  /** Names in lower case. */
  headers: Record<string, string>
}

const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'
const ALGORITHM = 'OSS4-HMAC-SHA256'

/** Parameters that signature version 1 counts as part of the resource: those that this adapter uses. */
const SUBRESOURCES = new Set(['acl', 'bucketInfo', 'partNumber', 'uploadId', 'uploads'])

/** The headers with what signature version 1 adds: the date and `authorization`. */
export function signV1(request: OssRequest, credentials: OssCredentials, time: Date): Record<string, string> {
  const date = time.toUTCString()
  const headers: Record<string, string> = { ...request.headers, date }
  const vendor = lines(headers, name => name.startsWith('x-oss-'))
  const parameters = Object.entries(request.query)
    .filter(([name]) => SUBRESOURCES.has(name))
    .sort(byName)
    .map(([name, value]) => (value ? `${name}=${value}` : name))
  const resource = `/${request.bucket}/${request.key ?? ''}${parameters.length ? `?${parameters.join('&')}` : ''}`
  const text = [request.method, headers['content-md5'] ?? '', headers['content-type'] ?? '', date, vendor + resource].join('\n')
  const signature = createHmac('sha1', credentials.accessKeySecret).update(text).digest('base64')
  return { ...headers, authorization: `OSS ${credentials.accessKeyId}:${signature}` }
}

/** The headers with what signature version 4 adds: the date, a word for the body, which is not signed, and `authorization`. */
export function signV4(request: OssRequest, credentials: OssCredentials, region: string, time: Date): Record<string, string> {
  const timestamp = time.toISOString().replace(/[-:]|\.\d+/g, '')
  const date = timestamp.slice(0, 8)
  const headers = { ...request.headers, 'x-oss-content-sha256': UNSIGNED_PAYLOAD, 'x-oss-date': timestamp }
  const query = Object.entries(request.query)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(byName)
    .map(([name, value]) => (value ? `${name}=${value}` : name))
  const canonicalRequest = [
    request.method,
    encodePath(`/${request.bucket}/${request.key ?? ''}`),
    query.join('&'),
    lines(headers, name => name.startsWith('x-oss-') || name === 'content-type' || name === 'content-md5'),
    '',
    UNSIGNED_PAYLOAD,
  ].join('\n')
  const scope = `${date}/${region}/oss/aliyun_v4_request`
  const text = [ALGORITHM, timestamp, scope, createHash('sha256').update(canonicalRequest).digest('hex')].join('\n')
  const seed: string | Buffer = `aliyun_v4${credentials.accessKeySecret}`
  const signingKey = [date, region, 'oss', 'aliyun_v4_request'].reduce<string | Buffer>(hmacSha256, seed)
  const signature = hmacSha256(signingKey, text).toString('hex')
  return { ...headers, authorization: `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope},Signature=${signature}` }
}

export function encodePath(path: string): string {
  return path.split('/').map(encode).join('/')
}

/** All but letters, digits and `-._~`. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function lines(headers: Record<string, string>, isSigned: (name: string) => boolean): string {
  return Object.entries(headers)
    .filter(([name]) => isSigned(name))
    .sort(byName)
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .join('')
}

function byName([left]: readonly [string, ...unknown[]], [right]: readonly [string, ...unknown[]]): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function hmacSha256(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
