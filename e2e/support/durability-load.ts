import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { EffectServer } from './effect-server.ts'
import { isAfter, readEvents, type StreamEvent } from './event-stream.ts'
import { answerTo } from './mock-model.ts'
import { createRandom } from './random.ts'
import type { InstalledApp, WeftConsole } from './weft-client.ts'

/** What a run is, and what must come of it. */
interface Scenario {
  app: string
  path: '/v1/workflows/run' | '/v1/chat-messages'
  body: Record<string, unknown>
  /** Paths that the effect server must have seen. */
  effects: string[]
  outputs?: Record<string, unknown>
  /** The whole streamed text. */
  text: string
}

export interface LoadReport {
  /** Runs of which a client had heard when it lost them or they ended. */
  accepted: number
  /** Requests that died before anything came back: nobody was promised anything. */
  unanswered: number
  finished: number
  /** Streams come back to. */
  rejoins: number
  repeatedEffects: number
  effects: number
  /** What must not be, in words. */
  violations: string[]
}

export interface LoadOptions {
  /** Where the platform answers now; asked anew for each request. */
  base: () => string
  apps: DurabilityApps
  effects: EffectServer
  seed: number
  runs: number
  concurrency: number
  /** Milliseconds after the last kill after which a run that has not ended counts as lost. */
  patience?: number
  /** Whether to go on after that many runs. */
  isNeeded?: () => boolean
  /** Chance that a client leaves its stream after an event of its own accord. */
  leaving?: number
}

export type DurabilityApps = Record<'everything' | 'stories' | 'counting-chat', InstalledApp>

export async function installDurabilityApps(weft: WeftConsole, effects: EffectServer): Promise<DurabilityApps> {
  const install = (name: string) => weft.install(`${name}.yml`, { EFFECTS: effects.url })
  return { everything: await install('everything'), stories: await install('stories'), 'counting-chat': await install('counting-chat') }
}

/**
 * Clients that start runs, lose their connections, come back for the rest until the end, and hold what they got against what
 * must be. Together with `checkJournals` it says whether anything was lost, doubled or changed.
 */
export class DurabilityLoad {
  readonly report: LoadReport = { accepted: 0, unanswered: 0, finished: 0, rejoins: 0, repeatedEffects: 0, effects: 0, violations: [] }
  readonly #options: LoadOptions
  readonly #random: () => number
  /** When the end of a node was delivered, by its execution's id. */
  readonly #delivered = new Map<string, number>()
  readonly #expectedEffects: string[] = []
  #next = 0
  #inFlight = 0
  #deadline = Number.POSITIVE_INFINITY

  constructor(options: LoadOptions) {
    this.#options = options
    this.#random = createRandom(options.seed)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** No more is killed: what has begun must end before long. */
  expectEnds(): void {
    this.#deadline = Date.now() + (this.#options.patience ?? 120_000)
  }

  /** Plays all runs to their ends. */
  async play(): Promise<LoadReport> {
    const { runs, concurrency, isNeeded } = this.#options
    const client = async () => {
      while (this.#next < runs || isNeeded?.()) {
        const number = this.#next++
        if (number % 5 === 4) await this.#converse(number)
        else await this.#runOne(number)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, client))
    this.#checkEffects()
    return this.report
  }

  async #runOne(number: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const tag = `r${number}-${attempt}`
      const scenario = number % 5 === 3 ? storiesOf(tag) : everythingOf(tag)
      const isBlocking = number % 10 === 7
      if (isBlocking ? await this.#block(scenario) : await this.#stream(scenario)) return
    }
  }

  /** Three turns of one conversation, one after another. A turn that got no answer leaves the conversation in doubt: another begins. */
  async #converse(number: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      let conversation: string | undefined
      let isWhole = true
      for (let turn = 1; turn <= 3 && isWhole; turn++) {
        const end = await this.#stream(turnOf(`c${number}-${attempt}-${turn}`, turn, conversation))
        if (!end) isWhole = false
        else conversation = end.data.conversation_id
      }
      if (isWhole) return
    }
  }

