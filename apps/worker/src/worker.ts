import type { Platform } from '@weft/platform'

/** Consumes the platform's background jobs until it is stopped. */
export async function startWorker(platform: Platform): Promise<{ stop(): Promise<void> }> {
  await platform.runs.service.open()
  platform.runs.service.recoverOrphans()
  platform.logger.debug('worker started')
  return { stop: () => platform.runs.service.close() }
}
