import { modelCredentialRoutes, providerCredentialRoutes } from './credentials.ts'
import { modelRoutes } from './models.ts'
import { providerRoutes } from './providers.ts'

/** Vendors of models, their credentials, and the models themselves. */
export const modelConsoleRoutes = [...providerRoutes, ...providerCredentialRoutes, ...modelCredentialRoutes, ...modelRoutes]
