import {
  MODEL_TYPES,
  type ModelCredentials,
  type ModelDeclaration,
  type ModelProvider,
  type ModelType,
  type ParameterRule,
  type ProviderDeclaration,
} from '@weft/ports'
import type { TenantScope } from '../database/tenant-scope.ts'
import type { ConfiguredModel } from './configured-models-table.ts'
import { formOf, type ModelName, maskCredentials } from './credential-form.ts'
import type { StoredCredential } from './model-credentials-table.ts'
import { INHERIT, type ModelStore } from './model-store.ts'
import type { ProviderType } from './preferred-provider-types-table.ts'
import type { ProviderRegistry } from './provider-registry.ts'

export interface CredentialName {
  id: string
  name: string
}

/** A model with credentials of its own, as the console lists it. */
export interface CustomModel extends ModelName {
  /** Masked; null where none are in use. */
  credentials: ModelCredentials | null
  current: CredentialName | null
  available: CredentialName[]
  /** It has credentials, but was taken off the list. */
  isUnlisted: boolean
}

/** A provider with what a tenant has set up for it. */
export interface ConfiguredProvider {
  declaration: ProviderDeclaration
  current: CredentialName | null
  available: CredentialName[]
  customModels: CustomModel[]
  preferredType: ProviderType
}

export type ModelStatus = 'active' | 'no-configure' | 'disabled' | 'credential-removed'

export interface ListedModel {
  declaration: ModelDeclaration
  status: ModelStatus
  isLoadBalanced: boolean
  /** It is to take turns, but fewer than two credentials are left for that. */
  lacksTurns: boolean
}

/** What models a tenant has. */
export interface ModelCatalogue {
  providers(scope: TenantScope, type?: ModelType): Promise<ConfiguredProvider[]>
  /** @throws DomainError where there is no such provider */
  models(scope: TenantScope, providerId: string): Promise<ListedModel[]>
  /** Providers that have some. */
  activeModels(scope: TenantScope, type: ModelType): Promise<{ provider: ProviderDeclaration; models: ListedModel[] }[]>
  /** What can be set for a call of the language model; empty where it has no credentials. */
  parameterRules(scope: TenantScope, providerId: string, model: string): Promise<ParameterRule[]>
}

