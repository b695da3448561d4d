import type { ValueMap } from '@weft/contracts'
import { parseJson, stringifyJson } from '@weft/contracts'
import { ToolError, type ToolIcon } from '@weft/ports'
import { and, asc, desc, eq, ne } from 'drizzle-orm'
import type { Database } from '../../database/database.ts'
import type { TenantScope } from '../../database/tenant-scope.ts'
import { DomainError } from '../../errors.ts'
import { HIDDEN_VALUE, maskToolSecret } from '../../secrets/masking.ts'
import type { Secrets } from '../../secrets/secrets.ts'
import type {
  InstalledTool,
  InstalledToolProvider,
  InstalledToolProviders,
  ToolCredentialField,
  ToolCredentials,
} from '../installed-provider.ts'
import type { ToolSource } from '../tool-source.ts'
import { type BuiltinToolCredential, toolBuiltinProviders, toolOauthTenantClients } from '../tool-tables.ts'

export type ToolCredentialType = BuiltinToolCredential['credentialType']

export interface ToolCredentialOverview {
  id: string
  name: string
  provider: string
  type: ToolCredentialType
  isDefault: boolean
  /** Secrets masked. */
  credentials: ToolCredentials
}

/** Tools that Weft ships or plugins bring, and their credentials. */
export interface BuiltInTools extends ToolSource {
  /** Those that Weft ships come first. */
  list(scope: TenantScope): Promise<InstalledToolProvider[]>
  /** @throws DomainError where there is none */
  get(scope: TenantScope, providerId: string): Promise<InstalledToolProvider>
  /** The provider's tools with the parameters that depend on the tenant. */
  declarations(scope: TenantScope, provider: InstalledToolProvider): Promise<InstalledTool['declaration'][]>
  /** In the order in which they are chosen: the default one, then the oldest. */
  credentials(scope: TenantScope, providerId: string): Promise<ToolCredentialOverview[]>
  /** @throws DomainError */
  schema(scope: TenantScope, providerId: string, type: string): Promise<ToolCredentialField[]>
  /** @throws DomainError with the provider's words where it does not accept them */
  addCredentials(scope: TenantScope, accountId: string, providerId: string, input: NewToolCredentials): Promise<void>
  /** @throws DomainError */
  updateCredentials(
    scope: TenantScope,
    providerId: string,
    credentialId: string,
    change: { credentials?: ValueMap | undefined; name?: string | undefined },
  ): Promise<void>
  /** @throws DomainError */
  removeCredentials(scope: TenantScope, providerId: string, credentialId: string): Promise<void>
  /** @throws DomainError */
  setDefaultCredentials(scope: TenantScope, providerId: string, credentialId: string): Promise<void>
  readonly oauthClients: ToolOauthClients
  /** Pictures of what Weft ships: the same for everyone. */
  readonly icons: { find(providerId: string): InstalledToolProvider['icon'] | undefined }
}

export interface NewToolCredentials {
  type: ToolCredentialType
  credentials: ValueMap
  name?: string | undefined
  /** Seconds since the epoch; never where left out. */
  expiresAt?: number
}

/** OAuth clients of the workspace's own. */
export interface ToolOauthClients {
  isEnabled(scope: TenantScope, providerId: string): Promise<boolean>
  /** Secrets masked; empty where there is none. */
  show(scope: TenantScope, providerId: string): Promise<ToolCredentials>
  save(scope: TenantScope, providerId: string, change: { params?: ValueMap | undefined; isEnabled?: boolean | undefined }): Promise<void>
  remove(scope: TenantScope, providerId: string): Promise<void>
}

export interface BuiltInToolsOptions {
  database: Database
  secrets: Secrets
  shipped: readonly InstalledToolProvider[]
  plugins?: InstalledToolProviders
  /** Where the provider's icon is served. */
  iconAddress(providerId: string): string
  onChange(scope: TenantScope): void
}

const SECRET = 'tool-credentials'
const CLIENT_SECRET = 'tool-oauth-client'
const MOST_CREDENTIALS = 100
const NAMES: Record<ToolCredentialType, string> = { 'api-key': 'API KEY', oauth2: 'AUTH' }

