import { startBeat } from '@weft/worker'
import type { Role } from './role.ts'

export const beat: Role = { name: 'beat', summary: 'schedules', start: startBeat }
