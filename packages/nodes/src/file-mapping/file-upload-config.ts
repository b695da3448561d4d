import { isValueMap, toNumber, type Value, type ValueMap } from '@weft/contracts'

/** Which files a form field or an app takes. Empty lists allow everything, except that `custom` files need their extension named. */
export interface FileUploadConfig {
  allowedTypes: readonly string[]
  /** With their dots. */
  allowedExtensions: readonly string[]
  allowedMethods: readonly string[]
  /** Files at most; 0 for no limit. */
  numberLimit: number
  /** Images go by these where given, and by no list of methods otherwise. */
  image?: { numberLimit: number; methods: readonly string[] }
}

const DEFAULT_NUMBER_LIMIT = 3

/** What an app's features say of the files in a request; undefined where uploads are not switched on. */
export function fileUploadConfigOf(features: ValueMap): FileUploadConfig | undefined {
  const upload = features.file_upload
  if (!isValueMap(upload)) return undefined
  // an older form switched on images alone
  if (isValueMap(upload.image) && upload.image.enabled === true) {
    const methods = texts(upload.image.transfer_methods) ?? ['remote_url', 'local_file']
    const limit = toNumber(upload.image.number_limits) ?? DEFAULT_NUMBER_LIMIT
    return {
      allowedTypes: texts(upload.allowed_file_types) ?? ['image'],
      allowedExtensions: texts(upload.allowed_file_extensions) ?? [],
      allowedMethods: methods,
      numberLimit: limit,
      image: { numberLimit: limit, methods },
    }
  }
  if (upload.enabled !== true) return undefined
  const methods = texts(upload.allowed_file_upload_methods) ?? []
  const limit = toNumber(upload.number_limits)
  return {
    allowedTypes: texts(upload.allowed_file_types) ?? [],
    allowedExtensions: texts(upload.allowed_file_extensions) ?? [],
    allowedMethods: methods,
    numberLimit: limit ?? 0,
    image: { numberLimit: limit ?? DEFAULT_NUMBER_LIMIT, methods },
  }
}

function texts(value: Value | undefined): string[] | undefined {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : undefined
}

/** Whether the config takes a file that the request calls `type`. Files that tools made always pass. */
export function isFileAllowed(config: FileUploadConfig, file: { type: Value; extension: string; method: string }): boolean {
  if (file.method === 'tool_file') return true
  if (file.type === 'custom') {
    if (!config.allowedExtensions.includes(file.extension)) return false
  } else if (config.allowedTypes.length && !(typeof file.type === 'string' && config.allowedTypes.includes(file.type))) return false
  const methods = file.type === 'image' ? (config.image?.methods ?? []) : config.allowedMethods
  return !methods.length || methods.includes(file.method)
}
