export { DiskObjectStore } from './disk-object-store.ts'
export { checkObjectKey, InvalidObjectKeyError } from './object-key.ts'
