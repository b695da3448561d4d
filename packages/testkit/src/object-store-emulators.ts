import { type StorageEmulator, type StorageEmulatorName, startStorageEmulator, ToolMissingError } from '@weft/services/storage'

/** A vendor's emulator for a test file; undefined, with the reason on the console, where it cannot be installed: skip then. */
export async function storageEmulatorOrSkip(name: StorageEmulatorName): Promise<StorageEmulator | undefined> {
  try {
    return await startStorageEmulator(name)
  } catch (error) {
    if (!(error instanceof ToolMissingError)) throw error
    console.warn(`SKIPPED: ${error.message}`)
    return undefined
  }
}
