import { parseArgs } from 'node:util'
import { stringifyJson } from '@weft/contracts'
import { simulate } from './simulator.ts'

/**
 * Plays simulator seeds: `node packages/engine/tests/simulate.ts --seed 17` replays one and prints its graph, journal and text;
 * `--seed 1 --runs 50000` plays many and prints those that fail.
 */
const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, runs: { type: 'string', default: '1' } } })
const [first, runs] = [Number(values.seed), Number(values.runs)]
const counts: Record<string, number> = {}
const count = (what: string, more = 1) => {
  counts[what] = (counts[what] ?? 0) + more
}
const begin = performance.now()
for (let seed = first; seed < first + runs; seed++) {
  try {
    const run = simulate(seed)
    count(run.state.finished?.status ?? 'unfinished')
    count('kills', run.kills)
    count('events', run.journal.length)
    count('nodes', run.state.executions.size)
    if (run.isRaced) count('raced')
    if (runs === 1) {
      console.log(stringifyJson(run.graph))
      for (const event of run.journal) console.log(stringifyJson(event))
      console.log(stringifyJson(run.text))
    }
  } catch (error) {
    count('broken')
    process.exitCode = 1
    console.error(`seed ${seed}: ${runs === 1 && error instanceof Error ? error.stack : error}`)
  }
}
console.log(counts, `${((performance.now() - begin) / 1000).toFixed(1)} s`)
