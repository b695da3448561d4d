import { BinaryMissingError, type EnsuredServices, ensureServices, type WantedServices } from '@weft/services'

export {
  type EnsuredServices,
  ensureServices,
  type NginxService,
  type PostgresService,
  type RedisService,
  type WantedServices,
} from '@weft/services'

/** Real services for a test file; undefined, with the reason on the console, on a machine that cannot have them: skip then. */
export async function servicesOrSkip<const Wanted extends WantedServices>(wanted: Wanted): Promise<EnsuredServices<Wanted> | undefined> {
  try {
    return await ensureServices(wanted)
  } catch (error) {
    if (!(error instanceof BinaryMissingError)) throw error
    console.warn(`SKIPPED: ${error.message}`)
    return undefined
  }
}
