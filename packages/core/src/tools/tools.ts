import type { CodeRunner, EventBus, FileService, HttpClient, LanguageModels, ModelReference, ToolProviderType } from '@weft/ports'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import type { EndUsers } from '../end-users/end-users.ts'
import type { RunPreparation } from '../runs/prepare-run.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { createAudioProvider } from './built-in/audio.ts'
import { type BuiltInTools, createBuiltInTools } from './built-in/built-in-tools.ts'
import { createCodeProvider } from './built-in/code.ts'
import type { SpeechModels } from './built-in/speech-models.ts'
import { summarize } from './built-in/summary.ts'
import { createTimeProvider } from './built-in/time.ts'
import { createWebscraperProvider, type WebscraperParts } from './built-in/webscraper.ts'
import type { InstalledToolProviders } from './installed-provider.ts'
import { type ApiTools, createApiTools } from './openapi/api-tools.ts'
import { createToolRuntime, type KeptToolRuntime } from './tool-runtime.ts'
import type { ToolSource } from './tool-source.ts'
import { createCallWorkflow } from './workflow/call-workflow.ts'
import { createWorkflowTools, type WorkflowTools } from './workflow/workflow-tools.ts'

export interface ToolsOptions {
  database: Database
  secrets: Secrets
  bus?: EventBus
  http: HttpClient
  files: FileService
  codeRunner: CodeRunner
  endUsers: EndUsers
  models: { language: LanguageModels; speech: SpeechModels; usual(tenantId: string): Promise<ModelReference | undefined> }
  plugins?: InstalledToolProviders
  extractText?: WebscraperParts['extractText']
  /** Further kinds of providers. */
  others?: { [Type in ToolProviderType]?: ToolSource }
  /** Asked for when a workflow is called as a tool. */
  preparation(): RunPreparation
  maxCallDepth: number
  /** Begins the addresses of icons; empty where the console is on the same host. */
  consoleApi: string
  /** Of calls to custom tools and pages. */
  retries: number
  /** Milliseconds. */
  timeouts: { connect: number; read: number }
  /** Bytes. */
  limits: { image: number; audio: number }
}

/** Tools of every kind. */
export interface Tools extends AsyncDisposable {
  readonly runtime: KeptToolRuntime
  readonly builtIn: BuiltInTools
  readonly api: ApiTools
  readonly workflow: WorkflowTools
}

export async function createTools(options: ToolsOptions): Promise<Tools> {
  const { database, secrets, bus, http, files, codeRunner, models, plugins, endUsers, retries, limits } = options
  const onChange = (scope: TenantScope) => runtime.forget(scope)
  const builtIn = createBuiltInTools({
    database,
    secrets,
    shipped: [
      createAudioProvider({ speech: models.speech, files, maxAudioSize: limits.audio }),
      createCodeProvider({ codeRunner }),
      createTimeProvider(),
      createWebscraperProvider({
        http,
        retries,
        ...(options.extractText && { extractText: options.extractText }),
        summarize: (scope, text, user, signal) =>
          summarize({ models: models.language, defaultModel: models.usual }, scope.tenantId, text, user, signal),
      }),
    ],
    ...(plugins && { plugins }),
    iconAddress: providerId => `${options.consoleApi}/console/api/workspaces/current/tool-provider/builtin/${providerId}/icon`,
    onChange,
  })
  const api = createApiTools({ database, secrets, files, call: { http, retries, timeouts: options.timeouts }, onChange })
  const call = createCallWorkflow({ preparation: options.preparation, endUsers, maxCallDepth: options.maxCallDepth })
  const workflow = createWorkflowTools({ database, call, onChange })
  const runtime = await createToolRuntime({
    sources: { builtin: builtIn, plugin: builtIn, api, workflow, ...options.others },
    storage: { files, http, maxImageSize: limits.image },
    secrets,
    ...(bus && { bus }),
  })
  return { runtime, builtIn, api, workflow, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() }
}
