import type { Cache, EventBus, LanguageModels, ModelProvider } from '@weft/ports'
import type { Database } from '../database/database.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type CredentialManagement, createCredentialManagement } from './credential-management.ts'
import { createLanguageModels } from './language-models.ts'
import { createLoadBalancer } from './load-balancer.ts'
import { createModelAccess, type ModelAccess } from './model-access.ts'
import { createModelCalls } from './model-calls.ts'
import { createModelCatalogue, type ModelCatalogue } from './model-catalogue.ts'
import { createModelStore } from './model-store.ts'
import { createModelSwitches, type ModelSwitches } from './model-switches.ts'
import { createOtherModels, type OtherModels } from './other-models.ts'
import { createProviderRegistry, type ProviderRegistry } from './provider-registry.ts'
import { createUsageLedger, type UsageLedger } from './usage-ledger.ts'

/** Everything about models: vendors, credentials, switches, and calling them. */
export interface Models extends OtherModels, AsyncDisposable {
  readonly registry: ProviderRegistry
  readonly catalogue: ModelCatalogue
  readonly credentials: CredentialManagement
  readonly switches: ModelSwitches
  readonly access: ModelAccess
  readonly language: LanguageModels
  readonly usage: UsageLedger
}

export interface ModelsOptions {
  database: Database
  secrets: Secrets
  providers: readonly ModelProvider[]
  /** Tells other processes when a tenant's credentials or settings change; without it they see it some seconds later. */
  bus?: EventBus
  /** Where processes share whose turn it is among credentials, and which rest; without it each process knows its own. */
  cache?: Cache
}

const CHANNEL = 'model-changes'

export async function createModels({ database, secrets, providers, bus, cache }: ModelsOptions): Promise<Models> {
  const store = createModelStore({ database, secrets })
  const registry = createProviderRegistry(providers)
  const access = createModelAccess({ store, registry })
  const onChange = (tenantId: string) => {
    access.forget(tenantId)
    bus?.publish(CHANNEL, tenantId).catch(() => undefined)
  }
  const unsubscribe = await bus?.subscribe(CHANNEL, access.forget)
  const catalogue = createModelCatalogue({ store, registry })
  const balancer = createLoadBalancer({ cache })
  const calls = createModelCalls({ access, balancer })
  const usage = createUsageLedger({ database })
  return {
    registry,
    catalogue,
    credentials: createCredentialManagement({ store, registry, onChange }),
    switches: createModelSwitches({ store, registry, catalogue, balancer, onChange }),
    access,
    language: createLanguageModels({ calls, ledger: usage }),
    ...createOtherModels({ calls, ledger: usage }),
    usage,
    async [Symbol.asyncDispose]() {
      await unsubscribe?.()
      await usage.flush()
    },
  }
}
