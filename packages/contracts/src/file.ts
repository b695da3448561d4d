import { isValueMap, type Value, type ValueMap } from './value.ts'

export const FILE_IDENTITY = '__dify__file__'

export type FileType = 'image' | 'document' | 'audio' | 'video' | 'custom'
export type FileTransferMethod = 'remote_url' | 'local_file' | 'tool_file' | 'datasource_file'

/** A file as it travels through a graph and over the wire: a plain object marked by `dify_model_identity`. */
export type FileValue = ValueMap & {
  dify_model_identity: typeof FILE_IDENTITY
  id: string | null
  tenant_id: string
  type: FileType
  transfer_method: FileTransferMethod
  remote_url: string | null
  related_id: string | null
  filename: string | null
  /** With its dot: `.pdf`. */
  extension: string | null
  mime_type: string | null
  /** Bytes; −1 where unknown. */
  size: number
  /** A fresh signed link, or the remote address. */
  url: string | null
}

export function isFile(value: Value | undefined): value is FileValue {
  return isValueMap(value) && value.dify_model_identity === FILE_IDENTITY
}
