// The whole test suite: `npm test`. Each step prints as it goes; the last line counts what passed and failed.
// `npm test -- unit conformance` runs only the steps named.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const node = process.execPath
const bin = (name: string) => join(root, 'node_modules', name)
const folder = mkdtempSync(join(tmpdir(), 'weft-tests-'))

interface Step {
  name: string
  command: string[]
  /** Vitest's own count goes into the sum; other steps count as one. */
  isVitest?: boolean
}

const STEPS: Step[] = [
  { name: 'types', command: [node, bin('typescript/bin/tsc'), '--noEmit'] },
  { name: 'lint', command: [bin('@biomejs/biome/bin/biome'), 'check', '.'] },
  { name: 'borders', command: [node, 'tools/check-borders.ts'] },
  { name: 'unit', command: [node, bin('vitest/vitest.mjs'), 'run'], isVitest: true },
  { name: 'e2e', command: [node, bin('vitest/vitest.mjs'), 'run', '--config', 'e2e/vitest.config.ts'], isVitest: true },
  { name: 'conformance', command: [node, 'tools/conformance.ts', 'embedded', 'distributed'] },
]

const wanted = process.argv.slice(2)
const steps = wanted.length ? STEPS.filter(step => wanted.includes(step.name)) : STEPS
let passed = 0
let failed = 0
const broken: string[] = []
for (const step of steps) {
  console.log(`\n── ${step.name} ${'─'.repeat(Math.max(0, 60 - step.name.length))}`)
  const started = Date.now()
  const report = join(folder, `${step.name}.json`)
  const extra = step.isVitest ? ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`] : []
  const status = await run([...step.command, ...extra])
  const counts = step.isVitest ? readCounts(report) : undefined
  passed += counts?.passed ?? (status === 0 ? 1 : 0)
  failed += counts ? Math.max(counts.failed, status === 0 ? 0 : 1) : status === 0 ? 0 : 1
  if (status !== 0) broken.push(step.name)
  console.log(`${step.name}: ${status === 0 ? 'passed' : 'failed'} in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}
rmSync(folder, { recursive: true, force: true })
if (broken.length) console.log(`\nfailed: ${broken.join(', ')}`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)

function run([command = '', ...parameters]: string[]): Promise<number> {
  return new Promise(done => {
    const child = spawn(command, parameters, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('exit', code => done(code ?? 1))
    child.on('error', error => {
      console.error(error.message)
      done(1)
    })
  })
}

function readCounts(file: string): { passed: number; failed: number } | undefined {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'))
    return { passed: report.numPassedTests, failed: report.numFailedTests }
  } catch {
    return undefined
  }
}
