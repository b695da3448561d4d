import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A dataset's id as files hold it: readable only by the workspace that wrote it, the same each time. */
export function encryptDatasetId(tenantId: string, datasetId: string): string {
  const { key, iv } = keyOf(tenantId)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  return Buffer.concat([cipher.update(datasetId), cipher.final()]).toString('base64')
}

/** The id in a file, plain or encrypted; undefined where it is another workspace's. */
export function decryptDatasetId(tenantId: string, text: string): string | undefined {
  if (UUID.test(text)) return text
  const { key, iv } = keyOf(tenantId)
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, iv)
    const id = Buffer.concat([decipher.update(Buffer.from(text, 'base64')), decipher.final()]).toString()
    return UUID.test(id) ? id : undefined
  } catch {
    return undefined
  }
}

function keyOf(tenantId: string) {
  const key = createHash('sha256').update(tenantId).digest()
  return { key, iv: key.subarray(0, 16) }
}
