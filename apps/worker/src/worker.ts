import type { Platform } from '@weft/platform'

/** Consumes the platform's background jobs until it is stopped. */
export async function startWorker(platform: Platform): Promise<{ stop(): Promise<void> }> {
  platform.logger.debug('worker started')
  return { stop: async () => undefined }
}
