// Memory over many runs: `node bench/memory.ts [--runs 100000] [--connections 20]`. One process on its embedded database; prints the
// resident memory of the Node process after every tenth of the runs.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startWeft } from '../e2e/support/weft-process.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100000' }, connections: { type: 'string', default: '20' } } })
const total = Number(values.runs)

const ECHO = `app: {name: Echo, mode: workflow}
kind: app
version: 0.4.0
workflow:
  features: {}
  graph:
    edges:
    - {id: a, source: s, sourceHandle: source, target: t, targetHandle: target}
    - {id: b, source: t, sourceHandle: source, target: e, targetHandle: target}
    nodes:
    - {id: s, type: custom, data: {type: start, title: Start, variables: [{variable: q, label: q, type: text-input, required: true}]}}
    - {id: t, type: custom, data: {type: template-transform, title: T, template: "{{ q }}!", variables: [{variable: q, value_selector: [s, q]}]}}
    - {id: e, type: custom, data: {type: end, title: End, outputs: [{variable: out, value_selector: [t, output]}]}}
`

await using weft = await startWeft()
const key = await prepare()
let done = 0
const began = performance.now()
console.log(`start: ${residentMegabytes()} MB`)
await Promise.all(
  Array.from({ length: Number(values.connections) }, async () => {
    while (done < total) {
      done++
      const mark = done
      const answer = await call('POST', '/v1/workflows/run', key, {
        inputs: { q: 'hello' },
        response_mode: 'blocking',
        user: `user-${mark % 50}`,
      })
      if (answer.data?.status !== 'succeeded') throw new Error(JSON.stringify(answer))
      if (mark % (total / 10) === 0)
        console.log(`${mark} runs: ${residentMegabytes()} MB, ${Math.round(mark / ((performance.now() - began) / 1000))} runs a second`)
    }
  }),
)

async function prepare(): Promise<string> {
  const account = { email: 'bench@example.com', name: 'bench', password: 'Passw0rd1' }
  await call('POST', '/console/api/setup', '', account)
  const token = (await call('POST', '/console/api/login', '', account)).data.access_token
  const { app_id } = await call('POST', '/console/api/apps/imports', token, { mode: 'yaml-content', yaml_content: ECHO })
  await call('POST', `/console/api/apps/${app_id}/workflows/publish`, token, {})
  return (await call('POST', `/console/api/apps/${app_id}/api-keys`, token, {})).token
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many routes
async function call(method: string, path: string, key: string, body: unknown): Promise<any> {
  const headers = { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) }
  const response = await fetch(weft.url + path, { method, headers, body: JSON.stringify(body) })
  return response.json()
}

function residentMegabytes(): number {
  const [, kilobytes = '0'] = readFileSync(`/proc/${weft.child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/) ?? []
  return Math.round(Number(kilobytes) / 1024)
}
