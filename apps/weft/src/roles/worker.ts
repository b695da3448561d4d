import { startWorker } from '@weft/worker'
import type { Role } from './role.ts'

export const worker: Role = { name: 'worker', summary: 'background jobs: recovery of runs, indexing, mail, clean-up', start: startWorker }
