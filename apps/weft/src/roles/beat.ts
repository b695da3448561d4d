import { startBeat } from '@weft/worker'
import type { PlatformRole } from './role.ts'

export const beat: PlatformRole = { name: 'beat', summary: 'schedules', start: startBeat }
