import type { ModelCredentials, ModelType } from '@weft/ports'
import { and, asc, desc, eq, isNull, notInArray, or } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { configuredModels } from './configured-models-table.ts'
import type { ModelName } from './credential-form.ts'
import { defaultModels } from './default-models-table.ts'
import { loadBalancingConfigs } from './load-balancing-configs-table.ts'
import { modelCredentials } from './model-credentials-table.ts'
import { modelSettings } from './model-settings-table.ts'
import { type ProviderType, preferredProviderTypes } from './preferred-provider-types-table.ts'

const PURPOSE = 'model-credentials'

/** The name of an entry that stands for the credentials in use anyway. */
export const INHERIT = '__inherit__'

/** Whose credentials: a provider's, or those of one of its models. */
export interface CredentialOwner {
  provider: string
  model?: ModelName
}

type ModelRows = ReturnType<typeof modelRows>

export interface ModelStore extends ModelRows {
  /** All or nothing. */
  transaction<T>(work: (store: ModelRows) => Promise<T>): Promise<T>
}

/** Rows of models' credentials and settings. Credentials are sealed on their way in and opened on their way out. */
export function createModelStore({ database, secrets }: { database: Database; secrets: Secrets }): ModelStore {
  return { ...modelRows(database, secrets), transaction: work => database.transaction(tx => work(modelRows(tx, secrets))) }
}

