import type { FileType } from '@weft/contracts'
import mime from 'mime'

const EXTENSIONS: Partial<Record<FileType, readonly string[]>> = {
  image: ['jpg', 'jpeg', 'png', 'webp', 'gif', 'svg'],
  video: ['mp4', 'mov', 'mpeg', 'webm'],
  audio: ['mp3', 'm4a', 'wav', 'amr', 'mpga'],
  document: ['txt', 'markdown', 'md', 'mdx', 'pdf', 'html', 'htm', 'xlsx', 'xls', 'docx', 'csv', 'vtt', 'properties'],
}

const TYPE_BY_EXTENSION = new Map(
  Object.entries(EXTENSIONS).flatMap(([type, extensions]) => extensions.map(extension => [extension, type as FileType] as const)),
)

export const FILE_TYPES: readonly FileType[] = ['image', 'document', 'audio', 'video', 'custom']

/** What a file is, by its extension (with or without dot), else by its MIME type. */
export function detectFileType(extension: string, mimeType: string): FileType {
  const known = TYPE_BY_EXTENSION.get(extension.replace(/^\.+/, '').toLowerCase())
  return known ?? fileTypeByMimeType(mimeType)
}

export function fileTypeByMimeType(mimeType: string): FileType {
  if (mimeType.includes('image')) return 'image'
  if (mimeType.includes('video')) return 'video'
  if (mimeType.includes('audio')) return 'audio'
  return mimeType.includes('text') || mimeType.includes('pdf') ? 'document' : 'custom'
}

/** Where the extension users expect is not the registry's first. */
const USUAL_EXTENSIONS: Record<string, string> = {
  'image/jpeg': '.jpg',
  'audio/mpeg': '.mp3',
  'audio/x-wav': '.wav',
  'text/plain': '.txt',
  'text/html': '.html',
  'video/quicktime': '.mov',
  'application/octet-stream': '.bin',
}

/** The usual extension of a MIME type, with its dot. */
export function extensionOfMimeType(mimeType: string): string | undefined {
  const usual = USUAL_EXTENSIONS[mimeType]
  if (usual) return usual
  const extension = mime.getExtension(mimeType)
  return extension ? `.${extension}` : undefined
}

/** The MIME type that a file's name speaks of; empty where it does not. */
export function mimeTypeOfName(filename: string): string {
  return mime.getType(filename) ?? ''
}
