import { pythonJson, type ValueMap } from '@weft/contracts'
import { collectBytes, type FileService, type ToolDeclaration, ToolError, type ToolIcon, type ToolOutput } from '@weft/ports'
import { eq } from 'drizzle-orm'
import { newId } from '../../database/columns.ts'
import type { Database } from '../../database/database.ts'
import type { TenantScope } from '../../database/tenant-scope.ts'
import { DomainError } from '../../errors.ts'
import type { Secrets } from '../../secrets/secrets.ts'
import { accountNames } from '../tool-authors.ts'
import { setToolLabels, toolLabelsOf } from '../tool-labels.ts'
import { untranslated } from '../tool-parameters.ts'
import type { ToolSource } from '../tool-source.ts'
import { type ApiToolProvider, toolApiProviders } from '../tool-tables.ts'
import { type ApiCredentials, maskedCredentials, readCredentials, withKeptKey } from './api-credentials.ts'
import { API_SCHEMA_TYPES, type ApiOperation, ApiSchemaError, type ReadApi } from './api-operation.ts'
import { type ApiCallOptions, callApi, messagesOf } from './call-api.ts'
import { LONGEST_SCHEMA, readApi } from './read-api.ts'

export interface ApiToolInput {
  provider: string
  icon: ToolIcon
  credentials: ValueMap
  schemaType: string
  schema: string
  privacyPolicy: string | null
  customDisclaimer: string | null
  labels: string[]
  /** Chooses among the document's servers. */
  environment?: string | undefined
}

/** A custom provider as its keepers see it. */
export interface ApiToolOverview {
  provider: ApiToolProvider
  author: string
  labels: string[]
  /** The key masked. */
  credentials: ApiCredentials
}

/** Tools that workspaces make from descriptions of APIs. */
export interface ApiTools extends ToolSource {
  list(scope: TenantScope): Promise<ApiToolOverview[]>
  /** @throws DomainError where there is none of the name */
  get(scope: TenantScope, name: string): Promise<ApiToolOverview>
  /** @throws DomainError */
  add(scope: TenantScope, accountId: string, input: ApiToolInput): Promise<void>
  /** @throws DomainError */
  update(scope: TenantScope, originalName: string, input: ApiToolInput): Promise<void>
  /** @throws DomainError */
  remove(scope: TenantScope, name: string): Promise<void>
  /** What a document describes. @throws DomainError which says what is wrong with it */
  read(schema: string, environment?: string): Promise<ReadApi>
  /** A document from elsewhere. @throws DomainError where there is none that describes an API */
  fetch(url: string): Promise<string>
  /** Calls a tool that need not be stored. What goes wrong is told, not thrown. @throws DomainError where the request names no tool */
  tryOut(scope: TenantScope, trial: ApiToolTrial): Promise<{ result: string } | { error: string }>
}

export interface ApiToolTrial {
  provider: string
  toolName: string
  credentials: ValueMap
  parameters: ValueMap
  schemaType: string
  schema: string
  environment?: string | undefined
  signal: AbortSignal
}

export interface ApiToolsOptions {
  database: Database
  secrets: Secrets
  files: FileService
  call: ApiCallOptions
  onChange(scope: TenantScope): void
}

const SECRET = 'api-tool-credentials'
const MOST_TOOLS = 100
const FETCH = { timeouts: { connect: 10_000, read: 10_000 }, headers: [['Accept', '*/*']] as [string, string][] }

