import { createGatedHttpClient, parseAllowedTargets } from '@weft/adapter-outbound'
import type { HttpClient } from '@weft/ports'

/** The real outbound client, allowed to call servers that tests start on 127.0.0.1. */
export function createLoopbackHttpClient(): HttpClient {
  return createGatedHttpClient({ allowedTargets: parseAllowedTargets('127.0.0.1') })
}
