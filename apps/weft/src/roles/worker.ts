import { startWorker } from '@weft/worker'
import type { PlatformRole } from './role.ts'

export const worker: PlatformRole = {
  name: 'worker',
  summary: 'background jobs: recovery of runs, indexing, mail, clean-up',
  start: startWorker,
}
