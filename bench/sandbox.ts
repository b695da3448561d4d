// What the sandbox role takes for a small function, over its HTTP API: node bench/sandbox.ts [seconds per figure]
import { setTimeout as sleep } from 'node:timers/promises'
import { readSandboxSettings, startSandbox } from '@weft/sandbox'

const seconds = Number(process.argv[2] ?? 5)
const PROGRAMS = {
  python3: `
def main(name, count):
    return {"result": f"Hello {name}", "count": count + 1}

import json
from base64 import b64decode
inputs_obj = json.loads(b64decode('eyJuYW1lIjoiWm/DqyIsImNvdW50IjoxfQ==').decode('utf-8'))
print('<<RESULT>>' + json.dumps(main(**inputs_obj), indent=4) + '<<RESULT>>')
`,
  nodejs: `
function main({ name, count }) { return { result: 'Hello ' + name, count: count + 1 } }
var inputs_obj = JSON.parse(Buffer.from('eyJuYW1lIjoiWm/DqyIsImNvdW50IjoxfQ==', 'base64').toString('utf-8'))
console.log('<<RESULT>>' + JSON.stringify(main(inputs_obj)) + '<<RESULT>>')
`,
}
type Language = keyof typeof PROGRAMS

const log = { info() {}, warn() {}, error: (facts: object, message: string) => console.error(message, facts) }
const running = await startSandbox(
  readSandboxSettings({ ...process.env, SANDBOX_PORT: '0', SANDBOX_BIND_ADDRESS: '127.0.0.1', MAX_WORKERS: '8' }),
  log,
)
await running.packagesReady

async function call(language: Language): Promise<number> {
  const start = performance.now()
  const response = await fetch(`${running.url}/v1/sandbox/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'dify-sandbox' },
    body: JSON.stringify({ language, code: PROGRAMS[language], preload: '', enable_network: true }),
  })
  const { data } = (await response.json()) as { data: { stdout: string; error: string } }
  if (data.error || !data.stdout.includes('<<RESULT>>')) throw new Error(JSON.stringify(data))
  return performance.now() - start
}

function quantile(sorted: number[], share: number): string {
  return `${(sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1)} ms`
}

async function measure(title: string, language: Language, { callers, pause }: { callers: number; pause: number }) {
  for (let warm = 0; warm < 8; warm++) await call(language)
  await sleep(500)
  const times: number[] = []
  const start = performance.now()
  const caller = async () => {
    while (performance.now() - start < seconds * 1000) {
      times.push(await call(language))
      if (pause) await sleep(pause)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const elapsed = (performance.now() - start) / 1000
  times.sort((left, right) => left - right)
  const rate = pause ? '' : `, ${(times.length / elapsed).toFixed(0)} runs a second`
  console.log(`${language.padEnd(8)} ${title.padEnd(26)} median ${quantile(times, 0.5)}, 95% ${quantile(times, 0.95)}${rate}`)
}

for (const language of ['python3', 'nodejs'] as const) {
  await measure('one caller, pausing 100 ms', language, { callers: 1, pause: 100 })
  await measure('one caller', language, { callers: 1, pause: 0 })
  await measure('8 callers', language, { callers: 8, pause: 0 })
}
await running.stop()
