import type { Platform } from '@weft/platform'
import type { Surface } from '../http/surface.ts'

export function createFilesSurface(_platform: Platform): Surface {
  return { name: 'files', prefix: '/files', routes: [], authenticators: { anyone: () => ({}) } }
}
