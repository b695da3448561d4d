import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { AliyunOssOptions } from '@weft/adapter-aliyun-oss'
import type { AzureBlobOptions } from '@weft/adapter-azure-blob'
import { DiskObjectStore } from '@weft/adapter-disk'
import type { GoogleStorageOptions } from '@weft/adapter-google-storage'
import { createGatedHttpClient, parseAllowedTargets } from '@weft/adapter-outbound'
import type { S3Options } from '@weft/adapter-s3'
import type { HttpClient, ObjectStore } from '@weft/ports'
import { type Environment, parseServiceAccount, SettingsError } from './environment.ts'

/** Where the contents of files are kept. */
export type StorageSettings =
  | { kind: 'disk'; folder: string }
  | { kind: 's3'; options: S3Options }
  | { kind: 'azure-blob'; options: AzureBlobOptions }
  | { kind: 'google-storage'; options: GoogleStorageOptions }
  | { kind: 'aliyun-oss'; options: AliyunOssOptions }

/** @throws SettingsError which names the variables that the chosen storage lacks */
export function storageSettings(environment: Environment, dataFolder: string): StorageSettings {
  switch (environment.STORAGE_TYPE) {
    case 'opendal':
      return { kind: 'disk', folder: resolve(dataFolder, environment.OPENDAL_FS_ROOT) }
    case 'local':
      return { kind: 'disk', folder: resolve(dataFolder, environment.STORAGE_LOCAL_PATH) }
    case 's3':
      return { kind: 's3', options: s3Options(environment) }
    case 'azure-blob':
      return { kind: 'azure-blob', options: azureBlobOptions(environment) }
    case 'google-storage':
      return { kind: 'google-storage', options: googleStorageOptions(environment) }
    case 'aliyun-oss':
      return { kind: 'aliyun-oss', options: aliyunOssOptions(environment) }
  }
}

/** What is not the folder is loaded only where it is chosen: the vendors' libraries take time and memory. */
export async function createObjectStore(storage: StorageSettings): Promise<ObjectStore> {
  switch (storage.kind) {
    case 'disk':
      return new DiskObjectStore(storage.folder)
    case 's3': {
      const { S3ObjectStore } = await import('@weft/adapter-s3')
      return new S3ObjectStore(storage.options)
    }
    case 'azure-blob': {
      const { createAzureBlobObjectStore } = await import('@weft/adapter-azure-blob')
      return createAzureBlobObjectStore(storage.options)
    }
    case 'google-storage': {
      const { createGoogleStorageObjectStore } = await import('@weft/adapter-google-storage')
      return createGoogleStorageObjectStore(storage.options)
    }
    case 'aliyun-oss': {
      const { AliyunOssObjectStore } = await import('@weft/adapter-aliyun-oss')
      return new AliyunOssObjectStore(storage.options, httpClientFor(storage.options))
    }
  }
}

/** May call the operator's own endpoint and the bucket's host below it, private or not. */
function httpClientFor({ bucket, endpoint }: AliyunOssOptions): HttpClient {
  const { hostname } = new URL(endpoint)
  const targets = isIP(hostname) ? hostname : `${hostname},${bucket}.${hostname}`
  return createGatedHttpClient({ allowedTargets: parseAllowedTargets(targets) })
}

function s3Options(environment: Environment): S3Options {
  requireSet(environment, ['S3_BUCKET_NAME'])
  const { S3_ACCESS_KEY: accessKeyId, S3_SECRET_KEY: secretAccessKey } = environment
  const hasKeys = !environment.S3_USE_AWS_MANAGED_IAM && Boolean(accessKeyId || secretAccessKey)
  if (hasKeys) requireSet(environment, ['S3_ACCESS_KEY', 'S3_SECRET_KEY'])
  return {
    bucket: environment.S3_BUCKET_NAME,
    endpoint: environment.S3_ENDPOINT || undefined,
    region: environment.S3_REGION || undefined,
    credentials: hasKeys ? { accessKeyId, secretAccessKey } : undefined,
    addressStyle: environment.S3_ADDRESS_STYLE,
  }
}

function azureBlobOptions(environment: Environment): AzureBlobOptions {
  requireSet(environment, ['AZURE_BLOB_CONTAINER_NAME', 'AZURE_BLOB_ACCOUNT_NAME', 'AZURE_BLOB_ACCOUNT_KEY'])
  return {
    container: environment.AZURE_BLOB_CONTAINER_NAME,
    accountName: environment.AZURE_BLOB_ACCOUNT_NAME,
    accountKey: environment.AZURE_BLOB_ACCOUNT_KEY === 'managedidentity' ? undefined : environment.AZURE_BLOB_ACCOUNT_KEY,
    accountUrl: environment.AZURE_BLOB_ACCOUNT_URL || undefined,
  }
}

function googleStorageOptions(environment: Environment): GoogleStorageOptions {
  requireSet(environment, ['GOOGLE_STORAGE_BUCKET_NAME'])
  return {
    bucket: environment.GOOGLE_STORAGE_BUCKET_NAME,
    serviceAccount: parseServiceAccount(environment.GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64),
    emulator: environment.STORAGE_EMULATOR_HOST || undefined,
  }
}

function aliyunOssOptions(environment: Environment): AliyunOssOptions {
  const version = environment.ALIYUN_OSS_AUTH_VERSION
  requireSet(environment, [
    'ALIYUN_OSS_BUCKET_NAME',
    'ALIYUN_OSS_ACCESS_KEY',
    'ALIYUN_OSS_SECRET_KEY',
    'ALIYUN_OSS_ENDPOINT',
    ...(version === 'v4' ? (['ALIYUN_OSS_REGION'] as const) : []),
  ])
  return {
    bucket: environment.ALIYUN_OSS_BUCKET_NAME,
    endpoint: withScheme(environment.ALIYUN_OSS_ENDPOINT),
    credentials: { accessKeyId: environment.ALIYUN_OSS_ACCESS_KEY, accessKeySecret: environment.ALIYUN_OSS_SECRET_KEY },
    signature: version === 'v4' ? { version, region: environment.ALIYUN_OSS_REGION } : { version },
    folder: environment.ALIYUN_OSS_PATH || undefined,
  }
}

function withScheme(endpoint: string): string {
  const url = endpoint.includes('://') ? endpoint : `https://${endpoint}`
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new SettingsError(['ALIYUN_OSS_ENDPOINT must be a host or an http(s):// address'])
  return url
}

function requireSet(environment: Environment, names: (keyof Environment)[]) {
  const missing = names.filter(name => !environment[name])
  if (missing.length) throw new SettingsError(missing.map(name => `${name} must be set with STORAGE_TYPE=${environment.STORAGE_TYPE}`))
}
