import { stringifyJson, type Value, type ValueMap } from '@weft/contracts'
import type { RunContext, RunEvent, TextEmission } from '@weft/engine'
import type { RunProjection } from '../runs/active-run.ts'
import type { Statement } from '../runs/journal.ts'
import { storableInteger, storableText } from '../runs/storable.ts'
import { Answer } from './answer.ts'
import { messageMetadata } from './chat-events.ts'
import type { ChatTurnFacts } from './chat-facts.ts'

/** Writes a chatflow turn's message, its conversation and its conversation's variables along with the run's journal. */
export class ChatProjection implements RunProjection {
  readonly #run: RunContext
  readonly #facts: ChatTurnFacts
  readonly #answer: Answer

  constructor(run: RunContext, facts: ChatTurnFacts) {
    this.#run = run
    this.#facts = facts
    this.#answer = new Answer(facts.moderation)
  }

  /** A turn that says what the app does not want is over. */
  get stopReason(): string | undefined {
    return this.#answer.refusal === undefined ? undefined : 'Stopped by output moderation.'
  }

  project(event: RunEvent, text: readonly TextEmission[]): Statement[] {
    this.#answer.add(event, text)
    if (event.type === 'run-started') return this.#begin(event.at)
    if (event.type === 'node-succeeded') {
      return (event.result.assignments ?? []).flatMap(({ selector: [owner, name], value }) =>
        owner === 'conversation' && name !== undefined ? [this.#setVariable(name, value)] : [],
      )
    }
    return event.type === 'run-finished' ? this.#end(event.at) : []
  }

  #begin(at: number): Statement[] {
    const run = this.#run
    const facts = this.#facts
    const createdAt = new Date(at).toISOString()
    const [endUserId, accountId] = run.userKind === 'account' ? [null, run.userId] : [run.userId, null]
    const statements: Statement[] = []
    if (facts.conversation) {
      statements.push({
        text: `insert into conversations (id, tenant_id, app_id, mode, name, inputs, introduction, invoke_from, from_source, from_end_user_id,
          from_account_id, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) on conflict do nothing`,
        values: [
          run.conversationId,
          run.tenantId,
          run.appId,
          run.mode,
          storableText(facts.conversation.name),
          stringifyJson(facts.inputs),
          facts.conversation.introduction,
          run.invokeFrom,
          facts.fromSource,
          endUserId,
          accountId,
          createdAt,
        ],
      })
    }
    for (const variable of facts.newVariables) {
      statements.push({
        text: `insert into conversation_variables (id, conversation_id, tenant_id, app_id, name, description, value_type, value, position)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
        values: [
          variable.id,
          run.conversationId,
          run.tenantId,
          run.appId,
          variable.name,
          variable.description,
          variable.value_type,
          stringifyJson(variable.value),
          variable.position,
        ],
      })
    }
    statements.push({
      text: `insert into messages (id, tenant_id, app_id, conversation_id, parent_message_id, workflow_run_id, inputs, query, files, invoke_from,
        from_source, from_end_user_id, from_account_id, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) on conflict do nothing`,
      values: [
        run.messageId,
        run.tenantId,
        run.appId,
        run.conversationId,
        run.parentMessageId,
        run.runId,
        stringifyJson(facts.inputs),
        facts.query,
        stringifyJson(facts.files),
        run.invokeFrom,
        facts.fromSource,
        endUserId,
        accountId,
        createdAt,
      ],
    })
    return statements
  }

  #setVariable(name: string, value: Value): Statement {
    return {
      text: 'update conversation_variables set value = $3, updated_at = now() where conversation_id = $1 and name = $2',
      values: [this.#run.conversationId, name, stringifyJson(value)],
    }
  }

  #end(at: number): Statement[] {
    const run = this.#run
    const { usage, files, hasFailed, error } = this.#answer
    const given = files.map(file => ({ ...(file as ValueMap), belongs_to: 'assistant' }))
    return [
      {
        text: `update messages set answer = $2, status = $3, error = $4, metadata = $5, message_tokens = $6, answer_tokens = $7, total_price = $8,
          provider_response_latency = extract(epoch from $9::timestamptz - created_at), files = $10, is_finished = true, updated_at = $9 where id = $1`,
        values: [
          run.messageId,
          hasFailed ? '' : storableText(this.#answer.stored),
          hasFailed ? 'error' : 'normal',
          hasFailed ? storableText(error) : null,
          stringifyJson(messageMetadata(this.#answer)),
          storableInteger(usage.prompt_tokens),
          storableInteger(usage.completion_tokens),
          String(usage.total_price),
          new Date(at).toISOString(),
          stringifyJson([...this.#facts.files, ...given]),
        ],
      },
      {
        text: 'update conversations set updated_at = $2, dialogue_count = dialogue_count + 1 where id = $1',
        values: [run.conversationId, new Date(at).toISOString()],
      },
    ]
  }
}
