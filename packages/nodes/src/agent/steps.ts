import { createHash } from 'node:crypto'
import type { ValueMap } from '@weft/contracts'
import type { AgentMessage, Clock, ModelUsage, ToolLog } from '@weft/ports'

/** A step of an agent that has begun. */
export interface Step {
  id: string
  /** Says that it has begun. */
  started: AgentMessage
  /** Says how it ended. */
  ended(data: ValueMap, metadata?: ValueMap, error?: string | null): AgentMessage
}

/**
 * The steps of one agent: rounds, and in them the model's thoughts and the calls of tools. A step has the same id after a crash, so
 * that one that begins again takes the place of the one cut short.
 */
export class Steps {
  readonly #key: string
  readonly #clock: Clock

  constructor(key: string, clock: Clock) {
    this.#key = key
    this.#clock = clock
  }

  /** `place` is the step's own among the agent's, such as `2/call/1`. */
  begin(place: string, label: string, parent: Step | null, facts: ValueMap = {}): Step {
    const startedAt = this.#seconds()
    const id = uuidOf(`${this.#key}/${place}`)
    const base = { id, parentId: parent?.id ?? null, label }
    const log = (rest: Omit<ToolLog, keyof typeof base>): AgentMessage => ({ type: 'log', log: { ...base, ...rest } })
    return {
      id,
      started: log({ status: 'start', error: null, data: {}, metadata: { started_at: startedAt, ...facts } }),
      ended: (data, metadata = {}, error = null) => {
        const finishedAt = this.#seconds()
        const times = { started_at: startedAt, finished_at: finishedAt, elapsed_time: finishedAt - startedAt }
        return log({ status: error === null ? 'success' : 'error', error, data, metadata: { ...times, ...facts, ...metadata } })
      },
    }
  }

  #seconds(): number {
    return this.#clock.now() / 1000
  }
}

export function costOf({ total_price, currency, total_tokens }: ModelUsage): ValueMap {
  return { total_price, currency, total_tokens }
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  // A UUID of version 8: of one's own making.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
