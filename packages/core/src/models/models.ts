import type { EventBus, LanguageModels, ModelProvider } from '@weft/ports'
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
export interface Models extends AsyncDisposable {
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
  /** Tells other processes when a tenant's credentials or settings change; without it they see it some seconds later. */
  bus?: EventBus
}

const CHANNEL = 'model-changes'

export async function createModels({ database, secrets, providers, bus }: ModelsOptions): Promise<Models> {
  const store = createModelStore({ database, secrets })
  const registry = createProviderRegistry(providers)
  const access = createModelAccess({ store, registry })
  const onChange = (tenantId: string) => {
    access.forget(tenantId)
    bus?.publish(CHANNEL, tenantId).catch(() => undefined)
  }
  const unsubscribe = await bus?.subscribe(CHANNEL, access.forget)
  const catalogue = createModelCatalogue({ store, registry })
  return {
    registry,
    catalogue,
    credentials: createCredentialManagement({ store, registry, onChange }),
    switches: createModelSwitches({ store, registry, catalogue, onChange }),
    access,
    language: createLanguageModels({ access }),
    [Symbol.asyncDispose]: async () => void (await unsubscribe?.()),
  }
}
