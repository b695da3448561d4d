import type { Platform } from '@weft/platform'
import { defineRoute } from '../http/define-route.ts'
import type { Surface } from '../http/surface.ts'
import { createServiceAuthenticators } from './authentication.ts'

const welcome = defineRoute({
  method: 'GET',
  path: '/',
  auth: 'anyone',
  summary: 'Names the API',
  handler: () => ({ welcome: 'Dify OpenAPI', api_version: 'v1', server_version: '1.9.1' }),
})

export function createServiceSurface(platform: Platform): Surface {
  return { name: 'service', prefix: '/v1', routes: [welcome], authenticators: createServiceAuthenticators(platform) }
}
