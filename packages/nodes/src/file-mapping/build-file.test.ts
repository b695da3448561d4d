import type { ValueMap } from '@weft/contracts'
import { describe, expect, test } from 'vitest'
import { buildFile, buildFiles, type FileMappingOptions } from './build-file.ts'
import type { FileSource, StoredFile } from './file-source.ts'
import type { FileUploadConfig } from './file-upload-config.ts'

const NOTE = '0aa5cbf9-8b24-4c1b-9f0c-0a4a1c1c1a01'
const PIXEL = '0aa5cbf9-8b24-4c1b-9f0c-0a4a1c1c1a02'
const BLOB = '0aa5cbf9-8b24-4c1b-9f0c-0a4a1c1c1a03'

function stored(id: string, filename: string, mimeType: string): StoredFile {
  const extension = `.${filename.split('.').at(-1)}`
  return { id, filename, extension, mimeType, size: 48, sourceUrl: `http://stored/${filename}`, url: `http://signed/${filename}` }
}

const uploads = new Map([
  [NOTE, stored(NOTE, 'note.txt', 'text/plain')],
  [PIXEL, stored(PIXEL, 'pixel.png', 'image/png')],
  [BLOB, stored(BLOB, 'blob.bin', 'application/octet-stream')],
])

const source: FileSource = {
  uploadFile: async (tenantId, id) => (tenantId === 'tenant' ? uploads.get(id) : undefined),
  toolFile: async (tenantId, id) => (tenantId === 'tenant' ? uploads.get(id) : undefined),
  remote: async url => ({ filename: url.split('/').at(-1) ?? '', mimeType: url.endsWith('.png') ? 'image/png' : '', size: 70 }),
}

const build = (mapping: ValueMap, options: Partial<FileMappingOptions> = {}) =>
  buildFile(source, mapping, { tenantId: 'tenant', ...options })
const local = (id: string, type?: string): ValueMap => ({ transfer_method: 'local_file', upload_file_id: id, ...(type ? { type } : {}) })
const remote = (url: string, type?: string): ValueMap => ({ transfer_method: 'remote_url', url, ...(type ? { type } : {}) })

describe('a file of each kind', () => {
  test('an uploaded file', async () => {
    expect(await build(local(NOTE, 'document'))).toEqual({
      dify_model_identity: '__dify__file__',
      id: null,
      tenant_id: 'tenant',
      type: 'document',
      transfer_method: 'local_file',
      remote_url: 'http://stored/note.txt',
      related_id: NOTE,
      filename: 'note.txt',
      extension: '.txt',
      mime_type: 'text/plain',
      size: 48,
      url: 'http://signed/note.txt',
    })
  })

  test('an address', async () => {
    expect(await build(remote('http://away/image.png', 'image'))).toMatchObject({
      type: 'image',
      transfer_method: 'remote_url',
      remote_url: 'http://away/image.png',
      related_id: null,
      filename: 'image.png',
      extension: '.png',
      size: 70,
      url: 'http://away/image.png',
    })
    expect(await build(remote('http://away/thing.xyz'))).toMatchObject({ type: 'custom', extension: '.xyz' })
    expect(await build(remote('http://away/thing'))).toMatchObject({ type: 'custom', extension: '.bin' })
  })

  test('a stored copy of an address', async () => {
    const mapping = { transfer_method: 'remote_url', upload_file_id: PIXEL }
    expect(await build(mapping)).toMatchObject({ type: 'image', transfer_method: 'remote_url', remote_url: 'http://signed/pixel.png' })
  })

  test('a file that a tool or a datasource made', async () => {
    const tool = await build({ transfer_method: 'tool_file', tool_file_id: PIXEL, type: 'image', id: 'kept' })
    expect(tool).toMatchObject({ id: 'kept', transfer_method: 'tool_file', related_id: PIXEL })
    const datasource = await build({ transfer_method: 'datasource_file', datasource_file_id: NOTE })
    expect(datasource).toMatchObject({ id: NOTE, transfer_method: 'tool_file', type: 'document' })
  })
})

