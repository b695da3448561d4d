import {
  FILE_IDENTITY,
  type FileTransferMethod,
  type FileType,
  type FileValue,
  pythonRepr,
  pythonStr,
  type Value,
  type ValueMap,
} from '@weft/contracts'
import type { FileSource, StoredFile } from './file-source.ts'
import { detectFileType, extensionOfMimeType, FILE_TYPES } from './file-type.ts'
import { type FileUploadConfig, isFileAllowed } from './file-upload-config.ts'

/** A file of a request that cannot be taken. The message is for users. */
export class FileMappingError extends Error {
  readonly code = 'invalid-file'
  constructor(message: string) {
    super(message)
    this.name = 'FileMappingError'
  }
}

export interface FileMappingOptions {
  tenantId: string
  /** What files may be; any where left out. */
  config?: FileUploadConfig
  /** The type that the request names must be what the file is. */
  isStrict?: boolean
}

/** Turns `{type, transfer_method, url | upload_file_id | tool_file_id}` of a request into a file value. @throws FileMappingError */
export async function buildFile(source: FileSource, mapping: ValueMap, options: FileMappingOptions): Promise<FileValue> {
  const file = await lookUp(source, mapping, options)
  const { config } = options
  const type = mapping.type === undefined ? 'custom' : mapping.type
  if (config && !isFileAllowed(config, { type, extension: file.extension ?? '', method: file.transfer_method })) {
    throw new FileMappingError(`File validation failed for file: ${file.filename}`)
  }
  return file
}

/** Several files of a request, in order, within the config's numbers. @throws FileMappingError */
export async function buildFiles(source: FileSource, mappings: readonly ValueMap[], options: FileMappingOptions): Promise<FileValue[]> {
  const files: FileValue[] = []
  for (const mapping of mappings) files.push(await buildFile(source, mapping, options))
  const { config } = options
  if (config?.image && files.filter(file => file.type === 'image').length > config.image.numberLimit) {
    throw new FileMappingError(`Number of image files exceeds the maximum limit ${config.image.numberLimit}`)
  }
  if (config?.numberLimit && files.length > config.numberLimit) {
    throw new FileMappingError(`Number of files exceeds the maximum limit ${config.numberLimit}`)
  }
  return files
}

function lookUp(source: FileSource, mapping: ValueMap, options: FileMappingOptions): Promise<FileValue> {
  switch (mapping.transfer_method) {
    case 'local_file':
      return buildLocalFile(source, mapping, options)
    case 'remote_url':
      return mapping.upload_file_id ? buildStoredRemoteFile(source, mapping, options) : buildRemoteFile(source, mapping, options)
    case 'tool_file':
    case 'datasource_file':
      return buildToolFile(source, mapping, options)
    default:
      throw new FileMappingError(`No matching enum found for value '${pythonStr(mapping.transfer_method ?? null)}'`)
  }
}

async function buildLocalFile(source: FileSource, mapping: ValueMap, options: FileMappingOptions): Promise<FileValue> {
  if (!mapping.upload_file_id) throw new FileMappingError('Invalid upload file id')
  const stored = await uploadFile(source, mapping.upload_file_id, options.tenantId)
  const type = chooseType(stored, mapping.type === undefined ? 'custom' : mapping.type, options.isStrict === true)
  return fileValue('local_file', stored, type, mapping, options)
}

async function buildStoredRemoteFile(source: FileSource, mapping: ValueMap, options: FileMappingOptions): Promise<FileValue> {
  const stored = await uploadFile(source, mapping.upload_file_id ?? null, options.tenantId)
  const type = chooseType(stored, mapping.type ?? null, options.isStrict === true && Boolean(mapping.type))
  return { ...fileValue('remote_url', stored, type, mapping, options), remote_url: stored.url }
}

