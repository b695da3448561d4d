import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const IV_LENGTH = 12
const TAG_LENGTH = 16

/** Encrypts by AES-256-GCM under a fresh IV. `context` is bound to it: opening under another fails. Base64url of IV, tag, ciphertext. */
export function seal(key: Uint8Array, content: Uint8Array, context: string): string {
  const iv = randomBytes(IV_LENGTH)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(content), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
}

/** The inverse of `seal`. Throws where key, context or box are not the ones it was sealed with. */
export function open(key: Uint8Array, box: string, context: string): Buffer {
  const bytes = Buffer.from(box, 'base64url')
  if (bytes.length < IV_LENGTH + TAG_LENGTH) throw new Error('too short for a sealed box')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_LENGTH), { authTagLength: TAG_LENGTH })
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(IV_LENGTH, IV_LENGTH + TAG_LENGTH))
  return Buffer.concat([decipher.update(bytes.subarray(IV_LENGTH + TAG_LENGTH)), decipher.final()])
}

/** A 256-bit key for one purpose, from a secret of any length. */
export function deriveKey(secret: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, 'weft', purpose, 32))
}