describe('the type', () => {
  test('that the request names wins, unless it must match or is custom', async () => {
    expect(await build(local(NOTE, 'image'))).toMatchObject({ type: 'image' })
    expect(await build(local(NOTE, 'custom'))).toMatchObject({ type: 'document' })
    expect(await build(local(BLOB, 'custom'), { isStrict: true })).toMatchObject({ type: 'custom' })
    await expect(build(local(NOTE, 'nonsense'))).rejects.toThrow("'nonsense' is not a valid FileType")
  })

  test.each([
    [local(NOTE, 'image'), true],
    [local(NOTE, 'custom'), true],
    [local(NOTE), true],
    [remote('http://away/image.png', 'document'), false],
    [remote('http://away/image.png'), false],
  ])('%o does not match (strict: %s)', async (mapping, isStrict) => {
    await expect(build(mapping, { isStrict })).rejects.toThrow(
      'Detected file type does not match the specified type. Please verify the file.',
    )
  })
})

describe('what is no file', () => {
  test.each<[ValueMap, string]>([
    [{ type: 'document' }, "No matching enum found for value 'None'"],
    [{ transfer_method: 'pigeon' }, "No matching enum found for value 'pigeon'"],
    [local('0aa5cbf9-8b24-4c1b-9f0c-0a4a1c1c1aff', 'document'), 'Invalid upload file'],
    [local('nonsense'), 'Invalid upload file id format'],
    [{ transfer_method: 'local_file', upload_file_id: 5 }, 'Invalid upload file id format'],
    [{ transfer_method: 'local_file' }, 'Invalid upload file id'],
    [{ transfer_method: 'remote_url' }, 'Invalid file url'],
    [remote('ftp://away/x.png', 'image'), 'Invalid file url'],
    [{ transfer_method: 'tool_file', tool_file_id: 'x' }, 'ToolFile x not found'],
    [{ transfer_method: 'datasource_file' }, 'DatasourceFile None not found'],
  ])('%o', async (mapping, message) => {
    await expect(build(mapping)).rejects.toThrow(expect.objectContaining({ code: 'invalid-file', message }))
  })

  test("another tenant's file is not found", async () => {
    await expect(build(local(NOTE), { tenantId: 'other' })).rejects.toThrow('Invalid upload file')
  })
})

describe('what is allowed', () => {
  const config = (rules: Partial<FileUploadConfig>): FileUploadConfig => ({
    allowedTypes: [],
    allowedExtensions: [],
    allowedMethods: [],
    numberLimit: 0,
    ...rules,
  })

  test.each<[ValueMap, Partial<FileUploadConfig>, boolean]>([
    [local(NOTE, 'document'), {}, true],
    [local(NOTE, 'document'), { allowedTypes: ['document'] }, true],
    [local(NOTE, 'document'), { allowedTypes: ['image'] }, false],
    [local(BLOB), { allowedExtensions: ['.bin'] }, true],
    [local(BLOB), { allowedExtensions: ['.exe'] }, false],
    [local(BLOB), {}, false],
    [local(NOTE, 'document'), { allowedMethods: ['remote_url'] }, false],
    [local(PIXEL, 'image'), { allowedMethods: ['remote_url'] }, true],
    [local(PIXEL, 'image'), { image: { numberLimit: 1, methods: ['remote_url'] } }, false],
    [{ transfer_method: 'tool_file', tool_file_id: NOTE, type: 'document' }, { allowedTypes: ['image'] }, true],
  ])('%o under %o: %s', async (mapping, rules, isAllowed) => {
    const built = build(mapping, { config: config(rules) })
    if (isAllowed) expect(await built).toBeDefined()
    else await expect(built).rejects.toThrow('File validation failed for file: ')
  })

  test('so many files and images', async () => {
    const mappings = [local(PIXEL, 'image'), local(PIXEL, 'image'), local(NOTE, 'document')]
    const many = (rules: Partial<FileUploadConfig>) => buildFiles(source, mappings, { tenantId: 'tenant', config: config(rules) })
    expect(await many({ numberLimit: 3, image: { numberLimit: 2, methods: [] } })).toHaveLength(3)
    await expect(many({ numberLimit: 2 })).rejects.toThrow('Number of files exceeds the maximum limit 2')
    await expect(many({ numberLimit: 2, image: { numberLimit: 1, methods: [] } })).rejects.toThrow(
      'Number of image files exceeds the maximum limit 1',
    )
  })
})
