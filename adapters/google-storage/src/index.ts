export { createGoogleStorageObjectStore, GoogleStorageObjectStore, type GoogleStorageOptions } from './google-storage-object-store.ts'