export function createBuiltInTools(options: BuiltInToolsOptions): BuiltInTools {
  const { database, secrets, shipped, plugins, onChange } = options
  const rows = (scope: TenantScope) => database.tenant(scope)
  const seal = (scope: TenantScope, purpose: string, values: ToolCredentials) => secrets.encrypt(scope, purpose, stringifyJson(values))
  const unseal = async (scope: TenantScope, purpose: string, sealed: string) =>
    parseJson(await secrets.decrypt(scope, purpose, sealed)) as ToolCredentials

  const find = async (scope: TenantScope, id: string) =>
    shipped.find(provider => provider.id === id || `langgenius/${provider.id}/${provider.id}` === id) ?? (await plugins?.find(scope, id))

  async function get(scope: TenantScope, id: string): Promise<InstalledToolProvider> {
    const provider = await find(scope, id)
    if (!provider) throw new DomainError('invalid_param', `builtin provider ${id} not found`)
    return provider
  }

  const stored = (scope: TenantScope, provider: string) =>
    rows(scope).find(toolBuiltinProviders, {
      where: eq(toolBuiltinProviders.provider, provider),
      orderBy: [desc(toolBuiltinProviders.isDefault), asc(toolBuiltinProviders.createdAt), asc(toolBuiltinProviders.id)],
    })

  async function one(scope: TenantScope, provider: string, id: string): Promise<BuiltinToolCredential> {
    const list = await stored(scope, provider)
    const found = list.find(credential => credential.id === id)
    if (!found) throw new DomainError('invalid_param', `you have not added provider ${provider}`)
    return found
  }

  async function checkName(scope: TenantScope, provider: string, name: string): Promise<void> {
    if ((await stored(scope, provider)).some(credential => credential.name === name)) {
      throw new DomainError('invalid_param', `the credential name '${name}' is already used`)
    }
  }

  async function check(provider: InstalledToolProvider, type: ToolCredentialType, values: ValueMap): Promise<ToolCredentials> {
    const checked = checkFields(fieldsOf(provider, type), values)
    if (type !== 'api-key') return checked
    try {
      await provider.validateCredentials?.(checked)
    } catch (cause) {
      throw new DomainError('invalid_param', cause instanceof Error ? cause.message : String(cause), { cause })
    }
    return checked
  }

  async function credentialsFor(scope: TenantScope, provider: InstalledToolProvider, credentialId: string | null | undefined) {
    if (!needsCredentials(provider)) return {}
    const list = await stored(scope, provider.id)
    const chosen = credentialId ? list.find(({ id }) => id === credentialId) : list[0]
    if (!chosen && credentialId) throw new ToolError('credentials', `provider has been deleted: ${credentialId}`)
    if (!chosen) throw new ToolError('credentials', `no default provider for ${provider.id}: add credentials for it under Tools.`)
    return unseal(scope, SECRET, chosen.sealed)
  }

  return {
    async list(scope) {
      return [...shipped, ...((await plugins?.list(scope)) ?? [])]
    },
    get,
    declarations: (scope, provider) => Promise.all(provider.tools.map(tool => completed(scope, tool))),
    async credentials(scope, id) {
      const provider = await get(scope, id)
      const list = await stored(scope, provider.id)
      return Promise.all(
        list.map(async ({ id: credentialId, name, credentialType: type, sealed }, index) => ({
          id: credentialId,
          name,
          provider: provider.id,
          type,
          isDefault: index === 0,
          credentials: masked(fieldsOf(provider, type), await unseal(scope, SECRET, sealed)),
        })),
      )
    },
    async schema(scope, id, type) {
      if (type !== 'api-key' && type !== 'oauth2') throw new DomainError('invalid_param', `Invalid credential type: ${type}`)
      return fieldsOf(await get(scope, id), type)
    },
    async addCredentials(scope, accountId, id, { type, credentials, name, expiresAt }) {
      const provider = await get(scope, id)
      if (!needsCredentials(provider)) throw new DomainError('invalid_param', `provider ${id} does not need credentials`)
      const list = await stored(scope, provider.id)
      if (list.length >= MOST_CREDENTIALS) {
        throw new DomainError('invalid_param', `you have reached the maximum number of providers for ${id}`)
      }
      const values = await check(provider, type, credentials)
      if (name) await checkName(scope, provider.id, name)
      await rows(scope).insert(toolBuiltinProviders, {
        userId: accountId,
        provider: provider.id,
        name: name || freeName(list, NAMES[type]),
        credentialType: type,
        sealed: await seal(scope, SECRET, values),
        expiresAt: expiresAt ?? -1,
      })
      onChange(scope)
    },
    async updateCredentials(scope, id, credentialId, { credentials, name }) {
      const provider = await get(scope, id)
      const row = await one(scope, provider.id, credentialId)
      const set: { sealed?: string; name?: string } = {}
      if (credentials && Object.keys(credentials).length && row.credentialType === 'api-key') {
        const before = await unseal(scope, SECRET, row.sealed)
        set.sealed = await seal(scope, SECRET, await check(provider, row.credentialType, revealed(credentials, before)))
      }
      if (name && name !== row.name) {
        await checkName(scope, provider.id, name)
        set.name = name
      }
      if (Object.keys(set).length) await rows(scope).update(toolBuiltinProviders, { set, where: eq(toolBuiltinProviders.id, row.id) })
      onChange(scope)
    },
    async removeCredentials(scope, id, credentialId) {
      const provider = await get(scope, id)
      const row = await one(scope, provider.id, credentialId)
      await rows(scope).delete(toolBuiltinProviders, eq(toolBuiltinProviders.id, row.id))
      onChange(scope)
    },
    async setDefaultCredentials(scope, id, credentialId) {
      const provider = await get(scope, id)
      const list = await stored(scope, provider.id)
      const row = list.find(credential => credential.id === credentialId)
      if (!row) throw new DomainError('invalid_param', 'provider not found')
      await database.transaction(async tx => {
        const others = and(eq(toolBuiltinProviders.provider, provider.id), ne(toolBuiltinProviders.id, row.id))
        await tx.tenant(scope).update(toolBuiltinProviders, { set: { isDefault: false }, where: others })
        await tx.tenant(scope).update(toolBuiltinProviders, { set: { isDefault: true }, where: eq(toolBuiltinProviders.id, row.id) })
      })
      onChange(scope)
    },
    icons: { find: id => shipped.find(provider => provider.id === id)?.icon },
    oauthClients: createOauthClients({ rows, get, seal, unseal }),
    async find(scope, { providerType, providerId, toolName, credentialId }) {
      const provider = await find(scope, providerId)
      if (!provider) throw new ToolError('not-found', `${providerType} provider ${providerId} not found`)
      const tool = provider.tools.find(({ declaration }) => declaration.identity.name === toolName)
      if (!tool) throw new ToolError('not-found', `builtin tool ${toolName} not found`)
      const credentials = await credentialsFor(scope, provider, credentialId)
      return { declaration: await completed(scope, tool), invoke: invocation => tool.invoke(invocation, credentials) }
    },
    async icon(scope, providerId): Promise<ToolIcon | undefined> {
      const provider = await find(scope, providerId)
      return provider && options.iconAddress(provider.id)
    },
  }
}

