import { draftRoutes } from './drafts.ts'
import { versionRoutes } from './versions.ts'

export const workflowConsoleRoutes = [...draftRoutes, ...versionRoutes]