  async #send(scenario: Scenario, mode: string): Promise<Response | undefined> {
    const { key } = this.#options.apps[scenario.app as keyof DurabilityApps]
    for (;;) {
      try {
        const response = await fetch(this.#options.base() + scenario.path, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ ...scenario.body, response_mode: mode, user: 'load' }),
        })
        if (response.ok) return response
        await response.arrayBuffer()
        await sleep(100)
        return undefined
      } catch (error) {
        // Nobody listens: nothing was sent, so this is still the same attempt.
        if (!isRefused(error)) return undefined
        await sleep(50)
      }
    }
  }

  async #block(scenario: Scenario): Promise<boolean> {
    this.#inFlight++
    try {
      const response = await this.#send(scenario, 'blocking')
      const answer = (await response?.json().catch(() => undefined)) as { data?: { outputs?: unknown } } | undefined
      if (!answer) {
        this.report.unanswered++
        return false
      }
      this.report.accepted++
      this.report.finished++
      this.#expectedEffects.push(...scenario.effects)
      this.#expect(`outputs of ${JSON.stringify(scenario.body)}`, answer.data?.outputs, scenario.outputs)
      return true
    } finally {
      this.#inFlight--
    }
  }

  /** Follows a run to its end over any number of connections. Gives its last event, or undefined where it was not accepted. */
  async #stream(scenario: Scenario): Promise<StreamEvent | undefined> {
    this.#inFlight++
    try {
      const events: StreamEvent[] = []
      const name = JSON.stringify(scenario.body)
      const first = await this.#send(scenario, 'streaming')
      if (first) await this.#receive(first, events, name)
      if (!events.length) {
        this.report.unanswered++
        return undefined
      }
      this.report.accepted++
      this.#expectedEffects.push(...scenario.effects)
      const taskId = events[0]?.data.task_id
      while (!isEnd(events.at(-1))) {
        if (Date.now() > this.#deadline) {
          this.#violate(`no end after ${events.length} events, the last ${events.at(-1)?.id}: ${name} ${events[0]?.data.workflow_run_id}`)
          return undefined
        }
        const response = await this.#rejoin(scenario.app, taskId, events.at(-1)?.id)
        if (response?.ok) {
          this.report.rejoins++
          await this.#receive(response, events, name)
        } else {
          if (response?.status === 404) this.#violate(`an accepted run is gone: ${name}`)
          await response?.arrayBuffer().catch(() => undefined)
          if (response?.status === 404) return undefined
          await sleep(50)
        }
      }
      this.report.finished++
      this.#checkStream(scenario, events, name)
      await this.#checkReplay(scenario, taskId, events, name)
      return events.at(-1)
    } finally {
      this.#inFlight--
    }
  }

  async #rejoin(app: string, taskId: string, after: string | undefined): Promise<Response | undefined> {
    const { key } = this.#options.apps[app as keyof DurabilityApps]
    return fetch(`${this.#options.base()}/v1/tasks/${taskId}/events?user=load`, {
      headers: { authorization: `Bearer ${key}`, ...(after ? { 'last-event-id': after } : {}) },
    }).catch(() => undefined)
  }

  /** Takes what comes until the stream ends, breaks, or the client has enough of it. */
  async #receive(response: Response, events: StreamEvent[], name: string): Promise<void> {
    try {
      for await (const event of readEvents(response)) {
        if (event.id === undefined) {
          this.#violate(`an event without an id: ${name} ${JSON.stringify(event.data).slice(0, 300)}`)
          return
        }
        const last = events.at(-1)?.id
        if (last !== undefined && !isAfter(event.id, last)) this.#violate(`event ${event.id} after ${last}: ${name}`)
        events.push(event)
        if (event.data.event === 'node_finished') this.#delivered.set(event.data.data.id, Date.now())
        if (!isEnd(event) && this.#random() < (this.#options.leaving ?? 0)) break
      }
    } catch {
      // The process died, which is what this is about.
    }
    await response.body?.cancel().catch(() => undefined)
  }

  #checkStream(scenario: Scenario, events: StreamEvent[], name: string): void {
    const finished = events.find(event => event.data.event === 'workflow_finished')
    this.#expect(`status of ${name}`, finished?.data.data.status, 'succeeded')
    if (scenario.outputs) this.#expect(`outputs of ${name}`, finished?.data.data.outputs, scenario.outputs)
    this.#expect(`text of ${name}`, textOf(events), scenario.text)
    for (const kind of ['node_started', 'node_finished']) {
      const ids = events.filter(event => event.data.event === kind).map(event => event.data.data.id)
      if (new Set(ids).size !== ids.length) this.#violate(`${kind} twice for one execution: ${name}`)
    }
  }

  /** The whole stream, read once more, is what came in pieces. */
  async #checkReplay(scenario: Scenario, taskId: string, events: StreamEvent[], name: string): Promise<void> {
    for (const patience = Date.now() + 60_000; Date.now() < patience; ) {
      const response = await this.#rejoin(scenario.app, taskId, undefined)
      const whole: StreamEvent[] = []
      try {
        if (response?.ok) for await (const event of readEvents(response)) whole.push(event)
      } catch {
        // Killed meanwhile.
      }
      if (isEnd(whole.at(-1))) return this.#expect(`the stream read again of ${name}`, events, whole)
      await sleep(100)
    }
    this.#violate(`the stream could not be read again: ${name}`)
  }

  #checkEffects(): void {
    const byPath = new Map<string, { keys: Set<string | undefined>; count: number; last: number }>()
    for (const { path, key, at } of this.#options.effects.effects) {
      const seen = byPath.get(path) ?? { keys: new Set(), count: 0, last: 0 }
      seen.keys.add(key)
      seen.count++
      seen.last = at
      byPath.set(path, seen)
      const delivered = this.#delivered.get(key ?? '')
      if (delivered !== undefined && at > delivered)
        this.#violate(`${path} was asked for ${at - delivered} ms after its end had been delivered`)
    }
    for (const [path, { keys, count }] of byPath) {
      if (keys.size !== 1 || keys.has(undefined)) this.#violate(`${path} came with the keys ${[...keys].join(', ')}`)
      if (count > 1) this.report.repeatedEffects += count - 1
    }
    this.report.effects = byPath.size
    for (const path of this.#expectedEffects) if (!byPath.has(path)) this.#violate(`${path} was never asked for`)
  }

  #expect(what: string, actual: unknown, expected: unknown): void {
    const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)]
    if (left === right) return
    const at = [...(left ?? '')].findIndex((letter, index) => letter !== right?.[index])
    const from = Math.max(0, at - 100)
    this.#violate(`${what}:\n    is       …${left?.slice(from, at + 300)}\n    must be  …${right?.slice(from, at + 300)}`)
  }

  #violate(text: string): void {
    this.report.violations.push(text)
  }
}

