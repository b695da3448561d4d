import { randomUUID } from 'node:crypto'
import { parseJson, stringifyJson, type Value } from '@weft/contracts'
import { ChatProjection, chatFactsOf, newId, type RunMemo } from '@weft/core'
import { type RunEvent, RunState } from '@weft/engine'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appNames, OUTSIDE, type RecordedRun, recordedRun, type Stage, setStage } from './journal-stage.ts'

// Journals that older versions wrote (`record-journals.ts`). Each is cut off at many places: what a process that died there has left.
// The present engine must bring every one of them to the recorded end.

let stage: Stage
let appId: string
beforeAll(async () => {
  stage = await setStage()
  appId = (await stage.install('chatflow')).id
  await stage.platform.platform.runs.service.open()
  stage.platform.platform.runs.service.recoverOrphans()
})
afterAll(() => stage?.[Symbol.asyncDispose]())

/** How many of the places at most where a journal could have been cut are tried. */
const CUTS = 14

describe.each(appNames())('a recorded run of %s', name => {
  test('folds to what was recorded', () => {
    const { graph, events, outcome, row } = parseJson(recordedRun(name)) as unknown as RecordedRun
    const runs = stage.platform.platform.runs.service
    const state = new RunState(runs.graphOf(graph), runs.limits)
    for (const event of events as unknown as RunEvent[]) {
      if (event.type === 'run-finished')
        expect(state.decide({ now: event.at, newId: () => '' })).toMatchObject({ type: 'run-finished', status: row.status })
      state.apply(event)
    }
    expect(state.finished).toMatchObject({ status: outcome.status, ...(outcome.outputs ? { outputs: outcome.outputs } : {}) })
  })

  test('comes to its end from wherever it was cut off, and executes nothing again that had ended', { timeout: 120_000 }, async () => {
    const { events } = parseJson(recordedRun(name)) as unknown as RecordedRun
    const step = Math.max(1, Math.floor((events.length - 1) / CUTS))
    const cuts = Array.from({ length: Math.ceil((events.length - 1) / step) }, (_, index) => 1 + index * step)
    await Promise.all(cuts.map(cut => goesOn(name, cut)))
  })
})

async function goesOn(name: string, cut: number): Promise<void> {
  const runId = newId()
  const recorded = adapt(recordedRun(name), runId)
  await leaveBehind(recorded, recorded.events.slice(0, cut))
  const { database } = stage.platform.platform
  const rowOf = async () =>
    (
      await database.query<{ status: string; outputs: string; error: string }>({
        text: 'select * from workflow_runs where id = $1',
        values: [runId],
      })
    ).rows[0]
  await expect.poll(async () => (await rowOf())?.status, { timeout: 60_000, interval: 100 }).not.toBe('running')
  const row = await rowOf()
  const where = `${name}, cut after ${cut}`
  expect(row?.status, `${where}: ${row?.error}`).toBe(recorded.outcome.status)
  expect(row?.outputs ? parseJson(row.outputs) : null, where).toEqual(recorded.outcome.outputs)
  const { rows } = await database.query<{ events: string }>({
    text: 'select events from run_events where run_id = $1 order by seq',
    values: [runId],
  })
  const events = rows.flatMap(({ events: text }) => parseJson(text) as unknown as RecordedRun['events'])
  const ends = events.filter(({ type }) => type === 'node-succeeded' || type === 'node-failed').map(({ execution }) => execution)
  expect(new Set(ends).size, where).toBe(ends.length)
  const starts = events.filter(({ type }) => type === 'node-started').map(({ execution }) => execution)
  expect(new Set(starts).size, where).toBe(starts.length)
  // An outside system hears of each step once, or again under the same key where it had not ended.
  const ended = recorded.events.slice(0, cut).flatMap(({ type, execution }) => (type === 'node-succeeded' ? [execution ?? ''] : []))
  for (const key of ended) expect(stage.requests.has(key), where).toBe(false)
  await expectAnswer(recorded, where)
}

async function expectAnswer({ outcome, row }: RecordedRun, where: string): Promise<void> {
  if (outcome.answer === null) return
  const { database } = stage.platform.platform
  const { run } = JSON.parse(row.context) as RunMemo
  const messages = await database.query({ text: 'select answer, is_finished from messages where id = $1', values: [run.messageId] })
  expect(messages.rows, where).toEqual([{ answer: outcome.answer, is_finished: true }])
  const variables = await database.query<{ name: string; value: string }>({
    text: 'select name, value from conversation_variables where conversation_id = $1',
    values: [run.conversationId],
  })
  expect(Object.fromEntries(variables.rows.map(({ name, value }) => [name, parseJson(value)])), where).toEqual(outcome.variables)
}

/** The recorded run as one of this installation, under an id of its own. */
function adapt(text: string, runId: string): RecordedRun {
  const { row, events } = parseJson(text) as unknown as RecordedRun
  const { run } = JSON.parse(row.context) as RunMemo
  const ids: [string | null, string][] = [
    [run.tenantId, stage.owner.scope.tenantId],
    [run.appId, appId],
    [run.runId, runId],
    [run.conversationId, randomUUID()],
    [run.messageId, randomUUID()],
  ]
  let adapted = text.replaceAll(OUTSIDE, stage.outside)
  for (const [before, now] of ids) if (before) adapted = adapted.replaceAll(before, now)
  // Executions' ids are keys to the outside: each run has its own.
  for (const { execution } of events) if (execution) adapted = adapted.replaceAll(execution, `${runId}:${execution}`)
  const recorded = parseJson(adapted) as unknown as RecordedRun
  // Begun just now, or its time would be up.
  const late = Date.now() - 10_000 - Number(recorded.events[0]?.at)
  for (const event of recorded.events) {
    event.at = Number(event.at) + late
    if (typeof event.dueAt === 'number') event.dueAt += late
  }
  return recorded
}

/** Writes what a dead process left: the run's row, its graph, its journal so far, and the rows that go along with it. */
async function leaveBehind({ row, graph }: RecordedRun, events: RecordedRun['events']): Promise<void> {
  const { runs, database } = stage.platform.platform
  const memo = JSON.parse(row.context) as RunMemo
  const hash = String(row.graph_hash)
  await database.query({
    text: 'insert into run_graphs (tenant_id, hash, graph) values ($1, $2, $3) on conflict do nothing',
    values: [memo.run.tenantId, hash, stringifyJson(graph)],
  })
  const facts = chatFactsOf(memo.features)
  const projection = facts && new ChatProjection(memo.run, facts)
  const state = new RunState(runs.service.graphOf(graph), runs.service.limits)
  await database.transaction(async transaction => {
    for (const event of events as unknown as RunEvent[]) {
      for (const statement of projection?.project(event, state.apply(event)) ?? []) await transaction.query(statement)
    }
    await transaction.query({
      text: 'insert into run_events (run_id, seq, count, events) values ($1, 1, $2, $3)',
      values: [row.id, events.length, stringifyJson(events as unknown as Value)],
    })
    const left = { ...row, status: 'running', outputs: null, finished_at: null, executor_id: null }
    const columns = Object.keys(left)
    await transaction.query({
      text: `insert into workflow_runs (${columns.join(', ')}) select ${columns.join(', ')} from json_populate_record(null::workflow_runs, $1::json)`,
      values: [JSON.stringify(left)],
    })
  })
}
