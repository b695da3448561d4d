// Runs in flight while their process group is killed again and again, on embedded PostgreSQL; then the same in the distributed
// form, where PostgreSQL, Redis and the processes are killed in turn. Ends with a failure where anything is lost, doubled or changed.
//
//   node bench/durability.ts [--kills 200] [--runs 400] [--seed 1] [--concurrency 24] [--form embedded|distributed]
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { playDistributed } from '../e2e/support/distributed-kills.ts'
import { playEmbedded } from '../e2e/support/embedded-kills.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    runs: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '24' },
    form: { type: 'string', default: 'embedded' },
  },
})
const options = {
  kills: Number(values.kills),
  runs: Number(values.runs),
  seed: Number(values.seed),
  concurrency: Number(values.concurrency),
  onProgress: (line: string) => console.log(line),
}
const result = values.form === 'distributed' ? await playDistributed(options) : await playEmbedded(options)
for (const violation of result.violations) console.log(`VIOLATION ${violation}`)
for (const [name, value] of Object.entries(result.figures)) console.log(`${name}: ${value}`)
console.log(result.violations.length ? `${result.violations.length} violations` : 'everything held')
await sleep(0)
process.exit(result.violations.length ? 1 : 0)
