// Plays recorded behaviour against Weft, where the recordings are at hand (CONFORMANCE_DIR, else ../shared/conformance):
// `node tools/conformance.ts [embedded] [distributed] [--only PART] [--update]`.
// Fails where a case fails that stands in e2e/conformance/passing.json. `--update` adds the cases that pass now.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { canSandbox, startSandboxProcess } from '../e2e/escapes/sandbox-process.ts'
import { startCluster } from '../e2e/support/cluster.ts'
import { startWeft } from '../e2e/support/weft-process.ts'

const root = resolve(import.meta.dirname, '..')
const recordings = resolve(process.env.CONFORMANCE_DIR ?? join(root, '../shared/conformance'))
const listFile = join(root, 'e2e/conformance/passing.json')
const words = process.argv.slice(2)
const only = words.includes('--only') ? words[words.indexOf('--only') + 1] : undefined
const isUpdate = words.includes('--update')
const forms = words.filter(word => word === 'embedded' || word === 'distributed')

if (!existsSync(join(recordings, 'run.mjs'))) {
  console.log('No recordings at hand: nothing to play. Set CONFORMANCE_DIR to the folder that holds run.mjs.')
  process.exit(0)
}

const listed: string[] = JSON.parse(readFileSync(listFile, 'utf8'))
const passing = new Set(listed)
/** What Weft does by now. `flow/` holds the chatflows too. */
const GROUPS = ['smoke/', 'flow/', 'nodes/', 'dsl/']
let isBroken = false
await using tools = await startTools()
for (const form of forms.length ? forms : ['embedded']) {
  await using weft = await (form === 'embedded' ? startWeft() : startCluster())
  const results = await play(weft.url)
  if (form === 'embedded' && (!only || only.startsWith('sandbox')) && (await canSandbox())) results.push(...(await playSandbox()))
  const failed = results.filter(result => result.problems.length)
  const regressions = failed.filter(result => listed.includes(result.name))
  for (const { name, problems } of regressions) {
    console.log(`REGRESSION (${form}) ${name}`)
    for (const { path, expected, actual } of problems.slice(0, 5))
      console.log(`   ${path}\n     expected ${brief(expected)}\n     actual   ${brief(actual)}`)
  }
  isBroken ||= regressions.length > 0
  if (form === 'embedded') for (const { name, problems } of results) if (!problems.length) passing.add(name)
  console.log(`${form}: ${results.length - failed.length} of ${results.length} recorded cases pass; ${listed.length} must`)
}
if (isUpdate) writeFileSync(listFile, `${JSON.stringify([...passing].sort(), null, 2)}\n`)
await tools[Symbol.asyncDispose]()
process.exit(isBroken ? 1 : 0)

interface Result {
  name: string
  problems: { path: string; expected: unknown; actual: unknown }[]
}

/** Plays the groups one after another: the player takes one part of a path at a time. */
async function play(base: string): Promise<Result[]> {
  const results = new Map<string, Result>()
  for (const part of only ? [only].filter(name => !name.startsWith('sandbox')) : GROUPS)
    for (const result of await playPart(base, part)) results.set(result.name, result)
  return [...results.values()]
}

/** The sandbox's own HTTP API. */
async function playSandbox(): Promise<Result[]> {
  await using sandbox = await startSandboxProcess({
    SANDBOX_API_KEY: 'dify-sandbox',
    SSRF_ALLOWED_TARGETS: '127.0.0.1',
    SANDBOX_OFFLINE: 'false',
    WORKER_TIMEOUT: '5',
  })
  return await playPart('http://127.0.0.1:1', 'sandbox/', ['--sandbox', sandbox.url])
}

async function playPart(base: string, part: string, more: string[] = []): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-play-'))
  const report = join(folder, 'report.json')
  const parameters = ['--base', base, '--jobs', '3', '--report', report, '--only', part, ...more]
  const child = spawn(process.execPath, [join(recordings, 'run.mjs'), ...parameters], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_PATH: join(root, 'node_modules') },
  })
  await new Promise(done => child.on('exit', done))
  const results: Result[] = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : []
  rmSync(folder, { recursive: true, force: true })
  if (!results.length) throw new Error(`the player gave no report for ${part}`)
  return results
}

/** The recordings' own model provider and echo server. */
async function startTools(): Promise<AsyncDisposable> {
  const children = [
    ['mock-llm', 9100],
    ['echo-http', 9101],
  ].map(([name, port]) =>
    spawn(process.execPath, [join(recordings, '..', 'tools', String(name), 'server.mjs'), '--port', String(port)], { stdio: 'ignore' }),
  )
  await new Promise(done => setTimeout(done, 500))
  return { [Symbol.asyncDispose]: async () => void children.map(child => child.kill()) }
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
