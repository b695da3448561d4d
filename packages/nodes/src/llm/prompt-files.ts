import { type FileValue, isFile, type Value } from '@weft/contracts'
import type { FileService, PromptPart } from '@weft/ports'
import { LlmNodeError } from './llm-error.ts'

/** A part of a message before its file's bytes are read. */
export type DraftPart = { type: 'text'; text: string } | { type: 'file'; file: FileValue; detail: 'high' | 'low' }

const MAX_FILE_BYTES = 100 * 1024 * 1024
const FEATURES: Record<string, string> = { image: 'vision', document: 'document', video: 'video', audio: 'audio' }

/** The files at a vision selector. @throws LlmNodeError where something else stands there */
export function filesOf(value: Value | undefined): FileValue[] {
  if (value === undefined || value === null) return []
  if (isFile(value)) return [value]
  if (Array.isArray(value)) return value.filter(isFile)
  throw new LlmNodeError('InvalidVariableTypeError', `Invalid variable type: ${typeof value}`)
}

/** A file as a model can be given it; a text that names it where no model can. */
export function draftFile(file: FileValue, detail: 'high' | 'low'): DraftPart {
  if (!(file.type in FEATURES)) return { type: 'text', text: `[Unsupported file type: ${file.filename} (${file.type})]` }
  if (file.extension === null) throw new LlmNodeError('ValueError', 'Missing file extension')
  if (file.mime_type === null) throw new LlmNodeError('ValueError', 'Missing file mime_type')
  return { type: 'file', file, detail }
}

/** Whether a model with these features takes the part. A model that declares none takes only text. */
export function isSupported(part: DraftPart, features: readonly string[] | null): boolean {
  return part.type === 'text' || (features?.includes(FEATURES[part.file.type] ?? '') ?? false)
}

export interface FileSource {
  files: FileService
  tenantId: string
  /** `url` sends links where a file has one that the vendor can open; `base64` sends the bytes. */
  sendAs: 'base64' | 'url'
  signal: AbortSignal
}

export async function loadPart(part: DraftPart, source: FileSource): Promise<PromptPart> {
  if (part.type === 'text') return part
  const { file, detail } = part
  const url = file.transfer_method === 'remote_url' ? file.remote_url : file.url
  const isLink = source.sendAs === 'url' && url !== null
  return {
    type: file.type as 'image',
    mimeType: file.mime_type ?? 'application/octet-stream',
    filename: file.filename,
    ...(file.type === 'image' ? { detail } : {}),
    source: isLink
      ? { url }
      : { bytes: await source.files.readAll(file, MAX_FILE_BYTES, { tenantId: source.tenantId, signal: source.signal }) },
  }
}
