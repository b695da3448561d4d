export { type StorageEmulator, type StorageEmulatorName, startStorageEmulator } from './emulators.ts'
export { ToolMissingError } from './tool-cache.ts'
