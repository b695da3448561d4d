import { detectFileType, fileTypeByMimeType } from '@weft/nodes'
import { fileTypeFromBuffer } from 'file-type'

/** What the size limits tell apart. */
export type FileKind = 'image' | 'video' | 'audio' | 'document'

/** Bytes. */
export type SizeLimits = Readonly<Record<FileKind, number>>

/** So many first bytes tell what a file is. */
export const SAMPLE_BYTES = 4100

export const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'svg']
export const DOCUMENT_EXTENSIONS = 'txt markdown md mdx pdf html htm xlsx xls docx csv vtt properties'.split(' ')

export interface InspectedFile {
  extension: string
  mimeType: string
  /** Bytes. */
  maxSize: number
}

/**
 * What a file is by its name, corrected by what its content shows it to be: a film is none the less one when it is called `.png`.
 * Content decides only where it is sure: bytes that no text holds, under a signature of a known format.
 */
export async function inspectFile(
  named: { extension: string; mimeType: string },
  sample: Uint8Array,
  limits: SizeLimits,
): Promise<InspectedFile> {
  const byName = kindOf(detectFileType(named.extension, ''))
  const found = sample.includes(0) ? await fileTypeFromBuffer(sample) : undefined
  if (!found) return { ...named, maxSize: limits[byName] }
  const byContent = kindOf(fileTypeByMimeType(found.mime))
  const isNameKnown = detectFileType(named.extension, '') !== 'custom'
  const isNameRight = !isNameKnown || isAlike(byName, byContent)
  return {
    extension: isNameRight ? named.extension : found.ext,
    mimeType: isAlike(kindOf(fileTypeByMimeType(named.mimeType)), byContent) ? named.mimeType : found.mime,
    maxSize: isNameKnown ? Math.min(limits[byName], limits[byContent]) : limits[byName],
  }
}

function kindOf(type: ReturnType<typeof detectFileType>): FileKind {
  return type === 'custom' ? 'document' : type
}

/** Sound comes in the containers of films: `.m4a`, `.webm`. */
function isAlike(a: FileKind, b: FileKind): boolean {
  const isTimed = (kind: FileKind) => kind === 'audio' || kind === 'video'
  return a === b || (isTimed(a) && isTimed(b))
}
