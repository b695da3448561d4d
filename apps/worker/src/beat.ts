import { Schedules } from '@weft/core'
import type { Platform } from '@weft/platform'

const DAY = 86_400

/** Fires the platform's schedules; each firing happens in one process, however many run this. */
export async function startBeat(platform: Platform): Promise<{ stop(): Promise<void> }> {
  const schedules = new Schedules(
    platform.database,
    [
      {
        name: 'files-clean-up',
        everySeconds: DAY,
        async work() {
          const cleaned = await platform.files.deleteUnreferenced(new Date(Date.now() - 30 * DAY * 1000))
          platform.logger.info({ cleaned }, 'files that nobody refers to were deleted')
        },
      },
    ],
    (error, name) => platform.logger.error({ err: error, schedule: name }, 'a schedule failed'),
  )
  schedules.start()
  platform.logger.debug('beat started')
  return { stop: () => schedules.stop() }
}