function modelRows(database: Database, secrets: Secrets) {
  const seal = (scope: TenantScope, values: ModelCredentials) => secrets.encrypt(scope, PURPOSE, JSON.stringify(values))

  return {
    async open(scope: TenantScope, sealed: string): Promise<ModelCredentials> {
      return JSON.parse(await secrets.decrypt(scope, PURPOSE, sealed)) as ModelCredentials
    },

    /** Newest first; of one owner, or of all. */
    credentials: (scope: TenantScope, owner?: CredentialOwner) =>
      database.tenant(scope).find(modelCredentials, {
        where: owner && isOwned(modelCredentials, owner),
        orderBy: [desc(modelCredentials.createdAt), desc(modelCredentials.id)],
      }),

    credential: (scope: TenantScope, owner: CredentialOwner, id: string) =>
      database.tenant(scope).first(modelCredentials, { where: and(isOwned(modelCredentials, owner), eq(modelCredentials.id, id)) }),

    async addCredential(scope: TenantScope, owner: CredentialOwner, name: string, values: ModelCredentials) {
      return database.tenant(scope).insert(modelCredentials, { ...columnsOf(owner), name, sealed: await seal(scope, values) })
    },

    async changeCredential(scope: TenantScope, owner: CredentialOwner, id: string, change: { name?: string; values: ModelCredentials }) {
      const set = { sealed: await seal(scope, change.values), ...(change.name ? { name: change.name } : {}) }
      await database
        .tenant(scope)
        .update(modelCredentials, { set, where: and(isOwned(modelCredentials, owner), eq(modelCredentials.id, id)) })
    },

    deleteCredential: (scope: TenantScope, owner: CredentialOwner, id: string) =>
      database.tenant(scope).delete(modelCredentials, and(isOwned(modelCredentials, owner), eq(modelCredentials.id, id))),

    /** In the order they were set up; of one provider, or of all. */
    configured: (scope: TenantScope, provider?: string) =>
      database.tenant(scope).find(configuredModels, {
        where: provider ? eq(configuredModels.provider, provider) : undefined,
        orderBy: [asc(configuredModels.createdAt), asc(configuredModels.id)],
      }),

    configuredOne: (scope: TenantScope, owner: CredentialOwner) =>
      database.tenant(scope).first(configuredModels, { where: isOwned(configuredModels, owner) }),

    /** Puts the credentials to use. */
    use: (scope: TenantScope, owner: CredentialOwner, credentialId: string) =>
      database.tenant(scope).upsert(
        configuredModels,
        { ...columnsOf(owner), credentialId },
        {
          on: [configuredModels.tenantId, configuredModels.provider, configuredModels.model, configuredModels.modelType],
          set: { credentialId },
        },
      ),

    removeConfigured: (scope: TenantScope, owner: CredentialOwner) =>
      database.tenant(scope).delete(configuredModels, isOwned(configuredModels, owner)),

    settings: (scope: TenantScope, provider?: string) =>
      database.tenant(scope).find(modelSettings, { where: provider ? eq(modelSettings.provider, provider) : undefined }),

    setting: (scope: TenantScope, owner: Required<CredentialOwner>) =>
      database.tenant(scope).first(modelSettings, { where: isOwned(modelSettings, owner) }),

    set: (scope: TenantScope, owner: Required<CredentialOwner>, change: { isEnabled?: boolean; isLoadBalanced?: boolean }) =>
      database
        .tenant(scope)
        .upsert(
          modelSettings,
          { ...columnsOf(owner), ...change },
          { on: [modelSettings.tenantId, modelSettings.provider, modelSettings.model, modelSettings.modelType], set: change },
        ),

    balancing: (scope: TenantScope, owner: Required<CredentialOwner>, source: 'provider' | 'custom_model') =>
      database.tenant(scope).find(loadBalancingConfigs, {
        where: and(
          isOwned(loadBalancingConfigs, owner),
          or(eq(loadBalancingConfigs.credentialSource, source), isNull(loadBalancingConfigs.credentialSource)),
        ),
        orderBy: asc(loadBalancingConfigs.createdAt),
      }),

    balancingOne: (scope: TenantScope, owner: Required<CredentialOwner>, id: string) =>
      database
        .tenant(scope)
        .first(loadBalancingConfigs, { where: and(isOwned(loadBalancingConfigs, owner), eq(loadBalancingConfigs.id, id)) }),

    /** All of the tenant's. */
    allBalancing: (scope: TenantScope) =>
      database.tenant(scope).find(loadBalancingConfigs, { orderBy: asc(loadBalancingConfigs.createdAt) }),

    async addBalancing(scope: TenantScope, owner: Required<CredentialOwner>, row: BalancingRow, values: ModelCredentials | undefined) {
      const sealed = values ? await seal(scope, values) : null
      return database.tenant(scope).insert(loadBalancingConfigs, { ...columnsOf(owner), ...row, sealed })
    },

    async changeBalancing(scope: TenantScope, id: string, row: BalancingRow, values: ModelCredentials | undefined) {
      const sealed = values ? { sealed: await seal(scope, values) } : {}
      await database.tenant(scope).update(loadBalancingConfigs, { set: { ...row, ...sealed }, where: eq(loadBalancingConfigs.id, id) })
    },

    keepBalancing: (scope: TenantScope, owner: Required<CredentialOwner>, ids: string[]) =>
      database
        .tenant(scope)
        .delete(
          loadBalancingConfigs,
          and(isOwned(loadBalancingConfigs, owner), ids.length ? notInArray(loadBalancingConfigs.id, ids) : undefined),
        ),

    preferredTypes: (scope: TenantScope) => database.tenant(scope).find(preferredProviderTypes),

    prefer: (scope: TenantScope, provider: string, providerType: ProviderType) =>
      database
        .tenant(scope)
        .upsert(
          preferredProviderTypes,
          { provider, providerType },
          { on: [preferredProviderTypes.tenantId, preferredProviderTypes.provider], set: { providerType } },
        ),

    defaultModel: (scope: TenantScope, type: ModelType) =>
      database.tenant(scope).first(defaultModels, { where: eq(defaultModels.modelType, type) }),

    setDefaultModel: (scope: TenantScope, type: ModelType, provider: string, model: string) =>
      database
        .tenant(scope)
        .upsert(
          defaultModels,
          { modelType: type, provider, model },
          { on: [defaultModels.tenantId, defaultModels.modelType], set: { provider, model } },
        ),
  }
}

export interface BalancingRow {
  name: string
  isEnabled: boolean
  credentialId: string | null
  credentialSource: 'provider' | 'custom_model' | null
}

function columnsOf({ provider, model }: CredentialOwner) {
  return { provider, model: model?.model ?? '', modelType: model?.type ?? '' }
}

function isOwned(
  table: typeof modelCredentials | typeof configuredModels | typeof modelSettings | typeof loadBalancingConfigs,
  owner: CredentialOwner,
) {
  const { provider, model, modelType } = columnsOf(owner)
  return and(eq(table.provider, provider), eq(table.model, model), eq(table.modelType, modelType))
}
