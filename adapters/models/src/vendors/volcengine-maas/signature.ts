import { createHash, createHmac } from 'node:crypto'

export interface VolcengineRequest {
  host: string
  /** Already encoded, its names in alphabetical order. */
  query: string
  service: string
  region: string
  body: string
  accessKey: string
  secretKey: string
  time: Date
}

/** The headers of a request to Volcengine's API of accounts, signed by HMAC-SHA256. */
export function signVolcengine({
  host,
  query,
  service,
  region,
  body,
  accessKey,
  secretKey,
  time,
}: VolcengineRequest): Record<string, string> {
  const date = time.toISOString().replace(/[-:]|\.\d+/g, '')
  const hash = sha256(body)
  const signed = 'content-type;host;x-content-sha256;x-date'
  const canonical = `POST\n/\n${query}\ncontent-type:application/json\nhost:${host}\nx-content-sha256:${hash}\nx-date:${date}\n\n${signed}\n${hash}`
  const scope = `${date.slice(0, 8)}/${region}/${service}/request`
  const key = [date.slice(0, 8), region, service, 'request'].reduce<string | Buffer>(hmac, secretKey)
  const signature = hmac(key, `HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString('hex')
  return {
    'content-type': 'application/json',
    'x-content-sha256': hash,
    'x-date': date,
    authorization: `HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