export function createModelCatalogue({ store, registry }: { store: ModelStore; registry: ProviderRegistry }): ModelCatalogue {
  async function read(scope: TenantScope) {
    const [credentials, configured, settings, balancing, preferred] = await Promise.all([
      store.credentials(scope),
      store.configured(scope),
      store.settings(scope),
      store.allBalancing(scope),
      store.preferredTypes(scope),
    ])
    return { credentials, configured, settings, balancing, preferred }
  }
  type Rows = Awaited<ReturnType<typeof read>>

  async function listModels(scope: TenantScope, provider: ModelProvider, rows: Rows): Promise<ListedModel[]> {
    const id = provider.declaration.provider
    const setting = ({ model, model_type }: ModelDeclaration) =>
      rows.settings.find(row => row.provider === id && row.model === model && row.modelType === model_type)
    const turnsOf = ({ model, model_type }: ModelDeclaration) =>
      rows.balancing.filter(
        row =>
          row.provider === id &&
          row.model === model &&
          row.modelType === model_type &&
          row.isEnabled &&
          (row.name === INHERIT || row.sealed || rows.credentials.some(credential => credential.id === row.credentialId)),
      ).length
    const listed = (declaration: ModelDeclaration, status: ModelStatus): ListedModel => {
      const { isEnabled = true, isLoadBalanced = false } = setting(declaration) ?? {}
      const lacksTurns = isLoadBalanced && turnsOf(declaration) < 2
      return { declaration, status: isEnabled || status === 'credential-removed' ? status : 'disabled', isLoadBalanced, lacksTurns }
    }
    const isProviderSetUp = Boolean(rows.configured.find(row => row.provider === id && !row.model)?.credentialId)
    const models = provider.models.map(declaration => listed(declaration, isProviderSetUp ? 'active' : 'no-configure'))
    for (const row of rows.configured.filter(entry => entry.provider === id && entry.model)) {
      const stored = rows.credentials.find(credential => credential.id === row.credentialId)
      const values = stored ? await store.open(scope, stored.sealed) : {}
      const declaration = provider.describe(row.modelType as ModelType, row.model, values)
      if (declaration) models.push(listed(declaration, stored ? 'active' : 'credential-removed'))
    }
    return models.sort(
      (left, right) => MODEL_TYPES.indexOf(left.declaration.model_type) - MODEL_TYPES.indexOf(right.declaration.model_type),
    )
  }

  async function describeProvider(scope: TenantScope, provider: ModelProvider, rows: Rows): Promise<ConfiguredProvider> {
    const id = provider.declaration.provider
    const own = rows.credentials.filter(row => row.provider === id)
    const configured = rows.configured.filter(row => row.provider === id)
    const available = own.filter(row => !row.model)
    const customModels: CustomModel[] = []
    for (const model of modelsOf(configured, own)) customModels.push(await describeCustomModel(scope, provider, model, configured, own))
    return {
      declaration: provider.declaration,
      current: nameOf(available, configured.find(row => !row.model)?.credentialId),
      available,
      customModels,
      preferredType: rows.preferred.find(row => row.provider === id)?.providerType ?? 'custom',
    }
  }

  async function describeCustomModel(
    scope: TenantScope,
    provider: ModelProvider,
    { model, type }: ModelName,
    configured: ConfiguredModel[],
    own: StoredCredential[],
  ): Promise<CustomModel> {
    const available = own.filter(row => row.model === model && row.modelType === type)
    const entry = configured.find(row => row.model === model && row.modelType === type)
    const current = available.find(row => row.id === entry?.credentialId)
    const credentials = current ? maskCredentials(formOf(provider, { model, type }), await store.open(scope, current.sealed)) : null
    return { model, type, credentials, current: nameOf(available, current?.id), available, isUnlisted: !entry }
  }

  return {
    async providers(scope, type) {
      const rows = await read(scope)
      const wanted = registry.list().filter(({ declaration }) => !type || declaration.supported_model_types.includes(type))
      return Promise.all(wanted.map(provider => describeProvider(scope, provider, rows)))
    },
    async models(scope, providerId) {
      return listModels(scope, registry.get(providerId), await read(scope))
    },
    async activeModels(scope, type) {
      const rows = await read(scope)
      const found = []
      for (const provider of registry.list()) {
        // Others have no active models, and their lists need not be read.
        if (!rows.configured.some(row => row.provider === provider.declaration.provider)) continue
        const all = await listModels(scope, provider, rows)
        const models = all.filter(
          ({ declaration, status }) => declaration.model_type === type && status === 'active' && !declaration.deprecated,
        )
        if (models.length) found.push({ provider: provider.declaration, models })
      }
      return found
    },
    async parameterRules(scope, providerId, model) {
      const provider = registry.get(providerId)
      const rows = await read(scope)
      const models = await listModels(scope, provider, rows)
      const found = models.find(({ declaration }) => declaration.model === model && declaration.model_type === 'llm')
      if (found) return found.status === 'active' || found.status === 'disabled' ? found.declaration.parameter_rules : []
      const isSetUp = rows.configured.some(row => row.provider === provider.declaration.provider && !row.model && row.credentialId)
      return (isSetUp && provider.unlisted?.('llm', model)?.parameter_rules) || []
    },
  }
}

/** Listed ones in their order, then those that only have credentials. */
function modelsOf(configured: ConfiguredModel[], credentials: StoredCredential[]): ModelName[] {
  const names = new Map<string, ModelName>()
  for (const { model, modelType } of [...configured, ...credentials])
    if (model) names.set(`${modelType} ${model}`, { model, type: modelType as ModelType })
  return [...names.values()]
}

function nameOf(available: StoredCredential[], id: string | null | undefined): CredentialName | null {
  const found = available.find(row => row.id === id)
  return found ? { id: found.id, name: found.name } : null
}
