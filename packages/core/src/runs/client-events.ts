import type { ValueMap } from '@weft/contracts'
import type { Execution, GraphNode, RunContext } from '@weft/engine'
import { Answer } from '../conversations/answer.ts'
import { ChatEvents, type ClientEvent, workflowEventsOf } from '../conversations/chat-events.ts'
import type { RunObservation } from './run-service.ts'
import type { TruncationLimits } from './truncate.ts'
import { replaceFiles } from './wire-events.ts'

/** `full` for API clients and builders; `simple` keeps the inside of nodes from visitors of web apps. */
export type Audience = 'full' | 'simple'

export interface ClientEventOptions {
  truncation: TruncationLimits
  /** A file with a link that works now. */
  signFile(file: ValueMap): ValueMap
  audience: Audience
  /** What the events of a node say besides, such as a tool's icon. */
  nodeExtras?(node: GraphNode, run: RunContext): Promise<ValueMap | undefined>
  /** The last event that the client has; it gets what follows. */
  after?: string
}

/** A watched run as its stream, from the beginning or from what the client had last. */
export async function* clientEventsOf(observation: RunObservation, options: ClientEventOptions): AsyncIterable<ClientEvent> {
  const { memo } = observation
  const extras = new Map<string, ValueMap>()
  const wire = {
    get state() {
      return observation.state
    },
    get messageCreatedAt() {
      return Math.floor((observation.state.started?.at ?? 0) / 1000)
    },
    memo,
    truncation: options.truncation,
    signFiles: (value: ValueMap) => replaceFiles(value, file => options.signFile(file as ValueMap)),
    extrasOf: (execution: Execution) => extras.get(execution.id) ?? {},
  }
  const isChat = memo.run.mode === 'advanced-chat'
  let chat: ChatEvents | undefined
  const seen = options.after ? positionOf(options.after) : undefined
  for await (const entries of observation.entries) {
    for (const entry of entries) {
      const started = entry.event.type === 'node-started' ? observation.state.executions.get(entry.event.execution) : undefined
      const found = started && (await options.nodeExtras?.(started.node, memo.run))
      if (found) extras.set(started.id, found)
      chat ??= isChat ? new ChatEvents(wire) : undefined
      const events = chat ? chat.of(entry) : workflowEventsOf(entry, wire)
      for (const event of events) {
        if (seen && !isAfter(positionOf(event.id), seen)) continue
        yield options.audience === 'simple' ? simplified(event) : event
      }
    }
  }
}

type Position = [seq: number, part: number]

function positionOf(id: string): Position {
  const [seq, part] = id.split('-')
  return [Number(seq) || 0, Number(part ?? 0) || 0]
}

const isAfter = (left: Position, right: Position) => left[0] > right[0] || (left[0] === right[0] && left[1] > right[1])

/** Node events for visitors: that something happens, not what. */
function simplified(event: ClientEvent): ClientEvent {
  const { event: name, data } = event.data as { event: string; data: ValueMap }
  if (name !== 'node_started' && name !== 'node_finished') return event
  const { inputs_truncated: _i, outputs_truncated: _o, process_data_truncated: _p, agent_strategy: _a, ...shown } = data
  const hidden: ValueMap =
    name === 'node_started'
      ? { inputs: null, extras: {} }
      : { inputs: null, process_data: null, outputs: null, execution_metadata: null, error: null, files: [] }
  return { ...event, data: { ...event.data, data: { ...shown, ...hidden } } }
}

/** What a finished run answered, for callers that waited. */
export async function finalAnswerOf(observation: RunObservation): Promise<Answer> {
  const answer = new Answer()
  for await (const entries of observation.entries) for (const entry of entries) answer.add(entry.event, entry.text)
  return answer
}
