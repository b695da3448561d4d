import { type ModelCredentials, ModelError, type ModelProvider } from '@weft/ports'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { checkForm, formOf, type ModelName, maskCredentials, revealHidden } from './credential-form.ts'
import type { CredentialName } from './model-catalogue.ts'
import type { CredentialOwner, ModelStore } from './model-store.ts'
import type { ProviderRegistry } from './provider-registry.ts'

export interface CredentialInput {
  /** Undefined: `API KEY 1` and so on for new ones, unchanged for others. */
  name?: string
  /** The form's values. `[__HIDDEN__]` keeps a stored secret. */
  credentials: Record<string, unknown>
}

export interface ShownCredential {
  current: CredentialName | null
  /** Masked. */
  credentials: ModelCredentials
  available: CredentialName[]
}

/** The named credentials of providers, and of models that have their own. Every method takes the short provider id, too. */
export interface CredentialManagement {
  /** Those in use, or those of the id. @throws DomainError where the id is unknown */
  show(scope: TenantScope, owner: CredentialOwner, id?: string): Promise<ShownCredential>
  /** Asks the vendor. Gives its objection, or undefined where the credentials work. */
  validate(scope: TenantScope, owner: CredentialOwner, credentials: Record<string, unknown>): Promise<string | undefined>
  /** The same for an entry of the list that a model takes turns with; its secrets may come back hidden. */
  validateTurn(
    scope: TenantScope,
    owner: Required<CredentialOwner>,
    credentials: Record<string, unknown>,
    id?: string,
  ): Promise<string | undefined>
  /** Stores them once the vendor accepts them; the first are put to use. @throws DomainError */
  create(scope: TenantScope, owner: CredentialOwner, input: CredentialInput): Promise<void>
  /** @throws DomainError */
  update(scope: TenantScope, owner: CredentialOwner, id: string, input: CredentialInput): Promise<void>
  /** With the last ones a model goes off the list. @throws DomainError */
  remove(scope: TenantScope, owner: CredentialOwner, id: string): Promise<void>
  /** Puts other credentials to use; a model that was off the list comes back. @throws DomainError */
  use(scope: TenantScope, owner: CredentialOwner, id: string, options?: { mustBeListed?: boolean; mustDiffer?: boolean }): Promise<void>
}

export interface CredentialManagementOptions {
  store: ModelStore
  registry: ProviderRegistry
  /** Told after each change, so that what is kept of the tenant's credentials can be dropped. */
  onChange: (tenantId: string) => void
}

