import type { LanguageModels, ModelProvider } from '@weft/ports'
import type { Database } from '../database/database.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type CredentialManagement, createCredentialManagement } from './credential-management.ts'
import { createLanguageModels } from './language-models.ts'
import { createModelAccess, type ModelAccess } from './model-access.ts'
import { createModelCatalogue, type ModelCatalogue } from './model-catalogue.ts'
import { createModelStore } from './model-store.ts'
import { createModelSwitches, type ModelSwitches } from './model-switches.ts'
import { createProviderRegistry, type ProviderRegistry } from './provider-registry.ts'

/** Everything about models: vendors, credentials, switches, and calling them. */
export interface Models {
  readonly registry: ProviderRegistry
  readonly catalogue: ModelCatalogue
  readonly credentials: CredentialManagement
  readonly switches: ModelSwitches
  readonly access: ModelAccess
  readonly language: LanguageModels
}

export interface ModelsOptions {
  database: Database
  secrets: Secrets
  providers: readonly ModelProvider[]
  /** Lets other processes know that a tenant's credentials changed; they call `access.forget`. */
  announce?: (tenantId: string) => void
}

export function createModels({ database, secrets, providers, announce }: ModelsOptions): Models {
  const store = createModelStore({ database, secrets })
  const registry = createProviderRegistry(providers)
  const access = createModelAccess({ store, registry })
  const onChange = (tenantId: string) => {
    access.forget(tenantId)
    announce?.(tenantId)
  }
  const catalogue = createModelCatalogue({ store, registry })
  return {
    registry,
    catalogue,
    credentials: createCredentialManagement({ store, registry, onChange }),
    switches: createModelSwitches({ store, registry, catalogue, onChange }),
    access,
    language: createLanguageModels({ access }),
  }
}
