import { FILE_IDENTITY, type FileValue } from '@weft/contracts'

/** A file value for tests. */
export function fileValue(filename: string, overrides: Partial<FileValue> = {}): FileValue {
  return {
    dify_model_identity: FILE_IDENTITY,
    id: null,
    tenant_id: 'tenant',
    type: 'document',
    transfer_method: 'local_file',
    remote_url: null,
    related_id: filename,
    filename,
    extension: `.${filename.split('.').at(-1)}`,
    mime_type: 'text/plain',
    size: 48,
    url: `http://files/${filename}`,
    ...overrides,
  }
}
