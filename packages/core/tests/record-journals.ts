// Records the journals that `journals.test.ts` plays, one of each app of `fixtures/apps`: node packages/core/tests/record-journals.ts NAME…
// Only for new apps: journals that are there were written by older versions, which is their use.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson, stringifyJson, type Value, type ValueMap } from '@weft/contracts'
import { FIXTURES, OUTSIDE, type RecordedRun, setStage } from './journal-stage.ts'

const names = process.argv.slice(2)
if (!names.length) {
  console.error('usage: node packages/core/tests/record-journals.ts NAME…')
  process.exit(2)
}
await using stage = await setStage()
await stage.platform.platform.runs.service.open()
const { database } = stage.platform.platform
mkdirSync(join(FIXTURES, 'journals'), { recursive: true })
for (const name of names) {
  const { key } = await stage.install(name)
  const isChat = name === 'chatflow'
  const answer = await stage.platform.call('POST', isChat ? '/v1/chat-messages' : '/v1/workflows/run', {
    headers: { authorization: `Bearer ${key}` },
    body: { inputs: isChat ? {} : { tag: 'sea' }, ...(isChat ? { query: 'why?' } : {}), response_mode: 'blocking', user: 'recorder' },
  })
  if (answer.status !== 200) throw new Error(`${name}: ${answer.text}`)
  const query = async (text: string, values: unknown[] = []) => (await database.query<Record<string, string>>({ text, values })).rows
  const [row = {}] = await query('select * from workflow_runs order by created_at desc limit 1')
  const [graph = {}] = await query('select graph from run_graphs where hash = $1', [row.graph_hash])
  const events = await query('select events from run_events where run_id = $1 order by seq', [row.id])
  const [message] = await query('select answer from messages where workflow_run_id = $1', [row.id])
  const variables = await query('select name, value from conversation_variables where conversation_id = $1', [row.conversation_id])
  const recorded: RecordedRun = {
    graph: parseJson(graph.graph ?? ''),
    row: row as RecordedRun['row'],
    events: events.flatMap(({ events: text }) => parseJson(text ?? '') as unknown as RecordedRun['events']),
    outcome: {
      status: row.status ?? '',
      outputs: row.outputs ? (parseJson(row.outputs) as ValueMap) : null,
      answer: message?.answer ?? null,
      variables: Object.fromEntries(variables.map(variable => [variable.name, parseJson(variable.value ?? '')])),
    },
  }
  const text = stringifyJson({ ...recorded, row: JSON.parse(JSON.stringify(row)) } as unknown as Value).replaceAll(stage.outside, OUTSIDE)
  writeFileSync(join(FIXTURES, 'journals', `${name}.json`), `${text}\n`)
  console.log(`${name}: ${recorded.events.length} events, ${row.status}`)
}