const isEnd = (event: StreamEvent | undefined) =>
  event !== undefined &&
  (event.data.event === 'message_end' ||
    event.data.event === 'error' ||
    (event.data.event === 'workflow_finished' && !('message_id' in event.data)))

function isRefused(error: unknown): boolean {
  const cause = (error as { cause?: { code?: string } }).cause
  return cause?.code === 'ECONNREFUSED'
}

/** The text that a stream said, with what it took back taken back. */
function textOf(events: StreamEvent[]): string {
  let text = ''
  for (const { data } of events) {
    if (data.event === 'text_chunk') text += data.data.text
    if (data.event === 'message') text += data.answer
    if (data.event === 'message_replace') text = data.answer
  }
  return text
}

function everythingOf(tag: string): Scenario {
  const items = ['a', 'b', 'c', 'd'].map((name, index) => `/${tag}/${name}/${index}`)
  const text = answerTo(`Tell of ${tag}`)
  const sum = `${items.map(path => `done ${path}!`).join(' ')} | done /${tag}/first | done /${tag}/round/2 after 3`
  return {
    app: 'everything',
    path: '/v1/workflows/run',
    body: { inputs: { tag } },
    effects: [...items, ...[0, 1, 2].map(round => `/${tag}/round/${round}`), `/${tag}/first`, `/${tag}/last`],
    outputs: { text, sum, last: `done /${tag}/last` },
    text: `${text}\n${sum}\ndone /${tag}/last`,
  }
}

function storiesOf(tag: string): Scenario {
  const texts = ['one', 'two'].map(name => answerTo(`Tell of ${tag} ${name}`))
  return {
    app: 'stories',
    path: '/v1/workflows/run',
    body: { inputs: { tag } },
    effects: [`/${tag}/note`],
    outputs: { texts, note: `done /${tag}/note` },
    text: `${texts.map(text => `- ${text}`).join('\n')}\ndone /${tag}/note`,
  }
}

function turnOf(query: string, turn: number, conversation: string | undefined): Scenario {
  return {
    app: 'counting-chat',
    path: '/v1/chat-messages',
    body: { inputs: {}, query, ...(conversation ? { conversation_id: conversation } : {}), auto_generate_name: false },
    effects: [`/${query}/told`],
    text: `${turn} ${answerTo(`Answer ${query}`)} then done /${query}/told`,
  }
}

interface JournalEvent {
  type: string
  execution?: string
}

/** Reads the journals of all runs: numbers without gaps, each node started and ended once, one end. Gives what is not so. */
export async function checkJournals(pool: Pool): Promise<{ runs: number; executions: number; violations: string[] }> {
  const violations: string[] = []
  let executions = 0
  const { rows: runs } = await pool.query<{ id: string; status: string }>('select id, status from workflow_runs')
  for (const { id, status } of runs) {
    const { rows } = await pool.query<{ seq: number; count: number; events: string }>(
      'select seq, count, events from run_events where run_id = $1 order by seq',
      [id],
    )
    const started = new Set<string>()
    const ended = new Set<string>()
    let next = 1
    let last: string | undefined
    for (const { seq, count, events } of rows) {
      const list: JournalEvent[] = JSON.parse(events)
      if (seq !== next || list.length !== count) violations.push(`run ${id}: ${count} events from ${seq} where ${next} was to follow`)
      next = seq + count
      for (const { type, execution = '' } of list) {
        if (last === 'run-finished') violations.push(`run ${id}: ${type} after the end`)
        last = type
        if (type === 'node-started') {
          if (started.has(execution)) violations.push(`run ${id}: execution ${execution} started twice`)
          started.add(execution)
        }
        if (type === 'node-succeeded' || type === 'node-failed') {
          if (ended.has(execution)) violations.push(`run ${id}: execution ${execution} ended twice`)
          ended.add(execution)
        }
      }
    }
    executions += started.size
    if (status === 'running' || last !== 'run-finished') violations.push(`run ${id} is ${status}, its last event ${last}`)
    if (status === 'succeeded' && started.size !== ended.size) violations.push(`run ${id}: ${started.size} executions, ${ended.size} ends`)
  }
  return { runs: runs.length, executions, violations }
}