export function createCredentialManagement({ store, registry, onChange }: CredentialManagementOptions): CredentialManagement {
  function find(owner: CredentialOwner): { provider: ModelProvider; owner: CredentialOwner } {
    const provider = registry.get(owner.provider)
    const { supported_model_types: types } = provider.declaration
    if (owner.model && !types.includes(owner.model.type))
      throw invalid(`Provider ${owner.provider} does not support ${owner.model.type} models.`)
    return { provider, owner: { ...owner, provider: provider.declaration.provider } }
  }

  /** Checks the form, then asks the vendor. */
  async function accept(provider: ModelProvider, model: ModelName | undefined, values: Record<string, unknown>): Promise<ModelCredentials> {
    const credentials = checkForm(formOf(provider, model), values, model)
    if (model) await provider.validateModel({ ...model, credentials })
    else await provider.validateProvider(credentials)
    return credentials
  }

  async function acceptOrRefuse(provider: ModelProvider, model: ModelName | undefined, values: Record<string, unknown>) {
    try {
      return await accept(provider, model, values)
    } catch (error) {
      throw error instanceof ModelError ? new DomainError('invalid_param', error.message, { cause: error }) : error
    }
  }

  async function checkName(scope: TenantScope, owner: CredentialOwner, name: string | undefined, exceptId?: string) {
    const taken = (await store.credentials(scope, owner)).some(row => row.name === name && row.id !== exceptId)
    if (!taken) return
    throw invalid(
      owner.model
        ? `Model credential with name '${name}' already exists for ${owner.model.model}.`
        : `Credential with name '${name}' already exists.`,
    )
  }

  async function stored(scope: TenantScope, owner: CredentialOwner, id: string) {
    const credential = await store.credential(scope, owner, id)
    if (!credential) throw invalid('Credential record not found.')
    return credential
  }

  return {
    async show(scope, given, id) {
      const { provider, owner } = find(given)
      const available = await store.credentials(scope, owner)
      const currentId = id ?? (await store.configuredOne(scope, owner))?.credentialId
      const current = available.find(row => row.id === currentId)
      if (id && !current) throw invalid(`Credential with id ${id} not found.`)
      const credentials = current ? maskCredentials(formOf(provider, owner.model), await store.open(scope, current.sealed)) : {}
      return { current: current ? { id: current.id, name: current.name } : null, credentials, available }
    },

    async validate(_scope, given, credentials) {
      const { provider, owner } = find(given)
      try {
        await accept(provider, owner.model, credentials)
      } catch (error) {
        if (error instanceof ModelError) return error.message
        throw error
      }
      return undefined
    },

    async validateTurn(scope, given, credentials, id) {
      const { provider } = find(given)
      const owner = { provider: provider.declaration.provider, model: given.model }
      const entry = id ? await store.balancingOne(scope, owner, id) : undefined
      if (id && !entry) throw invalid(`Load balancing config ${id} does not exist.`)
      const known = entry?.sealed ? await store.open(scope, entry.sealed) : {}
      // Providers without a form for models have one key for all.
      const form = formOf(provider, provider.declaration.model_credential_schema ? owner.model : undefined)
      try {
        const checked = checkForm(form, revealHidden(form, credentials, known), owner.model)
        await provider.validateModel({ ...owner.model, credentials: checked })
      } catch (error) {
        if (error instanceof ModelError) return error.message
        throw error
      }
      return undefined
    },

    async create(scope, given, input) {
      const { provider, owner } = find(given)
      if (input.name) await checkName(scope, owner, input.name)
      const values = await acceptOrRefuse(provider, owner.model, input.credentials)
      await store.transaction(async tx => {
        const name = input.name || nextName((await tx.credentials(scope, owner)).map(row => row.name))
        const credential = await tx.addCredential(scope, owner, name, values)
        if (!(await tx.configuredOne(scope, owner))?.credentialId) await tx.use(scope, owner, credential.id)
      })
      onChange(scope.tenantId)
    },

    async update(scope, given, id, input) {
      const { provider, owner } = find(given)
      if (input.name) await checkName(scope, owner, input.name, id)
      const known = await store.credential(scope, owner, id)
      const old = known ? await store.open(scope, known.sealed) : {}
      const values = await acceptOrRefuse(provider, owner.model, revealHidden(formOf(provider, owner.model), input.credentials, old))
      await stored(scope, owner, id)
      await store.changeCredential(scope, owner, id, { name: input.name, values })
      onChange(scope.tenantId)
    },

    async remove(scope, given, id) {
      const { owner } = find(given)
      await stored(scope, owner, id)
      await store.transaction(async tx => {
        await tx.deleteCredential(scope, owner, id)
        if (!(await tx.credentials(scope, owner)).length) await tx.removeConfigured(scope, owner)
      })
      onChange(scope.tenantId)
    },

    async use(scope, given, id, { mustBeListed = false, mustDiffer = false } = {}) {
      const { owner } = find(given)
      await stored(scope, owner, id)
      const configured = await store.configuredOne(scope, owner)
      if (mustBeListed && !configured) throw invalid('The custom model record not found.')
      if (mustDiffer && configured?.credentialId === id) throw invalid("Can't add same credential")
      await store.use(scope, owner, id)
      onChange(scope.tenantId)
    },
  }
}

/** One more than the highest `API KEY n`. */
function nextName(names: string[]): string {
  const numbers = names.map(name => Number(/^API KEY\s+(\d+)$/.exec(name.trim())?.[1] ?? 0))
  return `API KEY ${Math.max(0, ...numbers) + 1}`
}

function invalid(message: string): DomainError {
  return new DomainError('invalid_param', message)
}
