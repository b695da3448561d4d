import chardet from 'chardet'
import iconv from 'iconv-lite'

/** The text of bytes in whatever charset they are. Broken sequences and byte order marks are left out. */
export function decodeText(bytes: Uint8Array): string {
  const text = decodeUnicode(bytes)
  if (text !== undefined) return text
  const charset = chardet.detect(bytes)
  if (charset && iconv.encodingExists(charset)) return iconv.decode(bytes, charset).replaceAll('\ufffd', '')
  return new TextDecoder('utf-8').decode(bytes).replaceAll('\ufffd', '')
}

function decodeUnicode(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
