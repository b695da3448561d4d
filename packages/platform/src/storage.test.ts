import { describe, expect, it } from 'vitest'
import { describeEnvironment } from './environment.ts'
import { loadSettings } from './settings.ts'
import { createObjectStore } from './storage.ts'

const storageOf = (variables: Record<string, string>) => loadSettings({ WEFT_DATA_DIR: '/data', ...variables }).storage

describe('the storage', () => {
  it('is a folder in the data folder unless said otherwise', () => {
    expect(storageOf({})).toEqual({ kind: 'disk', folder: '/data/storage' })
    expect(storageOf({ STORAGE_TYPE: 'opendal', OPENDAL_SCHEME: 'fs', OPENDAL_FS_ROOT: '/files' })).toEqual({
      kind: 'disk',
      folder: '/files',
    })
    expect(storageOf({ STORAGE_TYPE: 'local', STORAGE_LOCAL_PATH: 'kept' })).toEqual({ kind: 'disk', folder: '/data/kept' })
  })

  it('is none that Weft does not know', () => {
    expect(() => storageOf({ STORAGE_TYPE: 'tencent-cos' })).toThrow('STORAGE_TYPE must be one of opendal, local, s3')
    expect(() => storageOf({ OPENDAL_SCHEME: 'webdav' })).toThrow('OPENDAL_SCHEME must be one of fs, not webdav')
  })

  it.each([
    ['s3', ['S3_BUCKET_NAME']],
    ['azure-blob', ['AZURE_BLOB_CONTAINER_NAME', 'AZURE_BLOB_ACCOUNT_NAME', 'AZURE_BLOB_ACCOUNT_KEY']],
    ['google-storage', ['GOOGLE_STORAGE_BUCKET_NAME']],
    [
      'aliyun-oss',
      ['ALIYUN_OSS_BUCKET_NAME', 'ALIYUN_OSS_ACCESS_KEY', 'ALIYUN_OSS_SECRET_KEY', 'ALIYUN_OSS_ENDPOINT', 'ALIYUN_OSS_REGION'],
    ],
  ])('%s names every variable that it lacks', (type, names) => {
    for (const name of names) expect(() => storageOf({ STORAGE_TYPE: type })).toThrow(`${name} must be set with STORAGE_TYPE=${type}`)
  })

  it('takes both keys of S3, or neither and what the environment gives', () => {
    const bucket = { STORAGE_TYPE: 's3', S3_BUCKET_NAME: 'b' }
    const keys = { S3_ACCESS_KEY: 'id', S3_SECRET_KEY: 'secret' }
    const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
    expect(storageOf({ ...bucket, ...keys })).toMatchObject({ options: { bucket: 'b', credentials, addressStyle: 'auto' } })
    expect(storageOf({ ...bucket, ...keys, S3_USE_AWS_MANAGED_IAM: 'true' })).toMatchObject({ options: { credentials: undefined } })
    expect(storageOf(bucket)).toMatchObject({ options: { credentials: undefined } })
    expect(() => storageOf({ ...bucket, S3_ACCESS_KEY: 'id' })).toThrow('S3_SECRET_KEY must be set')
  })

  it('knows Azure’s word for a managed identity', () => {
    const account = { STORAGE_TYPE: 'azure-blob', AZURE_BLOB_CONTAINER_NAME: 'c', AZURE_BLOB_ACCOUNT_NAME: 'a' }
    expect(storageOf({ ...account, AZURE_BLOB_ACCOUNT_KEY: 'managedidentity' })).toMatchObject({ options: { accountKey: undefined } })
    expect(storageOf({ ...account, AZURE_BLOB_ACCOUNT_KEY: 'a2V5' })).toMatchObject({ options: { accountKey: 'a2V5' } })
  })

  it('reads Google’s service account, and tells no part of a bad one', () => {
    const bucket = { STORAGE_TYPE: 'google-storage', GOOGLE_STORAGE_BUCKET_NAME: 'b' }
    const key = Buffer.from('{"client_email":"weft@example","private_key":"k","type":"service_account"}').toString('base64')
    const storage = storageOf({ ...bucket, GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64: key })
    expect(storage).toMatchObject({ options: { serviceAccount: { client_email: 'weft@example', private_key: 'k' } } })
    const load = () => storageOf({ ...bucket, GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64: 'hunter2' })
    expect(load).toThrow('GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64 must be the JSON of a service account')
    expect(load).not.toThrow('hunter2')
  })

  it('is printed without its keys', () => {
    const text = describeEnvironment(
      loadSettings({
        S3_ACCESS_KEY: 'alpha',
        S3_SECRET_KEY: 'bravo',
        AZURE_BLOB_ACCOUNT_KEY: 'charlie',
        ALIYUN_OSS_ACCESS_KEY: 'delta',
        ALIYUN_OSS_SECRET_KEY: 'echo',
        GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64: Buffer.from('{"client_email":"e","private_key":"k"}').toString('base64'),
      }).environment,
    )
    expect(text).not.toMatch(/alpha|bravo|charlie|delta|echo|eyJ/)
  })

  it('is opened without a word to its vendor', async () => {
    const s3 = storageOf({
      STORAGE_TYPE: 's3',
      S3_BUCKET_NAME: 'b',
      S3_ENDPOINT: 'http://127.0.0.1:9',
      S3_ACCESS_KEY: 'i',
      S3_SECRET_KEY: 's',
    })
    await using store = await createObjectStore(s3)
    await expect(store.check()).rejects.toThrow('ECONNREFUSED')
  })
})
