import { randomBytes } from 'node:crypto'

export interface FormFile {
  name: string
  filename: string | null
  mimeType: string
  bytes: Uint8Array
}

/** Marks a form without files as multipart: servers ignore it. */
const PLACEHOLDER: FormFile = {
  name: '__multipart_placeholder__',
  filename: '',
  mimeType: 'application/octet-stream',
  bytes: new Uint8Array(),
}

/** A `multipart/form-data` body: fields, then files. */
export function encodeMultipart(
  fields: ReadonlyMap<string, string>,
  files: readonly FormFile[],
): { contentType: string; bytes: Uint8Array } {
  const boundary = randomBytes(16).toString('hex')
  const parts: (string | Uint8Array)[] = []
  for (const [name, value] of fields) {
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`)
  }
  for (const file of files.length ? files : [PLACEHOLDER]) {
    const filename = file.filename ? `; filename="${quoted(file.filename)}"` : ''
    const head = `Content-Disposition: form-data; name="${quoted(file.name)}"${filename}\r\nContent-Type: ${file.mimeType}`
    parts.push(`--${boundary}\r\n${head}\r\n\r\n`, file.bytes, '\r\n')
  }
  parts.push(`--${boundary}--\r\n`)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : part))),
  }
}

/** A name inside quotes, as HTML5 has it. */
function quoted(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '%22')
    .replace(/\p{Cc}/gu, character => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}
