// Brings the project to where it can run, then runs it: `node tools/setup.mjs FILE [arguments]`.
// No dependencies, and any Node from 18 on: it is what a fresh clone starts with.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const pinnedNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const marker = join(root, 'node_modules', '.weft-installed')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')

if (!existsSync(pinnedNode) || !existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) {
  console.error('Installing dependencies (npm ci) …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    console.error('npm ci failed; see above. Weft needs npm and a way to its registry.')
    process.exit(status ?? 1)
  }
  writeFileSync(marker, wanted)
}

const [file, ...rest] = process.argv.slice(2)
if (file) run(pinnedNode, [join(root, file), ...rest])

/** Becomes the program where Node can (≥ 22.15), else stands in front of it and passes signals on. */
function run(command, parameters) {
  if (typeof process.execve === 'function' && process.platform !== 'win32') process.execve(command, [command, ...parameters], process.env)
  const child = spawn(command, parameters, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
