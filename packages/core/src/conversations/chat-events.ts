import { stringifyJson, type ValueMap } from '@weft/contracts'
import type { JournalEntry } from '../runs/journal.ts'
import { taskIdOf } from '../runs/task-id.ts'
import { type WireOptions, wireEventsOf } from '../runs/wire-events.ts'
import { Answer } from './answer.ts'
import { chatFactsOf } from './chat-facts.ts'

/** An event of a stream, ready to send. */
export interface ClientEvent {
  id: string
  data: ValueMap
}

/** The events of a workflow app's run as clients of Dify know them. */
export function workflowEventsOf(entry: JournalEntry, options: WireOptions): ClientEvent[] {
  const { runId } = options.memo.run
  const task_id = taskIdOf(runId)
  return wireEventsOf(entry, options).map(event => {
    if (event.event !== 'text')
      return { id: event.id, data: { event: event.event, workflow_run_id: runId, task_id, data: 'data' in event ? event.data : {} } }
    const name = 'isReplacement' in event && event.isReplacement ? 'text_replace' : 'text_chunk'
    const { text, selector } = event as Extract<typeof event, { text: string }>
    return { id: event.id, data: { event: name, workflow_run_id: runId, task_id, data: { text, from_variable_selector: selector } } }
  })
}

/** Turns the journal of a chat turn into its stream. Made anew for each watcher; it must hear all entries in order. */
export class ChatEvents {
  readonly #options: WireOptions
  readonly #answer: Answer
  readonly #head: ValueMap

  constructor(options: WireOptions & { messageCreatedAt: number }) {
    this.#options = options
    const { run } = options.memo
    this.#answer = new Answer(chatFactsOf(options.memo.features)?.moderation)
    this.#head = {
      conversation_id: run.conversationId,
      message_id: run.messageId,
      created_at: options.messageCreatedAt,
      task_id: taskIdOf(run.runId),
    }
  }

  /** What the turn has come to. */
  get answer(): Answer {
    return this.#answer
  }

  of(entry: JournalEntry): ClientEvent[] {
    const { run } = this.#options.memo
    const events: ClientEvent[] = []
    const wasRefused = this.#answer.refusal !== undefined
    this.#answer.add(entry.event, entry.text)
    const isRefusedNow = !wasRefused && this.#answer.refusal !== undefined
    const replace = () => ({
      id: '',
      data: { event: 'message_replace', ...this.#head, answer: this.#answer.text, reason: 'output_moderation' },
    })
    for (const event of wireEventsOf(entry, this.#options)) {
      if ('text' in event) {
        if (this.#answer.refusal !== undefined) continue
        const data = event.isReplacement
          ? { event: 'message_replace', ...this.#head, answer: this.#answer.text, reason: 'node_restarted' }
          : { event: 'message', ...this.#head, id: run.messageId, answer: event.text, from_variable_selector: event.selector }
        events.push({ id: event.id, data })
      } else events.push({ id: event.id, data: { event: event.event, ...this.#head, workflow_run_id: run.runId, data: event.data } })
    }
    if (isRefusedNow) events.push(replace())
    if (entry.event.type === 'run-finished') events.push({ id: '', data: this.#ending() })
    return events.map((event, index) => ({
      ...event,
      id: index === events.length - 1 ? String(entry.seq) : `${entry.seq - 1}-${index + 1}`,
    }))
  }

  #ending(): ValueMap {
    const { task_id: _, ...head } = this.#head
    if (this.#answer.hasFailed)
      return { event: 'error', ...head, code: 'invalid_param', message: `Run failed: ${this.#answer.error}`, status: 400 }
    return {
      event: 'message_end',
      ...this.#head,
      id: this.#options.memo.run.messageId,
      metadata: messageMetadata(this.#answer),
      files: this.#options.signFiles({ files: this.#answer.files }).files ?? [],
    }
  }
}

export function messageMetadata(answer: Answer): ValueMap {
  return { annotation_reply: null, retriever_resources: answer.retrieverResources, usage: answer.usage }
}

/** One event as it stands in a `text/event-stream`. */
export function encodeEvent({ id, data }: ClientEvent): string {
  return `id: ${id}\ndata: ${stringifyJson(data)}\n\n`
}
