import { apiToolRoutes } from './api-tools.ts'
import { appServerRoutes } from './app-server.ts'
import { builtInToolRoutes } from './built-in.ts'
import { toolListRoutes } from './lists.ts'
import { mcpToolRoutes } from './mcp-tools.ts'
import { workflowToolRoutes } from './workflow-tools.ts'

export const toolConsoleRoutes = [
  ...toolListRoutes,
  ...builtInToolRoutes,
  ...apiToolRoutes,
  ...workflowToolRoutes,
  ...mcpToolRoutes,
  ...appServerRoutes,
]
