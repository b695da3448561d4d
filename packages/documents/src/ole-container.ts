import { brokenDocument } from './document-error.ts'
import { type CompoundFile, sheetJs } from './sheetjs.ts'

const SIGNATURE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]

/** Whether bytes are a compound file, the container of Microsoft's old formats and of encrypted new ones. */
export function isOle(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, index) => bytes[index] === byte)
}

/** Names of what lies at the top of a compound file. @throws DocumentError */
export function oleNames(bytes: Uint8Array): Set<string> {
  return new Set(
    opened(bytes)
      .FullPaths.map(path => path.split('/').filter(Boolean))
      .filter(path => path.length === 2)
      .map(path => path[1] ?? ''),
  )
}

/** A stream at the top. @throws DocumentError */
export function oleStream(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const content = sheetJs.CFB.find(opened(bytes), `/${name}`)?.content
  return content && Uint8Array.from(content)
}

function opened(bytes: Uint8Array): CompoundFile {
  try {
    return sheetJs.CFB.read(Buffer.from(bytes), { type: 'buffer' })
  } catch (error) {
    throw brokenDocument('its container cannot be opened', error)
  }
}
