import { Float, isTruthy, isValueMap, parseJson, stringifyJson, type Value, type ValueMap } from '@weft/contracts'
import type { Cache, HttpClient } from '@weft/ports'
import { eq } from 'drizzle-orm'
import type { Account } from '../accounts/accounts-table.ts'
import type { AppChanges } from '../apps/app-changes.ts'
import { appModelConfigs } from '../apps/app-model-configs-table.ts'
import { addApp, addModelConfig } from '../apps/apps.ts'
import { type App, apps } from '../apps/apps-table.ts'
import { newId } from '../database/columns.ts'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { type DraftStorage, lockDraft, writeDraft } from '../workflows/workflow-editing.ts'
import type { WorkflowStore } from '../workflows/workflow-store.ts'
import { openVariables } from '../workflows/workflow-variables.ts'
import { type AppDocument, type ImportOverrides, readAppDocument } from './app-document.ts'
import {
  type InstalledPlugins,
  type PluginDependency,
  pluginIdOf,
  pluginsOfGraph,
  pluginsOfModelConfig,
  readDependencies,
} from './dependencies.ts'
import { downloadDsl } from './download.ts'
import { type ImportStatus, InvalidVersionError, statusOfVersion } from './dsl-version.ts'
import { exportedApp, exportedModelConfig, exportedWorkflow } from './export-app.ts'
import { YamlError } from './read-yaml.ts'
import { readYamlApart } from './read-yaml-apart.ts'
import { writeYaml } from './write-yaml.ts'

export interface ImportRequest extends ImportOverrides {
  mode: 'yaml-content' | 'yaml-url'
  yamlContent?: string | undefined
  yamlUrl?: string | undefined
  /** The app to write over, whose draft changes and nothing else. */
  appId?: string | undefined
}

export interface ImportResult {
  id: string
  status: ImportStatus
  appId: string | null
  appMode: string | null
  importedDslVersion: string
  /** Why it failed; empty otherwise. */
  error: string
}

/** Apps as files. */
export interface Dsl {
  /** Failures are results too: nothing is written then. */
  import(scope: TenantScope, account: Account, request: ImportRequest): Promise<ImportResult>
  /** Goes on with an import that waits for a person's word. */
  confirm(scope: TenantScope, account: Account, importId: string): Promise<ImportResult>
  /** The plugins that the app's file named and the workspace lacks. Known for ten minutes after the import. */
  missingDependencies(scope: TenantScope, app: App): Promise<PluginDependency[]>
  /** @throws DomainError `invalid_param` where there is nothing to export */
  export(scope: TenantScope, app: App, options: { includesSecrets: boolean; workflowId?: string | undefined }): Promise<string>
  /** A new app that does the same, secrets included. */
  copy(scope: TenantScope, account: Account, app: App, overrides: ImportOverrides): Promise<App>
}

export interface DslOptions extends DraftStorage {
  database: Database
  cache: Cache
  httpClient: HttpClient
  changes: AppChanges
  store: WorkflowStore
  plugins: InstalledPlugins
  /** `DSL_EXPORT_ENCRYPT_DATASET_ID` */
  encryptsDatasetIds: boolean
  /** After an app has been written over: what its editor remembers of its last runs goes. */
  onOverwritten?: (scope: TenantScope, app: App) => Promise<void>
}

const KEPT_SECONDS = 600

/** What an import says that it does not finish. */
class ImportFailedError extends Error {
  readonly code = 'import-failed'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ImportFailedError'
  }
}

