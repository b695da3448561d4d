export { AzureBlobObjectStore, type AzureBlobOptions, createAzureBlobObjectStore } from './azure-blob-object-store.ts'
