import { loadModelProviders } from '@weft/adapter-models'
import { createGatedHttpClient } from '@weft/adapter-outbound'
import {
  type Accounts,
  type ApiKeys,
  type AppAccess,
  type AppChanges,
  type Apps,
  createAccessTokens,
  createAccounts,
  createApiKeys,
  createAppAccess,
  createAppChanges,
  createApps,
  createDsl,
  createEndUsers,
  createFiles,
  createInstallation,
  createModels,
  createSecrets,
  createSessions,
  createSites,
  createTags,
  createWorkflowEditing,
  createWorkflowStore,
  createWorkspaces,
  DraftVariables,
  type Dsl,
  type EndUsers,
  type Files,
  grantTenantScope,
  type Installation,
  type Models,
  type Secrets,
  SecretsError,
  type Sessions,
  type Sites,
  type Tags,
  type WorkflowEditing,
  type WorkflowStore,
  type Workspaces,
} from '@weft/core'
import { DocumentReader } from '@weft/documents'
import type { Cache, EventBus, HttpClient, JobQueue, ObjectStore } from '@weft/ports'
import { connectDatabase, type DatabaseConnection } from './database.ts'
import { createHealth, type Health } from './health.ts'
import { createLogger, type Logger } from './logger.ts'
import { type ConversationFeature, createCodeRunner, createRuns, type RunFeature } from './runs.ts'
import { acceptNextSecretKey, dropNextSecretKey, readNextSecretKey, readOrMakeSecretKey } from './secret-key.ts'
import type { Settings } from './settings.ts'
import { createSignals, type Signals } from './signals.ts'
import { createObjectStore } from './storage.ts'
import { createToolFeature, type ToolFeature } from './tools.ts'

/** What a test may put in another's place. What it hands in stays its own to release. */
export interface PlatformOverrides {
  logger?: Logger
  database?: Omit<DatabaseConnection, typeof Symbol.asyncDispose>
  signals?: Omit<Signals, typeof Symbol.asyncDispose>
  objectStore?: ObjectStore
  httpClient?: HttpClient
}

/** The composed application. Everything it owns ends with it. */
export interface Platform extends AsyncDisposable {
  readonly settings: Settings
  readonly logger: Logger
  readonly health: Health
  readonly secretKey: string
  readonly database: DatabaseConnection['database']
  readonly cache: Cache
  readonly eventBus: EventBus
  readonly queue: JobQueue
  readonly objectStore: ObjectStore
  /** The only way out to addresses that a user chose. */
  readonly httpClient: HttpClient
  readonly secrets: Secrets
  readonly identity: Identity
  readonly models: Models
  readonly apps: AppFeature
  readonly workflows: WorkflowFeature
  readonly endUsers: EndUsers
  readonly tags: Tags
  readonly files: Files
  readonly runs: RunFeature
  readonly conversations: ConversationFeature
  readonly draftVariables: DraftVariables
  readonly tools: ToolFeature
}

/** Who people are and where they belong. */
export interface Identity {
  readonly installation: Installation
  readonly sessions: Sessions
  readonly accounts: Accounts
  readonly workspaces: Workspaces
}

/** What people build, and the ways in to it. */
export interface AppFeature {
  readonly access: AppAccess
  readonly catalogue: Apps
  readonly keys: ApiKeys
  readonly sites: Sites
  /** Apps as files. */
  readonly dsl: Dsl
}

/** The graphs that apps run. */
export interface WorkflowFeature {
  readonly store: WorkflowStore
  readonly editing: WorkflowEditing
}

