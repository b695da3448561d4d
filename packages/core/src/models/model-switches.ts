import type { ModelProvider, ModelType, ProviderDeclaration } from '@weft/ports'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { checkForm, formOf, maskCredentials, revealHidden } from './credential-form.ts'
import type { LoadBalancer } from './load-balancer.ts'
import type { ModelCatalogue } from './model-catalogue.ts'
import { type BalancingRow, type CredentialOwner, INHERIT, type ModelStore } from './model-store.ts'
import type { ProviderType } from './preferred-provider-types-table.ts'
import type { ProviderRegistry } from './provider-registry.ts'

export interface DefaultModel {
  model: string
  type: ModelType
  provider: ProviderDeclaration
}

export interface BalancingConfig {
  id: string
  name: string
  /** Masked. */
  credentials: Record<string, unknown>
  credentialId: string | null
  isEnabled: boolean
  /** How long they still rest after a vendor's refusal; 0 where they do not. */
  secondsLeft: number
}

type ModelOwner = Required<CredentialOwner>

/** What is switched per model: on or off, taking turns among credentials, being the default of its type. */
export interface ModelSwitches {
  setEnabled(scope: TenantScope, owner: ModelOwner, isEnabled: boolean): Promise<void>
  /** Takes the model off the list; its credentials stay. */
  removeModel(scope: TenantScope, owner: ModelOwner): Promise<void>
  /** The one chosen; else the first active one, which then counts as chosen. */
  defaultModel(scope: TenantScope, type: ModelType): Promise<DefaultModel | undefined>
  /** @throws DomainError where the tenant has no such model */
  setDefaultModel(scope: TenantScope, type: ModelType, providerId: string, model: string): Promise<void>
  /** Whose credentials of a provider to prefer. @throws DomainError where there is no such provider */
  prefer(scope: TenantScope, providerId: string, type: ProviderType): Promise<void>
  balancing(scope: TenantScope, owner: ModelOwner, from: string | undefined): Promise<{ isEnabled: boolean; configs: BalancingConfig[] }>
  /** Puts the list in the place of the stored one, then switches balancing. @throws DomainError */
  setBalancing(scope: TenantScope, owner: ModelOwner, from: string | undefined, configs: unknown, isEnabled: boolean): Promise<void>
}

export interface ModelSwitchesOptions {
  store: ModelStore
  registry: ProviderRegistry
  catalogue: ModelCatalogue
  balancer: LoadBalancer
  onChange: (tenantId: string) => void
}

