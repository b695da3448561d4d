import type { Platform } from '@weft/platform'
import type { Surface } from '../http/surface.ts'

export function createWebSurface(_platform: Platform): Surface {
  return { name: 'web', prefix: '/api', routes: [], authenticators: { anyone: () => ({}) } }
}