async function uploadFile(source: FileSource, id: Value, tenantId: string): Promise<StoredFile> {
  const uuid = uuidOf(id)
  if (!uuid) throw new FileMappingError('Invalid upload file id format')
  const stored = await source.uploadFile(tenantId, uuid)
  if (!stored) throw new FileMappingError('Invalid upload file')
  return stored
}

/** Takes what Python's `uuid.UUID` takes: with or without hyphens, braces or `urn:uuid:`. */
function uuidOf(id: Value): string | undefined {
  if (typeof id !== 'string') return undefined
  const digits = id
    .replace('urn:', '')
    .replace('uuid:', '')
    .replace(/^[{}]+|[{}]+$/g, '')
    .replaceAll('-', '')
    .toLowerCase()
  return /^[0-9a-f]{32}$/.test(digits) ? digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : undefined
}

async function buildToolFile(source: FileSource, mapping: ValueMap, options: FileMappingOptions): Promise<FileValue> {
  const isTool = mapping.transfer_method === 'tool_file'
  const id = (isTool ? mapping.tool_file_id : mapping.datasource_file_id) ?? null
  const uuid = uuidOf(id)
  const stored = uuid && (await (isTool ? source.toolFile(options.tenantId, uuid) : source.uploadFile(options.tenantId, uuid)))
  if (!stored) throw new FileMappingError(`${isTool ? 'ToolFile' : 'DatasourceFile'} ${pythonStr(id)} not found`)
  const type = chooseType(stored, mapping.type ?? null, options.isStrict === true && Boolean(mapping.type))
  const file = fileValue('tool_file', stored, type, mapping, options)
  return isTool ? file : { ...file, id: stored.id }
}

async function buildRemoteFile(source: FileSource, mapping: ValueMap, options: FileMappingOptions): Promise<FileValue> {
  const url = mapping.url || mapping.remote_url
  if (typeof url !== 'string' || !/^https?:/i.test(url)) throw new FileMappingError('Invalid file url')
  const { filename, mimeType, size } = await source.remote(url)
  const extension = extensionOfMimeType(mimeType) ?? (filename.includes('.') ? `.${filename.split('.').at(-1)}` : '.bin')
  const type = detectFileType(extension, mimeType)
  // an address is always held to the type that the request gives it
  if (type !== (mapping.type === undefined ? 'custom' : mapping.type)) throw typeMismatch()
  return {
    dify_model_identity: FILE_IDENTITY,
    id: idOf(mapping),
    tenant_id: options.tenantId,
    type,
    transfer_method: 'remote_url',
    remote_url: url,
    related_id: null,
    filename,
    extension,
    mime_type: mimeType,
    size,
    url,
  }
}

function fileValue(
  method: FileTransferMethod,
  stored: StoredFile,
  type: FileType,
  mapping: ValueMap,
  options: FileMappingOptions,
): FileValue {
  return {
    dify_model_identity: FILE_IDENTITY,
    id: idOf(mapping),
    tenant_id: options.tenantId,
    type,
    transfer_method: method,
    remote_url: stored.sourceUrl,
    related_id: stored.id,
    filename: stored.filename,
    extension: stored.extension || '.',
    mime_type: stored.mimeType,
    size: stored.size,
    url: stored.url,
  }
}

function idOf(mapping: ValueMap): string | null {
  return typeof mapping.id === 'string' ? mapping.id : null
}

/** The type the request names wins over the detected one, unless it is `custom` or must match. */
function chooseType(stored: StoredFile, specified: Value, mustMatch: boolean): FileType {
  const detected = detectFileType(stored.extension, stored.mimeType)
  if (mustMatch && detected !== specified) throw typeMismatch()
  if (!specified || specified === 'custom') return detected
  const type = FILE_TYPES.find(known => known === specified)
  if (!type) throw new FileMappingError(`${pythonRepr(specified)} is not a valid FileType`)
  return type
}

function typeMismatch(): FileMappingError {
  return new FileMappingError('Detected file type does not match the specified type. Please verify the file.')
}
