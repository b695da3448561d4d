import {
  type ModelCredentials,
  type ModelDeclaration,
  ModelError,
  type ModelProvider,
  type ModelReference,
  type ModelType,
} from '@weft/ports'
import { grantTenantScope, type TenantScope } from '../database/tenant-scope.ts'
import type { Turn } from './load-balancer.ts'
import { INHERIT, type ModelStore } from './model-store.ts'
import type { ProviderRegistry } from './provider-registry.ts'

/** A model that is ready to be called. */
export interface ReadyModel {
  scope: TenantScope
  provider: ModelProvider
  declaration: ModelDeclaration
  credentials: ModelCredentials
  /** Credentials that its calls take turns with; fewer than two are none. */
  turns: Turn[]
}

/** Finds models with the credentials to call them by, and keeps them in memory for a moment. */
export interface ModelAccess {
  /** @throws ModelError where the provider or model is unknown, switched off, or has no credentials */
  find(reference: ModelReference, type: ModelType): Promise<ReadyModel>
  /** After the tenant's credentials or settings have changed. */
  forget(tenantId: string): void
}

/** How long another process's change may stay unseen, in milliseconds. */
const KEPT_FOR = 10_000
const KEPT_MODELS = 2000

export function createModelAccess({
  store,
  registry,
  now = Date.now,
}: {
  store: ModelStore
  registry: ProviderRegistry
  now?: () => number
}): ModelAccess {
  const kept = new Map<string, { until: number; tenantId: string; model: Promise<ReadyModel> }>()

  async function load({ tenantId, provider: providerId, model }: ModelReference, type: ModelType): Promise<ReadyModel> {
    // The reference comes from a run or a caller whose tenant was established before.
    const scope = grantTenantScope(tenantId)
    const provider = registry.find(providerId)
    if (!provider) throw new ModelError('provider-not-found', `Provider ${providerId} does not exist.`)
    const id = provider.declaration.provider
    const owner = { provider: id, model: { model, type } }
    const [setting, custom] = await Promise.all([store.setting(scope, owner), store.configuredOne(scope, owner)])
    if (setting?.isEnabled === false) throw new ModelError('model-disabled', `Model ${model} is disabled.`)
    const own = custom?.credentialId ? await store.credential(scope, owner, custom.credentialId) : undefined
    const predefined = provider.models.find(listed => listed.model === model && listed.model_type === type)
    // A model of one's own whose credentials were removed is not called by others.
    const isOrphan = custom !== undefined && !own && !predefined
    const general = isOrphan ? undefined : await store.configuredOne(scope, { provider: id })
    const stored = own ?? (general?.credentialId ? await store.credential(scope, { provider: id }, general.credentialId) : undefined)
    if (!stored) throw new ModelError('credentials-missing', `Model ${model} credentials is not initialized.`)
    const credentials = await store.open(scope, stored.sealed)
    const declaration = own ? provider.describe(type, model, credentials) : (predefined ?? provider.unlisted?.(type, model))
    if (!declaration) throw new ModelError('model-not-found', `Model ${model} not exist.`)
    const turns = setting?.isLoadBalanced ? await readTurns(scope, owner, own ? 'custom_model' : 'provider', credentials) : []
    return { scope, provider, declaration, credentials, turns: turns.length > 1 ? turns : [] }
  }

  /** Those that are enabled and whose credentials are still there. */
  async function readTurns(
    scope: TenantScope,
    owner: { provider: string; model: { model: string; type: ModelType } },
    source: 'provider' | 'custom_model',
    inherited: ModelCredentials,
  ): Promise<Turn[]> {
    const turns: Turn[] = []
    for (const row of await store.balancing(scope, owner, source)) {
      if (!row.isEnabled) continue
      if (row.name === INHERIT) {
        turns.push({ id: row.id, credentials: inherited })
        continue
      }
      const from = source === 'provider' ? { provider: owner.provider } : owner
      const sealed = row.credentialId ? (await store.credential(scope, from, row.credentialId))?.sealed : row.sealed
      if (sealed) turns.push({ id: row.id, credentials: await store.open(scope, sealed) })
    }
    return turns
  }

  return {
    find(reference, type) {
      const key = JSON.stringify([reference.tenantId, reference.provider, type, reference.model])
      const known = kept.get(key)
      if (known && known.until > now()) return known.model
      const model = load(reference, type)
      kept.delete(key)
      kept.set(key, { until: now() + KEPT_FOR, tenantId: reference.tenantId, model })
      model.catch(() => kept.get(key)?.model === model && kept.delete(key))
      const [oldest] = kept.keys()
      if (kept.size > KEPT_MODELS && oldest) kept.delete(oldest)
      return model
    },
    forget(tenantId) {
      for (const [key, entry] of kept) if (entry.tenantId === tenantId) kept.delete(key)
    },
  }
}
