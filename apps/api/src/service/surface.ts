import type { Platform } from '@weft/platform'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import type { Surface } from '../http/surface.ts'
import { annotationRoutes } from './annotations.ts'
import { appInformationRoutes } from './app-information.ts'
import { createServiceAuthenticators } from './authentication.ts'
import { chatRoutes } from './chat.ts'
import { conversationRoutes } from './conversations.ts'
import { fileRoutes } from './files.ts'
import { workflowRunRoutes } from './workflow-runs.ts'

const welcome = defineRoute({
  method: 'GET',
  path: '/',
  auth: 'anyone',
  summary: 'Names the API',
  response: z.object({ welcome: z.string(), api_version: z.string(), server_version: z.string() }),
  handler: () => ({ welcome: 'Dify OpenAPI', api_version: 'v1', server_version: '1.9.1' }),
})

export function createServiceSurface(platform: Platform): Surface {
  return {
    name: 'service',
    prefix: '/v1',
    routes: [
      welcome,
      ...fileRoutes,
      ...workflowRunRoutes,
      ...chatRoutes,
      ...conversationRoutes,
      ...appInformationRoutes,
      ...annotationRoutes,
    ],
    authenticators: createServiceAuthenticators(platform),
  }
}
