import { createEmbeddedCodeRunner } from '@weft/adapter-code-embedded'
import { createSandboxCodeRunner } from '@weft/adapter-code-sandbox'
import type { ValueMap } from '@weft/contracts'
import {
  Annotations,
  type App,
  ChatProjection,
  type ChatTurn,
  ChatTurns,
  type Conversation,
  ConversationStore,
  chatFactsOf,
  createConversationHistory,
  createLanguageTasks,
  type Database,
  DomainError,
  ENVIRONMENT_SECRET,
  type LanguageTasks,
  type Message,
  newId,
  openEnvironment,
  RunLogs,
  type RunPreparation,
  RunService,
  replaceFiles,
  type Secrets,
  type TenantScope,
  type Workflow,
} from '@weft/core'
import type { DocumentFormats, FileSource } from '@weft/nodes'
import {
  type CodeRunner,
  type EventBus,
  type FileService,
  type HttpClient,
  type LanguageModels,
  type ModelReference,
  systemClock,
  type ToolRuntime,
} from '@weft/ports'
import type { Logger } from './logger.ts'
import { createNodeTypes } from './node-types.ts'
import type { Settings } from './settings.ts'

/** Running graphs, and what became of them. */
export interface RunFeature {
  readonly service: RunService
  readonly preparation: RunPreparation
  readonly logs: RunLogs
  /** @throws DomainError where the app runs as much as it may at once */
  checkConcurrency(scope: TenantScope, app: App): Promise<void>
  /** Whose run it is. */
  describe(scope: TenantScope, runId: string): Promise<{ appId: string; userId: string } | undefined>
  /** A workflow's environment with its secrets opened. */
  openEnvironment(scope: TenantScope, workflow: Workflow): Promise<{ environment: ValueMap }>
  signFiles(values: ValueMap, sign: (file: ValueMap) => ValueMap): ValueMap
}

/** Conversations and what happens around their turns. */
export interface ConversationFeature {
  readonly store: ConversationStore
  readonly turns: ChatTurns
  readonly annotations: Annotations
  readonly tasks: LanguageTasks
  /** Gives a conversation that has just begun a better name, if a model can. Does not throw. */
  name(scope: TenantScope, turn: ChatTurn, query: string): Promise<void>
  /** @throws DomainError where the conversation has no message yet */
  nameAnew(scope: TenantScope, conversation: Conversation): Promise<Conversation>
  suggest(scope: TenantScope, message: Message): Promise<string[]>
}

export interface RunParts {
  settings: Settings
  logger: Logger
  database: Database
  eventBus: EventBus
  httpClient: HttpClient
  secrets: Secrets
  languageModels: LanguageModels
  defaultModel(tenantId: string): Promise<ModelReference | undefined>
  files: { service: FileService; sourceAt(origin: string): FileSource }
  codeRunner: CodeRunner
  documents: DocumentFormats
  tools: ToolRuntime
}

export function createRuns(parts: RunParts): { runs: RunFeature; conversations: ConversationFeature } {
  const { settings, logger, database, secrets } = parts
  const store = new ConversationStore(database)
  const nodeTypes = createNodeTypes(settings, {
    models: parts.languageModels,
    files: parts.files.service,
    history: createConversationHistory(store),
    httpClient: parts.httpClient,
    codeRunner: parts.codeRunner,
    documents: parts.documents,
    tools: parts.tools,
  })
  const service = new RunService({
    database,
    bus: parts.eventBus,
    clock: systemClock,
    newId,
    nodeTypes,
    limits: { maxSteps: settings.execution.maxSteps, maxTime: Math.min(settings.execution.maxSeconds, settings.execution.maxAppSeconds) },
    projectionFor(context, memo) {
      const facts = chatFactsOf(memo.features)
      return facts && new ChatProjection(context, facts)
    },
    openSecret: (scope, ciphertext) => secrets.decrypt(scope, ENVIRONMENT_SECRET, ciphertext),
    onError: (error, facts) => logger.error({ err: error, ...facts }, 'a run met a fault'),
  })
  const preparation: RunPreparation = { runs: service, secrets, filesAt: origin => parts.files.sourceAt(origin) }
  const tasks = createLanguageTasks({
    models: parts.languageModels,
    defaultModel: parts.defaultModel,
    onError: error => logger.warn({ err: error }, 'a model did not do its job around a conversation'),
  })
  return {
    runs: {
      service,
      preparation,
      logs: new RunLogs(database),
      checkConcurrency: (scope, app) => checkConcurrency(database, settings, scope, app),
      async describe(scope, runId) {
        const run = await service.describe(scope, runId)
        return run && { appId: run.appId, userId: run.userId }
      },
      openEnvironment: (scope, workflow) => openEnvironment(secrets, scope, workflow.environmentVariables),
      signFiles: (values, sign) => replaceFiles(values, file => sign(file as ValueMap)),
    },
    conversations: {
      store,
      turns: new ChatTurns(database, store, preparation),
      annotations: new Annotations(database),
      tasks,
      async name(scope, turn, query) {
        const name = await tasks.nameConversation(scope.tenantId, query)
        if (turn.kind === 'run') await turn.run.begun
        if (name)
          await store
            .rename(scope, turn.conversationId, name)
            .catch(error => logger.warn({ err: error }, 'a conversation could not be named'))
      },
      async nameAnew(scope, conversation) {
        const [first] = (await store.messages(scope, conversation.id, { limit: 100 })).data
        if (!first) throw new DomainError('not_found', 'Message Not Exists.')
        const name = await tasks.nameConversation(scope.tenantId, first.query)
        return name ? store.rename(scope, conversation.id, name) : conversation
      },
      async suggest(scope, message) {
        const thread = await store.thread(scope, message.conversationId, { parentId: message.id, limit: 3 })
        return tasks.suggestQuestions(scope.tenantId, thread.reverse())
      },
    },
  }
}

async function checkConcurrency(database: Database, settings: Settings, scope: TenantScope, app: App): Promise<void> {
  const limits = [settings.execution.maxActiveRequests, app.maxActiveRequests ?? 0].filter(limit => limit > 0)
  if (!limits.length) return
  const limit = Math.min(...limits)
  const { rows } = await database.query<{ count: number }>({
    text: `select count(*)::int as count from workflow_runs where tenant_id = $1 and app_id = $2 and status = 'running'`,
    values: [scope.tenantId, app.id],
  })
  if ((rows[0]?.count ?? 0) < limit) return
  throw new DomainError(
    'invalid_param',
    `Too many requests. Please try again later. The current maximum concurrent requests allowed for ${app.id} is ${limit}.`,
  )
}

/** The sandbox where there is one, else threads of this process. */
export function createCodeRunner({ code }: Settings, logger: Logger): CodeRunner {
  if (!code.endpoint) {
    logger.info('code nodes run in threads of this process; set CODE_EXECUTION_ENDPOINT for native Python and Node in a sandbox')
    return createEmbeddedCodeRunner()
  }
  return createSandboxCodeRunner({
    endpoint: code.endpoint,
    apiKey: code.apiKey,
    // The operator's own service, not an address that a user chose.
    fetch: globalThis.fetch,
    connectTimeoutMilliseconds: code.timeouts.connect * 1000,
    readTimeoutMilliseconds: code.timeouts.read * 1000,
  })
}
