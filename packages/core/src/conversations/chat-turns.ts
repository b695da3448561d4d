import { isFile, type Value, type ValueMap } from '@weft/contracts'
import type { RunContext } from '@weft/engine'
import type { App } from '../apps/apps-table.ts'
import { newId } from '../database/columns.ts'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import type { ActiveRun } from '../runs/active-run.ts'
import { prepareInputs, type Runner, type RunPreparation } from '../runs/prepare-run.ts'
import type { Workflow } from '../workflows/workflows-table.ts'
import { Answer } from './answer.ts'
import { type ClientEvent, messageMetadata } from './chat-events.ts'
import type { ChatTurnFacts } from './chat-facts.ts'
import { ChatProjection } from './chat-projection.ts'
import { type ConversationStore, firstName, type Owner } from './conversation-store.ts'
import type { Conversation } from './conversations-table.ts'
import { NO_PARENT } from './messages-table.ts'
import { holdsKeyword, keywordModerationOf } from './moderation.ts'

export interface StartChatTurn {
  scope: TenantScope
  app: Pick<App, 'id' | 'mode'>
  workflow: Workflow
  user: Runner
  inputs: ValueMap
  query: string
  files: Value[]
  /** Undefined begins a conversation. */
  conversationId: string | undefined
  /** `NO_PARENT` for a linear thread, null for one that begins anew. */
  parentMessageId: string | null
  invokeFrom: RunContext['invokeFrom']
  /** Where the request came to: links of the run's files begin with it. */
  origin: string
}

/** A turn that has begun: executed as a run, or answered at once with a fixed text. */
export type ChatTurn = {
  conversationId: string
  messageId: string
  isNewConversation: boolean
} & (
  | { kind: 'run'; run: ActiveRun }
  | { kind: 'direct'; taskId: string; text: string; createdAt: number; events: ClientEvent[]; metadata: ValueMap }
)

/** Takes chat turns of chatflows. */
export class ChatTurns {
  readonly #database: Database
  readonly #store: ConversationStore
  readonly #preparation: RunPreparation

  constructor(database: Database, store: ConversationStore, preparation: RunPreparation) {
    this.#database = database
    this.#store = store
    this.#preparation = preparation
  }

  /**
   * Begins a turn.
   * @throws DomainError where the conversation is not the caller's or the inputs do not fit
   * @throws GraphError where the graph cannot run
   */
  async start(request: StartChatTurn): Promise<ChatTurn> {
    const { scope, app, workflow, user, query } = request
    const owner: Owner = { appId: app.id, userKind: user.kind, userId: user.id }
    const conversation = request.conversationId ? await this.#store.get(scope, owner, request.conversationId) : undefined
    const prepared = await prepareInputs(this.#preparation, { ...request, isStrict: false })
    const conversationId = conversation?.id ?? newId()
    const messageId = newId()
    const facts = await this.#factsOf(request, prepared.inputs, prepared.files, conversation)
    const begun = { conversationId, messageId, isNewConversation: !conversation }
    const refusal = this.#refusalOf(workflow, prepared.inputs, query)
    if (refusal !== undefined) return { ...begun, ...(await this.#answerDirectly(request, facts, begun, refusal)) }

    const runId = newId()
    const dialogueCount = conversation ? await this.#countTurns(scope, conversation.id, request.parentMessageId) : 1
    const run = await this.#preparation.runs.start(
      {
        scope,
        runId,
        appId: app.id,
        mode: 'advanced-chat',
        workflow,
        triggeredFrom: request.invokeFrom === 'debugger' ? 'debugging' : 'app-run',
        invokeFrom: request.invokeFrom,
        user,
        origin: request.origin,
        ...prepared,
        system: {
          files: prepared.files,
          user_id: user.name,
          app_id: app.id,
          workflow_id: workflow.id,
          workflow_run_id: runId,
          query,
          conversation_id: conversationId,
          dialogue_count: dialogueCount,
        },
        conversation: await this.#variablesOf(scope, conversation, workflow),
        conversationId,
        messageId,
        parentMessageId: request.parentMessageId,
        features: facts as unknown as ValueMap,
      },
      workflow.graphHash,
    )
    return { ...begun, kind: 'run', run }
  }

  async #factsOf(request: StartChatTurn, inputs: ValueMap, files: Value[], conversation: Conversation | undefined): Promise<ChatTurnFacts> {
    const { scope, workflow, query } = request
    const known = conversation ? await this.#store.variables(scope, conversation.id, workflow.conversationVariables) : []
    const knownIds = new Set(known.map(variable => variable.id))
    const moderation = keywordModerationOf(workflow.features)
    return {
      query,
      inputs,
      ...(moderation?.outputResponse === undefined ? {} : { moderation }),
      files: files.map(file => (isFile(file) ? { ...file, belongs_to: 'user' } : file)),
      fromSource: request.invokeFrom === 'debugger' || request.invokeFrom === 'explore' ? 'console' : 'api',
      ...(conversation ? {} : { conversation: { name: firstName(query), introduction: introductionOf(workflow.features, inputs) } }),
      newVariables: workflow.conversationVariables
        .map(({ id, name, description, value_type, value }, position) => ({ id, name, description, value_type, value, position }))
        .filter(variable => !knownIds.has(variable.id)),
    }
  }

  async #variablesOf(scope: TenantScope, conversation: Conversation | undefined, workflow: Workflow): Promise<ValueMap> {
    const defaults = Object.fromEntries(workflow.conversationVariables.map(({ name, value }) => [name, value]))
    if (!conversation || !workflow.conversationVariables.length) return defaults
    const known = await this.#store.variables(scope, conversation.id, workflow.conversationVariables)
    const ids = new Set(workflow.conversationVariables.map(variable => variable.id))
    return { ...defaults, ...Object.fromEntries(known.filter(({ id }) => ids.has(id)).map(({ name, value }) => [name, value])) }
  }

