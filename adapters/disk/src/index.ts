export { DiskObjectStore } from './disk-object-store.ts'
