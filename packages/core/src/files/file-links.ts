import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@weft/ports'

export interface LinkedFile {
  /** `image` is an upload by a link of older days. */
  kind: 'upload' | 'image' | 'tool'
  id: string
  /** The tenant for whom the link is made. It opens only if the file is theirs. */
  tenantId: string
  /** Of tool files: with its dot. */
  extension?: string
}

/** The query of a link. */
export interface LinkSignature {
  timestamp: string
  nonce: string
  sign: string
}

export type LinkPurpose = 'file-preview' | 'image-preview'

/**
 * Links that open a file for whoever has them, for a time:
 * `/files/{id}/file-preview?timestamp&nonce&sign` with an HMAC over `file-preview|id|timestamp|nonce`.
 *
 * Half of the nonce is random, half says for which tenant the link was made. A graph can hand on a file value that names a file of
 * another tenant; a link to it can be signed without asking the database, and does not open.
 */
export interface FileLinks {
  /** `origin` begins the address where the operator has set no other: `http://host`. Without either the link is relative to the host. */
  sign(file: LinkedFile, origin: string): string
  /** Whether the signature is ours and not too old. */
  isValid(id: string, signature: LinkSignature, purpose?: LinkPurpose): boolean
  /** Whether a valid link was made for this tenant. */
  isFor(tenantId: string, id: string, signature: LinkSignature): boolean
}

export interface FileLinkOptions {
  secretKey: string
  /** How long a link lives. */
  accessSeconds: number
  /** `FILES_URL`; empty where links go to where the request went. */
  baseUrl: string
  clock: Clock
}

const SAFE_EXTENSION = /^\.[A-Za-z0-9]{1,20}$/

export function createFileLinks({ secretKey, accessSeconds, baseUrl, clock }: FileLinkOptions): FileLinks {
  const digest = (message: string) => createHmac('sha256', secretKey).update(message).digest()
  const base = baseUrl.replace(/\/+$/, '')
  const signatureOf = (purpose: LinkPurpose, id: string, timestamp: string, nonce: string) =>
    digest(`${purpose}|${id}|${timestamp}|${nonce}`).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  const tenantMark = (tenantId: string, id: string, timestamp: string, random: string) =>
    digest(`file-tenant|${tenantId}|${id}|${timestamp}|${random}`).toString('hex', 0, 8)

  return {
    sign({ kind, id, tenantId, extension }, origin) {
      const timestamp = String(Math.floor(clock.now() / 1000))
      const random = randomBytes(8).toString('hex')
      const nonce = random + tenantMark(tenantId, id, timestamp, random)
      const ending = extension && SAFE_EXTENSION.test(extension) ? extension : '.bin'
      const purpose = kind === 'image' ? 'image-preview' : 'file-preview'
      const path = kind === 'tool' ? `tools/${id}${ending}` : `${id}/${purpose}`
      const sign = encodeURIComponent(signatureOf(purpose, id, timestamp, nonce))
      return `${base || origin}/files/${path}?timestamp=${timestamp}&nonce=${nonce}&sign=${sign}`
    },
    isValid(id, { timestamp, nonce, sign }, purpose = 'file-preview') {
      if (!isSame(sign, signatureOf(purpose, id, timestamp, nonce))) return false
      return Math.floor(clock.now() / 1000) - Number(timestamp) <= accessSeconds
    },
    isFor: (tenantId, id, { timestamp, nonce }) => isSame(nonce.slice(16), tenantMark(tenantId, id, timestamp, nonce.slice(0, 16))),
  }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