export function needsCredentials({ credentialsSchema, oauth }: InstalledToolProvider): boolean {
  return credentialsSchema.length > 0 || (oauth?.credentialsSchema.length ?? 0) > 0
}

export function credentialTypesOf({ credentialsSchema, oauth }: InstalledToolProvider): ToolCredentialType[] {
  return [...(credentialsSchema.length ? (['api-key'] as const) : []), ...(oauth?.credentialsSchema.length ? (['oauth2'] as const) : [])]
}

function fieldsOf({ credentialsSchema, oauth }: InstalledToolProvider, type: ToolCredentialType): ToolCredentialField[] {
  return type === 'oauth2' ? (oauth?.credentialsSchema ?? []) : credentialsSchema
}

/** The declaration with the parameters that depend on the tenant in place. */
async function completed(scope: TenantScope, { declaration, runtimeParameters }: InstalledTool): Promise<InstalledTool['declaration']> {
  if (!runtimeParameters) return declaration
  const own = await runtimeParameters(scope)
  const fixed = declaration.parameters.map(parameter => own.find(({ name }) => name === parameter.name) ?? parameter)
  return { ...declaration, parameters: [...fixed, ...own.filter(({ name }) => !fixed.some(parameter => parameter.name === name))] }
}

function checkFields(fields: readonly ToolCredentialField[], values: ValueMap): ToolCredentials {
  const checked: ToolCredentials = {}
  for (const { name, required, default: fallback, options } of fields) {
    const given = values[name]
    const value = given === undefined || given === null || given === '' ? fallback : given
    if (value === undefined || value === null) {
      if (required) throw new DomainError('invalid_param', `credential ${name} is required`)
      continue
    }
    const text = String(value)
    if (options?.length && !options.some(option => option.value === text)) {
      throw new DomainError('invalid_param', `credential ${name} should be one of ${options.map(option => option.value).join(', ')}`)
    }
    checked[name] = text
  }
  return checked
}