/** Builds every adapter and every use case, once, by hand. Adapters first, then features, each on what stands above it. */
export async function createPlatform(settings: Settings, overrides: PlatformOverrides = {}): Promise<Platform> {
  await using resources = new AsyncDisposableStack()
  const logger = overrides.logger ?? createLogger(settings.logging)

  const connection = overrides.database ?? resources.use(await connectDatabase(settings, logger))
  const { database } = connection
  const { cache, eventBus, queue } = overrides.signals ?? resources.use(await createSignals(settings, connection, logger))
  const objectStore = overrides.objectStore ?? resources.use(await createObjectStore(settings.storage))

  const httpClient = overrides.httpClient ?? resources.use(createHttpClient(settings))

  const { secretKey, secrets } = await openSecrets(settings, database)
  const identity = createIdentity({ settings, database, cache, secretKey })
  const providers = await loadModelProviders({ fetch: httpClient.fetch })
  const models = resources.use(await createModels({ database, secrets, providers, bus: eventBus, cache }))
  const changes = resources.use(await createAppChanges({ bus: eventBus }))
  const draftVariables = new DraftVariables(database)
  const { apps, workflows } = createApplications({ settings, database, cache, secrets, httpClient, models, draftVariables }, changes)
  const endUsers = createEndUsers({ database })
  const files = openFiles({ settings, database, objectStore, httpClient, secretKey })
  const defaultModel = async (tenantId: string) => {
    const chosen = await models.switches.defaultModel(grantTenantScope(tenantId), 'llm')
    return chosen && { tenantId, provider: chosen.provider.provider, model: chosen.model }
  }
  const codeRunner = resources.use(createCodeRunner(settings, logger))
  const documents = resources.use(new DocumentReader())
  const tools = await createToolFeature(
    {
      settings,
      database,
      cache,
      eventBus,
      httpClient,
      secrets,
      models,
      defaultModel,
      files,
      endUsers,
      codeRunner,
      preparation: () => runs.preparation,
    },
    resources,
  )
  const { runs, conversations } = createRuns({
    settings,
    logger,
    database,
    eventBus,
    httpClient,
    secrets,
    languageModels: models.language,
    defaultModel,
    files,
    codeRunner,
    documents,
    tools: tools.runtime,
  })

  const health = createHealth({
    database: async () => void (await database.query({ text: 'select 1' })),
    queue: () => queue.check(),
    storage: () => objectStore.check(),
  })
  const owned = resources.move()
  return {
    settings,
    logger,
    health,
    secretKey,
    database,
    cache,
    eventBus,
    queue,
    objectStore,
    httpClient,
    secrets,
    identity,
    models,
    apps,
    workflows,
    endUsers,
    tags: createTags({ database }),
    files,
    runs,
    conversations,
    draftVariables,
    tools,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function createHttpClient({ outbound }: Settings): HttpClient {
  return createGatedHttpClient({ allowedTargets: outbound.allowedTargets, proxyUrl: outbound.proxyUrl })
}

function createIdentity({
  settings,
  database,
  cache,
  secretKey,
}: Pick<Platform, 'settings' | 'database' | 'cache' | 'secretKey'>): Identity {
  const { edition, accessTokenSeconds, refreshTokenSeconds, loginLockoutSeconds, initPassword } = settings.security
  const accessTokens = createAccessTokens({ secretKey, edition, lifetimeSeconds: accessTokenSeconds })
  return {
    installation: createInstallation({ database, initPassword }),
    sessions: createSessions({ database, cache, accessTokens, refreshTokenSeconds, lockoutSeconds: loginLockoutSeconds }),
    accounts: createAccounts({ database }),
    workspaces: createWorkspaces({ database }),
  }
}

function createApplications(
  parts: Pick<Platform, 'settings' | 'database' | 'cache' | 'secrets' | 'httpClient' | 'models' | 'draftVariables'>,
  changes: AppChanges,
): { apps: AppFeature; workflows: WorkflowFeature } {
  const { settings, database, cache, secrets, httpClient, models, draftVariables } = parts
  const { maxVariableSize, encryptsDatasetIds } = settings.execution
  const store = createWorkflowStore({ database, changes })
  const providers = new Set(models.registry.list().map(({ declaration }) => declaration.provider.split('/').slice(0, 2).join('/')))
  return {
    apps: {
      access: createAppAccess({ database, changes }),
      catalogue: createApps({
        database,
        changes,
        async defaultModel(scope) {
          const chosen = await models.switches.defaultModel(scope, 'llm')
          return chosen && { provider: chosen.provider.provider, name: chosen.model, mode: 'chat', completion_params: {} }
        },
      }),
      keys: createApiKeys({ database, changes }),
      sites: createSites({ database, changes }),
      dsl: createDsl({
        database,
        cache,
        secrets,
        httpClient,
        changes,
        store,
        maxVariableSize,
        encryptsDatasetIds,
        // What is built in is there, and has no package whose identifier a file could name.
        plugins: { describe: async () => [], has: async (_, pluginId) => providers.has(pluginId) },
        onOverwritten: (scope, app) => draftVariables.delete(scope, app.id),
      }),
    },
    workflows: { store, editing: createWorkflowEditing({ database, changes, secrets, maxVariableSize }) },
  }
}

function openFiles(parts: Pick<Platform, 'settings' | 'database' | 'objectStore' | 'httpClient' | 'secretKey'>): Files {
  const { addresses, files, outbound } = parts.settings
  return createFiles({
    database: parts.database,
    store: parts.objectStore,
    http: parts.httpClient,
    secretKey: parts.secretKey,
    accessSeconds: files.accessSeconds,
    baseUrl: addresses.files,
    sizeLimits: files.sizeLimits,
    remoteTimeouts: { connect: outbound.timeoutSeconds.connect * 1000, read: outbound.timeoutSeconds.read * 1000 },
  })
}

/** Takes the operator's key, or the data folder's, and makes sure that it opens what is stored. */
async function openSecrets(settings: Settings, database: Platform['database']): Promise<Pick<Platform, 'secretKey' | 'secrets'>> {
  const folder = settings.server.dataFolder
  const secretKey = settings.security.secretKey ?? (await readOrMakeSecretKey(folder))
  const secrets = createSecrets({ database, secretKey })
  if (await secrets.fits()) {
    if (!settings.security.secretKey) await dropNextSecretKey(folder)
    return { secretKey, secrets }
  }
  // A rotation ended in the database and was cut off before the folder knew.
  const next = settings.security.secretKey ? undefined : await readNextSecretKey(folder)
  const nextSecrets = next && createSecrets({ database, secretKey: next })
  if (!next || !nextSecrets || !(await nextSecrets.fits())) {
    throw new SecretsError(
      'wrong-secret-key',
      'SECRET_KEY is not the one that this database was encrypted with. Set the former one, or see `weft rotate-secret-key`.',
    )
  }
  await acceptNextSecretKey(folder)
  return { secretKey: next, secrets: nextSecrets }
}