export function createModelSwitches({ store, registry, catalogue, balancer, onChange }: ModelSwitchesOptions): ModelSwitches {
  const resolve = (owner: ModelOwner): { provider: ModelProvider; owner: ModelOwner } => {
    const provider = registry.get(owner.provider)
    return { provider, owner: { ...owner, provider: provider.declaration.provider } }
  }

  return {
    async setEnabled(scope, given, isEnabled) {
      await store.set(scope, resolve(given).owner, { isEnabled })
      onChange(scope.tenantId)
    },

    async removeModel(scope, given) {
      await store.removeConfigured(scope, resolve(given).owner)
      onChange(scope.tenantId)
    },

    async defaultModel(scope, type) {
      const chosen = await store.defaultModel(scope, type)
      const known = chosen && registry.list().find(({ declaration }) => declaration.provider === chosen.provider)
      if (chosen && known) return { model: chosen.model, type, provider: known.declaration }
      const active = (await catalogue.activeModels(scope, type)).flatMap(({ provider, models }) =>
        models.map(({ declaration }) => ({ provider, model: declaration.model })),
      )
      const first = active.find(({ model }) => model === 'gpt-4') ?? active[0]
      if (!first) return undefined
      await store.setDefaultModel(scope, type, first.provider.provider, first.model)
      return { model: first.model, type, provider: first.provider }
    },

    async setDefaultModel(scope, type, providerId, model) {
      const id = registry.get(providerId).declaration.provider
      const found = (await catalogue.activeModels(scope, type)).find(({ provider }) => provider.provider === id)
      if (!found?.models.some(({ declaration }) => declaration.model === model))
        throw new DomainError('invalid_param', `Model ${model} does not exist.`)
      await store.setDefaultModel(scope, type, id, model)
    },

    async prefer(scope, providerId, type) {
      await store.prefer(scope, registry.get(providerId).declaration.provider, type)
      onChange(scope.tenantId)
    },

    async balancing(scope, given, from) {
      const { provider, owner } = resolve(given)
      const source = sourceOf(from)
      const [setting, rows] = await Promise.all([store.setting(scope, owner), store.balancing(scope, owner, source)])
      const fields = balancingForm(provider, owner)
      const configs = await Promise.all(
        rows.map(async row => ({
          id: row.id,
          name: row.name,
          credentials: row.sealed ? maskCredentials(fields, await store.open(scope, row.sealed)) : {},
          credentialId: row.credentialId,
          isEnabled: row.isEnabled,
          secondsLeft: await balancer.secondsLeft(row.id),
        })),
      )
      return { isEnabled: setting?.isLoadBalanced ?? false, configs }
    },

    async setBalancing(scope, given, from, configs, isEnabled) {
      const { provider, owner } = resolve(given)
      if (!Array.isArray(configs)) throw invalid('Invalid load balancing configs')
      const source = sourceOf(from)
      const old = await store.balancing(scope, owner, source)
      await store.transaction(async tx => {
        const kept: string[] = []
        for (const config of configs) {
          const { id, row, values } = await readConfig(scope, provider, owner, source, config)
          const known = old.find(item => item.id === id)
          if (id && !known) throw invalid(`Invalid load balancing config id: ${id}`)
          const stored = known?.sealed ? await tx.open(scope, known.sealed) : {}
          const form = balancingForm(provider, owner)
          const checked = values && checkForm(form, revealHidden(form, values, stored), owner.model)
          if (known) await tx.changeBalancing(scope, known.id, row, checked)
          kept.push(known?.id ?? (await tx.addBalancing(scope, owner, row, checked)).id)
        }
        await tx.keepBalancing(scope, owner, kept)
        if (isEnabled && kept.length <= 1) throw invalid('Model load balancing configuration must be more than 1.')
        await tx.set(scope, owner, { isLoadBalanced: isEnabled })
      })
      onChange(scope.tenantId)
    },
  }

  async function readConfig(
    scope: TenantScope,
    provider: ModelProvider,
    owner: ModelOwner,
    source: 'provider' | 'custom_model',
    config: unknown,
  ) {
    if (typeof config !== 'object' || config === null) throw invalid('Invalid load balancing config')
    const { id, name, enabled, credentials, credential_id } = config as Record<string, unknown>
    let row: BalancingRow = { name: String(name ?? ''), isEnabled: enabled === true, credentialId: null, credentialSource: null }
    if (typeof enabled !== 'boolean') throw invalid('Invalid load balancing config enabled')
    if (typeof credential_id === 'string' && credential_id) {
      const from: CredentialOwner = source === 'provider' ? { provider: provider.declaration.provider } : owner
      const credential = await store.credential(scope, from, credential_id)
      if (!credential) throw invalid(`Provider credential with id ${credential_id} not found`)
      row = { ...row, name: credential.name, credentialId: credential_id, credentialSource: source }
    }
    if (!row.name) throw invalid('Invalid load balancing config name')
    const isValues = typeof credentials === 'object' && credentials !== null && Object.keys(credentials).length > 0
    if (!isValues && !row.credentialId && row.name !== INHERIT && !id) throw invalid('Invalid load balancing config credentials')
    return {
      id: typeof id === 'string' && id ? id : undefined,
      row,
      values: isValues && !row.credentialId && row.name !== INHERIT ? (credentials as Record<string, unknown>) : undefined,
    }
  }
}

/** Providers without a form for models have one key for all. */
function balancingForm(provider: ModelProvider, owner: ModelOwner) {
  return formOf(provider, provider.declaration.model_credential_schema ? owner.model : undefined)
}

function sourceOf(from: string | undefined): 'provider' | 'custom_model' {
  return from === 'predefined-model' ? 'provider' : 'custom_model'
}

function invalid(message: string): DomainError {
  return new DomainError('invalid_param', message)
}