function masked(fields: readonly ToolCredentialField[], values: ToolCredentials): ToolCredentials {
  const secret = new Set(fields.filter(({ type }) => type === 'secret-input').map(({ name }) => name))
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, secret.has(name) ? maskToolSecret(value) : value]))
}

function revealed(values: ValueMap, before: ToolCredentials): ValueMap {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === HIDDEN_VALUE ? (before[name] ?? null) : value]))
}

/** `API KEY 3` where 2 is the highest number taken. */
function freeName(list: readonly BuiltinToolCredential[], prefix: string): string {
  const numbers = list.map(({ name }) => (name.startsWith(`${prefix} `) ? Number(name.slice(prefix.length + 1)) : 0))
  return `${prefix} ${Math.max(0, ...numbers.filter(Number.isInteger)) + 1}`
}

function createOauthClients(parts: {
  rows(scope: TenantScope): ReturnType<Database['tenant']>
  get(scope: TenantScope, id: string): Promise<InstalledToolProvider>
  seal(scope: TenantScope, purpose: string, values: ToolCredentials): Promise<string>
  unseal(scope: TenantScope, purpose: string, sealed: string): Promise<ToolCredentials>
}): ToolOauthClients {
  const { rows, get, seal, unseal } = parts
  const of = (provider: string) => eq(toolOauthTenantClients.provider, provider)
  return {
    async isEnabled(scope, id) {
      return (await rows(scope).first(toolOauthTenantClients, { where: of((await get(scope, id)).id) }))?.isEnabled ?? false
    },
    async show(scope, id) {
      const provider = await get(scope, id)
      const row = await rows(scope).first(toolOauthTenantClients, { where: of(provider.id) })
      return row?.sealed ? masked(provider.oauth?.clientSchema ?? [], await unseal(scope, CLIENT_SECRET, row.sealed)) : {}
    },
    async save(scope, id, { params, isEnabled }) {
      if (params === undefined && isEnabled === undefined) return
      const provider = await get(scope, id)
      const row = await rows(scope).first(toolOauthTenantClients, { where: of(provider.id) })
      const before = row?.sealed ? await unseal(scope, CLIENT_SECRET, row.sealed) : {}
      const values = params && checkFields(provider.oauth?.clientSchema ?? [], revealed(params, before))
      const set = {
        ...(isEnabled === undefined ? {} : { isEnabled }),
        ...(values ? { sealed: await seal(scope, CLIENT_SECRET, values) } : {}),
      }
      if (row) await rows(scope).update(toolOauthTenantClients, { set, where: eq(toolOauthTenantClients.id, row.id) })
      else await rows(scope).insert(toolOauthTenantClients, { provider: provider.id, ...set })
    },
    async remove(scope, id) {
      const provider = await get(scope, id)
      await rows(scope).delete(toolOauthTenantClients, of(provider.id))
    },
  }
}