export function createDsl(options: DslOptions): Dsl {
  const { database, cache, secrets, httpClient, changes, store, plugins, encryptsDatasetIds } = options
  const pendingKey = (scope: TenantScope, importId: string) => `app-import:${scope.tenantId}:${importId}`
  const dependenciesKey = (app: App) => `app-dependencies:${app.tenantId}:${app.id}`

  async function importApp(
    scope: TenantScope,
    account: Account,
    request: ImportRequest,
  ): Promise<Omit<ImportResult, 'id'> & { id?: string }> {
    const content = await contentOf(httpClient, request)
    const data = await readDocument(content)
    const version = versionOf(data)
    const status = tryStatus(version)
    if (!isGiven(data.app)) throw new ImportFailedError('Missing app data in YAML content')
    const existing = request.appId ? await findTarget(database, scope, request.appId) : undefined
    if (status === 'pending') {
      const id = newId()
      await cache.set(pendingKey(scope, id), JSON.stringify({ ...request, yamlContent: content }), KEPT_SECONDS)
      return { id, status, appId: request.appId ?? null, appMode: null, importedDslVersion: version, error: '' }
    }
    if (status instanceof InvalidVersionError) throw status
    const dependencies = readDependencies(data.dependencies)
    const document = readAppDocument(scope.tenantId, data, request, existing)
    const app = await write(scope, account, document, existing)
    if (dependencies.length) await cache.set(dependenciesKey(app), stringifyJson(dependencies), KEPT_SECONDS)
    return { status, appId: app.id, appMode: app.mode, importedDslVersion: version, error: '' }
  }

  async function confirmImport(scope: TenantScope, account: Account, importId: string): Promise<Omit<ImportResult, 'id'>> {
    const pending = await cache.take(pendingKey(scope, importId))
    if (!pending) throw new ImportFailedError('Import information expired or does not exist')
    const request: ImportRequest = JSON.parse(pending)
    const data = await readDocument(request.yamlContent ?? '')
    const existing = request.appId ? await findTarget(database, scope, request.appId) : undefined
    const app = await write(scope, account, readAppDocument(scope.tenantId, data, request, existing), existing)
    return { status: 'completed', appId: app.id, appMode: app.mode, importedDslVersion: versionOf(data), error: '' }
  }

  async function write(scope: TenantScope, account: Account, document: AppDocument, existing: App | undefined): Promise<App> {
    const app = await database.transaction(async tx => {
      const target = existing ? await overwrite(tx, scope, account, existing, document) : await addApp(tx, scope, account, document.app)
      if ('draft' in document) {
        const stored = existing && (await lockDraft(tx, scope, existing.id))
        await writeDraft(tx, options, { scope, accountId: account.id, app: target, content: document.draft, stored })
      } else if (!target.appModelConfigId) {
        await addModelConfig(tx, scope, account.id, target, document.config)
      }
      return target
    })
    if (existing) await options.onOverwritten?.(scope, app)
    changes.announce(app.id)
    return app
  }

  async function documentOf(
    scope: TenantScope,
    app: App,
    { includesSecrets, workflowId }: { includesSecrets: boolean; workflowId?: string | undefined },
  ) {
    const document = exportedApp(app)
    if (app.mode === 'workflow' || app.mode === 'advanced-chat') {
      const workflow = workflowId ? await store.published(scope, app, workflowId) : await findDraft(scope, app)
      const environmentVariables = await openVariables(secrets, scope, workflow.environmentVariables, includesSecrets)
      document.workflow = exportedWorkflow(app, { workflow, environmentVariables, includesSecrets, encryptsDatasetIds })
      document.dependencies = await dependenciesOf(app, pluginsOfGraph(workflow.graph))
      return document
    }
    const config =
      app.appModelConfigId && (await database.tenant(scope).first(appModelConfigs, { where: eq(appModelConfigs.id, app.appModelConfigId) }))
    if (!config) throw new DomainError('invalid_param', 'Missing app configuration, please check.')
    document.model_config = exportedModelConfig(config.config)
    document.dependencies = await dependenciesOf(app, pluginsOfModelConfig(config.config))
    return document
  }

  async function dependenciesOf(app: App, pluginIds: string[]): Promise<Value> {
    const found = await plugins.describe(app.tenantId, pluginIds)
    return found.map(({ type, value, current_identifier }) => ({ type, value, current_identifier }))
  }

  async function findDraft(scope: TenantScope, app: App) {
    return store.draft(scope, app.id).catch((cause: unknown) => {
      if (!(cause instanceof DomainError)) throw cause
      throw new DomainError('invalid_param', 'Missing draft workflow configuration, please check.', { cause })
    })
  }

  return {
    async import(scope, account, request) {
      const id = newId()
      return importApp(scope, account, request).then(result => ({ id, ...result }), failureOf(id))
    },
    confirm: (scope, account, importId) =>
      confirmImport(scope, account, importId).then(result => ({ id: importId, ...result }), failureOf(importId)),
    async missingDependencies(scope, app) {
      const known = await cache.get(dependenciesKey(app))
      const dependencies = known ? readDependencies(parseJson(known)) : []
      const missing = await Promise.all(dependencies.map(async one => !(await plugins.has(scope.tenantId, pluginIdOf(one)))))
      return dependencies.filter((_, index) => missing[index])
    },
    export: async (scope, app, choice) => writeYaml(await documentOf(scope, app, choice)),
    async copy(scope, account, app, overrides) {
      const document = await documentOf(scope, app, { includesSecrets: true })
      return write(scope, account, readAppDocument(scope.tenantId, document, overrides, undefined), undefined)
    },
  }
}

