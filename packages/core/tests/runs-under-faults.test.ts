import { randomUUID } from 'node:crypto'
import { parseJson, stringifyJson } from '@weft/contracts'
import { type Database, newId } from '@weft/core'
import { createTestDatabase } from '@weft/testkit/platform'
import { describe, expect, test } from 'vitest'
import { type Batch, type JournalWriter, RunJournal, type Statement } from '../src/runs/journal.ts'
import { type RecordedRun, recordedRun, setStage } from './journal-stage.ts'

/** A writer with one batch of one event: a run that begins. */
function writerOf(statements: Statement[] = []): JournalWriter & { fate: Promise<string> } {
  const { promise: fate, resolve } = Promise.withResolvers<string>()
  const id = newId()
  const at = Date.now()
  const text = (name: string) => ({ [name]: 'x' })
  let batch: Batch | undefined = {
    entries: [{ seq: 1, event: { type: 'stop-requested', at, reason: '' }, text: [] }],
    encode: event => JSON.stringify(event),
    created: {
      ...Object.assign(
        {},
        ...['type', 'triggered_from', 'invoke_from', 'version', 'graph_hash', 'inputs', 'created_by_role', 'context'].map(text),
      ),
      ...Object.fromEntries(['tenant_id', 'app_id', 'workflow_id', 'created_by'].map(name => [name, randomUUID()])),
      id,
      status: 'running',
      elapsed_time: 0,
      total_tokens: 0,
      total_steps: 0,
      exceptions_count: 0,
      created_at: new Date(at).toISOString(),
    },
    finished: undefined,
    statements,
  }
  return {
    runId: id,
    fate,
    take() {
      const taken = batch
      batch = undefined
      return taken
    },
    committed: () => resolve('committed'),
    lost: () => resolve('lost'),
    refused: () => resolve('refused'),
  }
}

describe('the journal', () => {
  test('keeps writing for the others where PostgreSQL refuses what one run writes', async () => {
    await using connection = await createTestDatabase()
    const errors: unknown[] = []
    const journal = new RunJournal(connection.database, randomUUID, error => errors.push(error))
    const spoilt = writerOf([{ text: 'select 1 / $1::int', values: [0] }])
    const writers = [writerOf(), spoilt, writerOf()]
    for (const writer of writers) journal.schedule(writer)
    expect(await Promise.all(writers.map(writer => writer.fate))).toEqual(['committed', 'committed', 'committed'])
    expect(errors.length).toBeGreaterThan(0)
  })

  test('refuses a batch that can never be written, and only that', async () => {
    await using connection = await createTestDatabase()
    const journal = new RunJournal(connection.database, randomUUID, () => undefined)
    const spoilt = writerOf()
    const take = spoilt.take
    spoilt.take = () => {
      const batch = take()
      return batch && { ...batch, encode: () => 'a\u0000b' }
    }
    const writers = [writerOf(), spoilt, writerOf()]
    for (const writer of writers) journal.schedule(writer)
    expect(await Promise.all(writers.map(writer => writer.fate))).toEqual(['committed', 'refused', 'committed'])
  })

  test('does not count twice where the answer of a commit got lost', async () => {
    await using connection = await createTestDatabase()
    const { database } = connection
    await database.query({ text: 'create table counters (count integer not null)' })
    await database.query({ text: 'insert into counters values (0)' })
    let isFirst = true
    const forgetful: Database = {
      ...database,
      async transaction(work) {
        const result = await database.transaction(work)
        if (!isFirst) return result
        isFirst = false
        throw new Error('Connection terminated unexpectedly')
      },
    }
    const journal = new RunJournal(forgetful, randomUUID, () => undefined)
    const writer = writerOf([{ text: 'update counters set count = count + 1', values: [] }])
    journal.schedule(writer)
    expect(await writer.fate).toBe('committed')
    expect((await database.query({ text: 'select count from counters' })).rows).toEqual([{ count: 1 }])
  })
})

describe('a run', () => {
  test('that could not be taken over is tried again', { timeout: 60_000 }, async () => {
    await using stage = await setStage()
    const { runs, database } = stage.platform.platform
    const { row, graph, events } = parseJson(recordedRun('iteration-nested')) as unknown as RecordedRun
    const left = { ...row, tenant_id: stage.owner.scope.tenantId, status: 'running', outputs: null, finished_at: null, executor_id: null }
    await database.query({
      text: 'insert into workflow_runs select * from json_populate_record(null::workflow_runs, $1::json)',
      values: [JSON.stringify(left)],
    })
    const started = events.slice(0, 1).map(event => ({ ...event, at: Date.now() }))
    await database.query({
      text: 'insert into run_events (run_id, seq, count, events) values ($1, 1, 1, $2)',
      values: [row.id, stringifyJson(started as never)],
    })
    await runs.service.open()
    runs.service.recoverOrphans()
    const ownerOf = async () =>
      (await database.query<{ executor_id: string; status: string }>({ text: 'select executor_id, status from workflow_runs', values: [] }))
        .rows[0]
    // Its graph is not there: it is taken up and given back.
    await new Promise(done => setTimeout(done, 1500))
    expect(await ownerOf()).toMatchObject({ status: 'running' })
    await database.query({
      text: 'insert into run_graphs (tenant_id, hash, graph) values ($1, $2, $3)',
      values: [stage.owner.scope.tenantId, row.graph_hash, stringifyJson(graph)],
    })
    await expect.poll(async () => (await ownerOf())?.status, { timeout: 20_000 }).toBe('succeeded')
  })

  test('stops although no message says so', { timeout: 60_000 }, async () => {
    await using stage = await setStage()
    const { runs, database } = stage.platform.platform
    stage.silent.add('/0')
    await runs.service.open()
    const { key } = await stage.install('iteration-parallel')
    const answer = stage.platform.call('POST', '/v1/workflows/run', {
      headers: { authorization: `Bearer ${key}` },
      body: { inputs: { tag: 'sea' }, response_mode: 'blocking', user: 'someone' },
    })
    await expect.poll(() => stage.requests.size, { timeout: 10_000 }).toBeGreaterThan(1)
    await database.query({ text: `update workflow_runs set stop_reason = 'Enough.'` })
    expect((await answer).body.data).toMatchObject({ status: 'stopped' })
  })
})
