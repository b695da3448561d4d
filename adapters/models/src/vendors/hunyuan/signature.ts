import { createHash, createHmac } from 'node:crypto'

export interface TencentRequest {
  host: string
  service: string
  action: string
  version: string
  body: string
  id: string
  key: string
  /** Seconds since the epoch. */
  time: number
}

/** The headers of a request to Tencent Cloud, signed by TC3-HMAC-SHA256. */
export function signTencent({ host, service, action, version, body, id, key, time }: TencentRequest): Record<string, string> {
  const date = new Date(time * 1000).toISOString().slice(0, 10)
  const signed = 'content-type;host;x-tc-action'
  const canonical = `POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:${host}\nx-tc-action:${action.toLowerCase()}\n\n${signed}\n${sha256(body)}`
  const scope = `${date}/${service}/tc3_request`
  const dateKey = hmac(`TC3${key}`, date)
  const signature = hmac(hmac(hmac(dateKey, service), 'tc3_request'), `TC3-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString(
    'hex',
  )
  return {
    'content-type': 'application/json; charset=utf-8',
    authorization: `TC3-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    'x-tc-action': action,
    'x-tc-timestamp': String(time),
    'x-tc-version': version,
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
