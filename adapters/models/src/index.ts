import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ModelProvider } from '@weft/ports'
import type { CreateProvider, VendorEnvironment } from './vendor.ts'

export type { CreateProvider, VendorEnvironment } from './vendor.ts'

/** Every built-in vendor: one per folder of `vendors`, so that adding one is adding a folder. */
export async function loadModelProviders(
  options: { fetch: typeof globalThis.fetch } & Partial<VendorEnvironment>,
): Promise<ModelProvider[]> {
  const environment: VendorEnvironment = {
    now: () => performance.now(),
    sleep: (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }),
    ...options,
  }
  const folders = readdirSync(join(import.meta.dirname, 'vendors'), { withFileTypes: true }).filter(entry => entry.isDirectory())
  return Promise.all(
    folders.map(async folder => {
      const vendor = (await import(`./vendors/${folder.name}/provider.ts`)) as { createProvider: CreateProvider }
      return vendor.createProvider(environment)
    }),
  )
}