export function createApiTools({ database, secrets, files, call, onChange }: ApiToolsOptions): ApiTools {
  const { http } = call

  async function open(scope: TenantScope, { credentials }: ApiToolProvider): Promise<ApiCredentials> {
    const stored = credentials as unknown as ApiCredentials
    if (!stored.api_key_value) return stored
    return { ...stored, api_key_value: await secrets.decrypt(scope, SECRET, stored.api_key_value) }
  }

  async function seal(scope: TenantScope, credentials: ApiCredentials): Promise<ValueMap> {
    const key = credentials.api_key_value
    return { ...credentials, ...(key ? { api_key_value: await secrets.encrypt(scope, SECRET, key) } : {}) } as unknown as ValueMap
  }

  async function read(schema: string, environment?: string): Promise<ReadApi> {
    try {
      return await readApi(schema, { http, environment })
    } catch (error) {
      if (!(error instanceof ApiSchemaError)) throw error
      throw new DomainError('invalid_param', `invalid schema: ${error.message}`, { cause: error })
    }
  }

  const byName = (scope: TenantScope, name: string) =>
    database.tenant(scope).first(toolApiProviders, { where: eq(toolApiProviders.name, name) })

  async function get(scope: TenantScope, name: string): Promise<ApiToolProvider> {
    const provider = await byName(scope, name)
    if (!provider) throw new DomainError('invalid_param', `you have not added provider ${name}`)
    return provider
  }

  async function overviews(scope: TenantScope, providers: ApiToolProvider[]): Promise<ApiToolOverview[]> {
    const labels = await toolLabelsOf(
      database,
      scope,
      providers.map(({ id }) => id),
    )
    const authors = await accountNames(
      database,
      providers.map(({ userId }) => userId),
    )
    return Promise.all(
      providers.map(async provider => ({
        provider,
        author: authors.get(provider.userId) ?? 'Anonymous',
        labels: labels.get(provider.id) ?? [],
        credentials: maskedCredentials(await open(scope, provider)),
      })),
    )
  }

  async function fieldsOf(scope: TenantScope, input: ApiToolInput, stored: ApiCredentials | undefined) {
    checkSchemaType(input.schemaType)
    const { operations, schemaType, description } = await read(input.schema, input.environment)
    if (operations.length > MOST_TOOLS) {
      throw new DomainError('invalid_param', 'the number of apis should be less than 100')
    }
    return {
      name: input.provider.trim(),
      icon: input.icon,
      schema: input.schema,
      schemaType,
      description,
      tools: operations,
      credentials: await seal(scope, withKeptKey(readCredentials(input.credentials), stored)),
      privacyPolicy: input.privacyPolicy,
      customDisclaimer: input.customDisclaimer,
    }
  }

  return {
    async list(scope) {
      return overviews(
        scope,
        await database.tenant(scope).find(toolApiProviders, { orderBy: [toolApiProviders.createdAt, toolApiProviders.id] }),
      )
    },
    async get(scope, name) {
      const [overview] = await overviews(scope, [await get(scope, name)])
      return overview as ApiToolOverview
    },
    async add(scope, accountId, input) {
      const name = input.provider.trim()
      if (await byName(scope, name)) throw new DomainError('invalid_param', `provider ${name} already exists`)
      const fields = await fieldsOf(scope, input, undefined)
      await database.transaction(async tx => {
        const provider = await tx.tenant(scope).insert(toolApiProviders, { ...fields, userId: accountId })
        await setToolLabels(tx, scope, { id: provider.id, type: 'api' }, input.labels)
      })
    },
    async update(scope, originalName, input) {
      const provider = await byName(scope, originalName)
      if (!provider) throw new DomainError('invalid_param', `api provider ${input.provider.trim()} does not exists`)
      const name = input.provider.trim()
      if (name !== originalName && (await byName(scope, name))) throw new DomainError('invalid_param', `provider ${name} already exists`)
      const fields = await fieldsOf(scope, input, await open(scope, provider))
      await database.transaction(async tx => {
        await tx.tenant(scope).update(toolApiProviders, { set: fields, where: eq(toolApiProviders.id, provider.id) })
        await setToolLabels(tx, scope, { id: provider.id, type: 'api' }, input.labels)
      })
      onChange(scope)
    },
    async remove(scope, name) {
      const provider = await get(scope, name)
      await database.transaction(async tx => {
        await setToolLabels(tx, scope, { id: provider.id, type: 'api' }, [])
        await tx.tenant(scope).delete(toolApiProviders, eq(toolApiProviders.id, provider.id))
      })
      onChange(scope)
    },
    read,
    async fetch(url) {
      try {
        const response = await http.request({ method: 'GET', url, ...FETCH })
        const schema = new TextDecoder().decode(await collectBytes(response.body, LONGEST_SCHEMA))
        if (response.status !== 200) throw new Error(`it answered ${response.status}`)
        // What is no description is not shown: it may be somebody's secret.
        await readApi(schema, { http })
        return schema
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new DomainError('invalid_param', `invalid schema, please check the url you provided: ${reason}`, { cause: error })
      }
    },
    async tryOut(scope, trial) {
      checkSchemaType(trial.schemaType)
      const { operations } = await read(trial.schema, trial.environment)
      const operation = operations.find(({ operation_id }) => operation_id === trial.toolName)
      if (!operation) throw new DomainError('invalid_param', `invalid tool name ${trial.toolName}`)
      const given = readCredentials(trial.credentials)
      const stored = trial.provider ? await byName(scope, trial.provider) : undefined
      const credentials = withKeptKey(given, stored && (await open(scope, stored)))
      const { parameters, signal } = trial
      try {
        const answer = await callApi(call, {
          operation,
          credentials,
          parameters,
          files,
          tenantId: scope.tenantId,
          idempotencyKey: newId(),
          signal,
        })
        const { json, text } = messagesOf(answer)
        return { result: (json ? pythonJson(json) : text) || 'empty response' }
      } catch (error) {
        if (error instanceof ToolError) return { error: error.message }
        throw error
      }
    },
    async find(scope, { providerId, toolName }) {
      const provider = UUID.test(providerId)
        ? await database.tenant(scope).first(toolApiProviders, { where: eq(toolApiProviders.id, providerId) })
        : undefined
      if (!provider) throw new ToolError('not-found', `api provider ${providerId} not found`)
      const operation = provider.tools.find(({ operation_id }) => operation_id === toolName)
      if (!operation) throw new ToolError('not-found', `tool ${toolName} not found`)
      const credentials = await open(scope, provider)
      return {
        declaration: declarationOf(operation, provider),
        async *invoke({ parameters, idempotencyKey, signal }): AsyncIterable<ToolOutput> {
          const { tenantId } = scope
          const answer = await callApi(call, { operation, credentials, parameters, files, tenantId, idempotencyKey, signal })
          const { json, text } = messagesOf(answer)
          if (json) yield { type: 'json', value: json }
          yield { type: 'text', text }
        },
      }
    },
    async icon(scope, providerId) {
      if (!UUID.test(providerId)) return undefined
      return (await database.tenant(scope).first(toolApiProviders, { where: eq(toolApiProviders.id, providerId) }))?.icon
    },
  }
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

function checkSchemaType(type: string): void {
  if (!API_SCHEMA_TYPES.some(known => known === type)) throw new DomainError('invalid_param', `invalid schema type ${type}`)
}

/** An operation as a tool. */
export function declarationOf(operation: ApiOperation, provider: Pick<ApiToolProvider, 'id' | 'icon'>): ToolDeclaration {
  const name = operation.operation_id || 'default_tool'
  const summary = operation.summary ?? ''
  return {
    identity: { author: operation.author, name, label: untranslated(name), provider: provider.id, icon: provider.icon },
    description: { human: untranslated(summary), llm: summary },
    parameters: operation.parameters,
    output_schema: {},
  }
}
