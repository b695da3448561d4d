// Speed of a whole Weft in its distributed form, beside a floor measured in the same run: a bare Fastify route that inserts one row
// and commits, on the same PostgreSQL.
//
//   node bench/speed.ts [--tool ../shared/tools/bench/run.mjs] [--seconds 8] [--apis 1] [--only echo]
//
// The tool plays the load; it needs its mock model on port 9100, which this starts.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import fastify from 'fastify'
import pg from 'pg'
import { startCluster } from '../e2e/support/cluster.ts'
import { freePort } from '../e2e/support/weft-process.ts'

const { values } = parseArgs({
  options: {
    tool: { type: 'string', default: resolve(import.meta.dirname, '../../shared/tools/bench/run.mjs') },
    seconds: { type: 'string', default: '8' },
    apis: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    'floor-server': { type: 'string' },
  },
})

if (values['floor-server']) await serveFloor(values['floor-server'])
else await measure()

interface Row {
  name: string
  concurrency: number
  p50: number
  p99: number
  perSecond: number
}

async function measure(): Promise<void> {
  const seconds = Number(values.seconds)
  await using cluster = await startCluster({ apis: Number(values.apis), workers: Number(values.workers) })
  const mock = spawn(process.execPath, [join(values.tool, '../../mock-llm/server.mjs'), '--port', '9100'], { stdio: 'ignore' })
  try {
    // Straight to the process where there is one; nginx is in front of several.
    const base = cluster.apis.length === 1 ? (cluster.apis[0]?.url ?? cluster.url) : cluster.url
    const before = await floor(cluster.services.postgres.url, seconds)
    const report = join(mkdtempSync(join(tmpdir(), 'weft-bench-')), 'rows.json')
    await run(values.tool, [
      '--base',
      base,
      '--label',
      'weft',
      '--seconds',
      values.seconds,
      '--out',
      report,
      ...(values.only ? ['--only', values.only] : []),
    ])
    const after = await floor(cluster.services.postgres.url, seconds)
    const rows: Row[] = JSON.parse(readFileSync(report, 'utf8')).rows
    const baseline = (before.perSecond + after.perSecond) / 2
    console.log(
      `floor at 50 connections: ${before.perSecond} and ${after.perSecond} inserts a second, p50 ${before.p50} ms, p99 ${before.p99} ms`,
    )
    const echo = rows.find(row => row.name === 'echo' && row.concurrency === 50)
    if (echo)
      console.log(
        `echo at 50 connections: ${echo.perSecond} runs a second, ${(echo.perSecond / baseline).toFixed(2)} of the floor (wanted: 0.33)`,
      )
    const one = (name: string) => rows.find(row => row.name === name && row.concurrency === 1)
    const [short, long] = [one('echo'), one('template-10')]
    if (short && long)
      console.log(
        `engine and journal a node, alone: p50 ${((long.p50 - short.p50) / 10).toFixed(3)} ms, p99 ${((long.p99 - short.p99) / 10).toFixed(3)} ms`,
      )
    const iteration = one('iteration-20')
    if (iteration) console.log(`iteration-20, alone: p50 ${iteration.p50} ms (wanted: under 60)`)
    const chat = rows.find(row => row.name === 'chatflow first token' && row.concurrency === 1) as (Row & { directP50: number }) | undefined
    if (chat)
      console.log(
        `first token, alone: p50 ${chat.p50} ms, the model directly ${chat.directP50} ms: ${(chat.p50 - chat.directP50).toFixed(1)} ms on top (wanted: at most 8)`,
      )
  } finally {
    mock.kill()
  }
}

/** Requests a second of the bare route at 50 connections. */
async function floor(database: string, seconds: number): Promise<{ perSecond: number; p50: number; p99: number }> {
  const port = await freePort()
  const server = spawn(process.execPath, [import.meta.filename, '--floor-server', `${port} ${database}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(done => server.stdout.once('data', done))
  const times: number[] = []
  const began = performance.now()
  const deadline = began + seconds * 1000
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      while (performance.now() < deadline) {
        const start = performance.now()
        const response = await fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"query":"hello"}',
        })
        await response.json()
        times.push(performance.now() - start)
      }
    }),
  )
  server.kill()
  times.sort((left, right) => left - right)
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? Number.NaN) * 10) / 10
  return { perSecond: Math.round((times.length / (performance.now() - began)) * 1000), p50: at(0.5), p99: at(0.99) }
}

async function serveFloor(parameters: string): Promise<void> {
  const [port, connectionString] = parameters.split(' ')
  const pool = new pg.Pool({ connectionString, max: 10 })
  await pool.query('create table if not exists floor (id uuid primary key, body text not null)')
  const server = fastify()
  server.post('/', async request => {
    const id = randomUUID()
    await pool.query({ name: 'insert', text: 'insert into floor (id, body) values ($1, $2)', values: [id, JSON.stringify(request.body)] })
    return { id }
  })
  await server.listen({ port: Number(port), host: '127.0.0.1' })
  console.log('ready')
}

function run(file: string, parameters: string[]): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [file, ...parameters], { stdio: 'inherit' })
    child.on('exit', code => (code ? fail(new Error(`${file} ended with ${code}`)) : done()))
  })
}
