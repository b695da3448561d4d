// node packages/documents/tests/fuzz.ts --files 20000 --seed 1: reads mutated files of every format; ends with 1 after any offence.
// With --keep 123 it writes file 123 of the seed to the standard output instead.
import { parseArgs } from 'node:util'
import { fuzz, fuzzFile } from './fuzzing.ts'

const { values } = parseArgs({
  options: { files: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' }, keep: { type: 'string' } },
})

if (values.keep !== undefined) process.stdout.write(fuzzFile(Number(values.seed), Number(values.keep)).bytes)
else {
  const report = await fuzz(Number(values.files), Number(values.seed), done => {
    if (done % 1000 === 0) console.error(`${done} files`)
  })
  console.log(JSON.stringify(report, null, 2))
  process.exitCode = report.offences.length ? 1 : 0
}