async function contentOf(client: HttpClient, { mode, yamlContent, yamlUrl }: ImportRequest): Promise<string> {
  if (mode === 'yaml-url') {
    if (!yamlUrl) throw new ImportFailedError('yaml_url is required when import_mode is yaml-url')
    return downloadDsl(client, yamlUrl).catch((cause: Error) => {
      throw new ImportFailedError(cause.message, { cause })
    })
  }
  if (!yamlContent) throw new ImportFailedError('yaml_content is required when import_mode is yaml-content')
  return yamlContent
}

async function readDocument(content: string): Promise<ValueMap> {
  const data = await readYamlApart(content)
  if (!isValueMap(data)) throw new ImportFailedError('Invalid YAML format: content must be a mapping')
  return data
}

function versionOf(data: ValueMap): string {
  const version = data.version
  if (!isGiven(version)) return '0.1.0'
  if (typeof version !== 'string') throw new ImportFailedError(`Invalid version type, expected str, got ${pythonClass(version)}`)
  return version
}

function tryStatus(version: string): ImportStatus | InvalidVersionError {
  try {
    return statusOfVersion(version)
  } catch (error) {
    if (error instanceof InvalidVersionError) return error
    throw error
  }
}

async function findTarget(database: Database, scope: TenantScope, appId: string): Promise<App> {
  const isId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(appId)
  const app = isId ? await database.tenant(scope).first(apps, { where: eq(apps.id, appId) }) : undefined
  if (!app) throw new ImportFailedError('App not found')
  if (app.mode !== 'workflow' && app.mode !== 'advanced-chat')
    throw new ImportFailedError('Only workflow or advanced chat apps can be overwritten')
  return app
}

/** The app keeps its kind, its page and what is published. */
async function overwrite(tx: Database, scope: TenantScope, account: Account, app: App, { app: change }: AppDocument): Promise<App> {
  if (change.mode !== app.mode) {
    throw new ImportFailedError(`An app of the kind ${app.mode} cannot be overwritten by one of the kind ${change.mode}`)
  }
  const { name, description, iconType, icon, iconBackground } = change
  const [changed] = await tx.tenant(scope).update(apps, {
    set: { name, description, iconType, icon, iconBackground, updatedBy: account.id },
    where: eq(apps.id, app.id),
  })
  if (!changed) throw new ImportFailedError('App not found')
  return changed
}

function failureOf(id: string) {
  return (error: unknown): ImportResult => ({
    id,
    status: 'failed',
    appId: null,
    appMode: null,
    importedDslVersion: '',
    error: messageOf(error),
  })
}

/** What a person reads of a failure. What nobody foresaw goes on. */
function messageOf(error: unknown): string {
  if (error instanceof YamlError) return `Invalid YAML format: ${error.message}`
  if (error instanceof ImportFailedError || error instanceof InvalidVersionError || error instanceof DomainError) return error.message
  throw error
}

const isGiven = (value: Value | undefined): value is Value => value !== undefined && isTruthy(value)

function pythonClass(value: Value): string {
  if (typeof value === 'boolean') return "<class 'bool'>"
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return "<class 'int'>"
  if (typeof value === 'number' || value instanceof Float) return "<class 'float'>"
  return Array.isArray(value) ? "<class 'list'>" : "<class 'dict'>"
}
