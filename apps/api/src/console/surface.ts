import type { Platform } from '@weft/platform'
import type { Surface } from '../http/surface.ts'
import { accountRoutes } from './account.ts'
import { appConsoleRoutes } from './apps/index.ts'
import { createConsoleAuthenticators } from './authentication.ts'
import { fileConsoleRoutes } from './files.ts'
import { installationRoutes } from './installation.ts'
import { modelConsoleRoutes } from './models/index.ts'
import { conversationLogRoutes } from './runs/conversations.ts'
import { draftRunRoutes } from './runs/draft-runs.ts'
import { draftVariableRoutes } from './runs/draft-variables.ts'
import { runHistoryRoutes } from './runs/run-history.ts'
import { sessionRoutes } from './session.ts'
import { systemRoutes } from './system.ts'
import { tagRoutes } from './tags.ts'
import { toolConsoleRoutes } from './tools/index.ts'
import { workflowConsoleRoutes } from './workflows/index.ts'
import { workspaceRoutes } from './workspaces.ts'

export function createConsoleSurface(platform: Platform): Surface {
  return {
    name: 'console',
    prefix: '/console/api',
    routes: [
      ...systemRoutes,
      ...installationRoutes,
      ...sessionRoutes,
      ...accountRoutes,
      ...workspaceRoutes,
      ...appConsoleRoutes,
      ...workflowConsoleRoutes,
      ...tagRoutes,
      ...modelConsoleRoutes,
      ...toolConsoleRoutes,
      ...fileConsoleRoutes,
      ...draftRunRoutes,
      ...draftVariableRoutes,
      ...runHistoryRoutes,
      ...conversationLogRoutes,
    ],
    authenticators: createConsoleAuthenticators(platform),
  }
}
