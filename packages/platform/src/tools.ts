import { createMcpAuthorization, createMcpClient } from '@weft/adapter-mcp-client'
import {
  type AppServers,
  createAppServers,
  createMcpProviders,
  createSpeechModels,
  createTools,
  type Database,
  type EndUsers,
  type Files,
  type McpProviders,
  type Models,
  type RunPreparation,
  type Secrets,
  type TenantScope,
  type Tools,
} from '@weft/core'
import { sharedDocumentReader } from '@weft/documents'
import type { Cache, CodeRunner, EventBus, HttpClient, ModelReference } from '@weft/ports'
import type { Settings } from './settings.ts'

/** Tools of every kind, and apps as tools of others. */
export interface ToolFeature extends Omit<Tools, typeof Symbol.asyncDispose> {
  readonly mcp: McpProviders
  readonly appServers: AppServers
}

export interface ToolParts {
  settings: Settings
  database: Database
  cache: Cache
  eventBus: EventBus
  httpClient: HttpClient
  secrets: Secrets
  models: Models
  defaultModel(tenantId: string): Promise<ModelReference | undefined>
  files: Files
  endUsers: EndUsers
  codeRunner: CodeRunner
  /** Asked for once runs are there: they are made of nodes, and one of the nodes calls tools. */
  preparation(): RunPreparation
}

export async function createToolFeature(parts: ToolParts, resources: AsyncDisposableStack): Promise<ToolFeature> {
  const { settings, database, cache, eventBus, httpClient, secrets, models, files } = parts
  const client = resources.use(createMcpClient({ fetch: httpClient.fetch }))
  const mcp = createMcpProviders({
    database,
    secrets,
    cache,
    client,
    authorization: createMcpAuthorization({ fetch: httpClient.fetch }),
    pictureAddress: (scope, id) => files.links.sign({ kind: 'upload', id, tenantId: scope.tenantId }, ''),
    onChange: scope => forget(scope),
  })
  const { runtime, builtIn, api, workflow } = resources.use(
    await createTools({
      database,
      secrets,
      bus: eventBus,
      http: httpClient,
      files: files.service,
      codeRunner: parts.codeRunner,
      endUsers: parts.endUsers,
      models: { language: models.language, speech: createSpeechModels(models), usual: parts.defaultModel },
      extractText: (bytes, extension, mimeType, signal) => sharedDocumentReader().extract(bytes, extension, mimeType, signal),
      others: { mcp },
      preparation: parts.preparation,
      maxCallDepth: settings.execution.maxCallDepth,
      consoleApi: settings.addresses.consoleApi,
      retries: settings.outbound.maxRetries,
      timeouts: { connect: settings.tools.connectSeconds * 1000, read: settings.tools.readSeconds * 1000 },
      limits: settings.files.sizeLimits,
    }),
  )
  const forget = (scope: TenantScope) => runtime.forget(scope)
  return { runtime, builtIn, api, workflow, mcp, appServers: createAppServers({ database }) }
}