  async #countTurns(scope: TenantScope, conversationId: string, parentId: string | null): Promise<number> {
    const thread = await this.#store.thread(scope, conversationId, { parentId, limit: 10_000 })
    return thread.length + 1
  }

  #refusalOf(workflow: Workflow, inputs: ValueMap, query: string): string | undefined {
    const moderation = keywordModerationOf(workflow.features)
    if (moderation?.inputResponse === undefined) return undefined
    return holdsKeyword(moderation, [query, ...Object.values(inputs)]) ? moderation.inputResponse : undefined
  }

  /** A turn without a run: the message is stored with its answer, and the stream is the answer and its end. */
  async #answerDirectly(request: StartChatTurn, facts: ChatTurnFacts, begun: { conversationId: string; messageId: string }, text: string) {
    const { scope, app, workflow, user } = request
    const taskId = newId()
    const at = Date.now()
    const context: RunContext = {
      runId: taskId,
      tenantId: scope.tenantId,
      appId: app.id,
      workflowId: workflow.id,
      mode: app.mode,
      userId: user.id,
      userKind: user.kind,
      invokeFrom: request.invokeFrom,
      conversationId: begun.conversationId,
      messageId: begun.messageId,
      parentMessageId: request.parentMessageId,
      callDepth: 0,
      origin: request.origin,
    }
    const projection = new ChatProjection(context, facts)
    const started = { type: 'run-started', at, inputs: facts.inputs, system: {}, environment: {}, conversation: {} } as const
    const finished = {
      type: 'run-finished',
      at,
      status: 'succeeded',
      error: '',
      outputs: {},
      totalTokens: 0,
      totalSteps: 0,
      exceptionsCount: 0,
    } as const
    await this.#database.transaction(async transaction => {
      for (const statement of projection.project(started, [{ text, selector: ['answer', 'answer'], frame: 0 }]))
        await transaction.query(statement)
      for (const statement of projection.project(finished, [])) await transaction.query(statement)
      await transaction.query({ text: 'update messages set workflow_run_id = null where id = $1', values: [begun.messageId] })
    })
    const createdAt = Math.floor(at / 1000)
    const head = { conversation_id: begun.conversationId, message_id: begun.messageId, created_at: createdAt, task_id: taskId }
    const metadata = messageMetadata(new Answer())
    const events: ClientEvent[] = [
      { id: '1', data: { event: 'message', ...head, id: begun.messageId, answer: text, from_variable_selector: null } },
      { id: '2', data: { event: 'message_end', ...head, id: begun.messageId, metadata, files: [] } },
    ]
    return { kind: 'direct' as const, taskId, text, createdAt, events, metadata }
  }
}

/** The opening statement with the form's values in place. */
function introductionOf(features: ValueMap, inputs: ValueMap): string {
  const statement = features.opening_statement
  if (typeof statement !== 'string') return ''
  return statement.replace(/\{\{([a-zA-Z_][a-zA-Z0-9_]{0,29})\}\}/g, (whole, name: string) => {
    const value = inputs[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole
  })
}

/** The conversation a request names. An empty text names none. @throws DomainError */
export function parentOf(value: string | null | undefined): string | null {
  return value === undefined ? NO_PARENT : value || null
}
