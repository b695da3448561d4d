import { apiKeyRoutes } from './api-keys.ts'
import { appRoutes } from './apps.ts'
import { importRoutes } from './imports.ts'
import { modelConfigRoutes } from './model-config.ts'
import { siteRoutes } from './sites.ts'

export const appConsoleRoutes = [...appRoutes, ...importRoutes, ...apiKeyRoutes, ...siteRoutes, ...modelConfigRoutes]
