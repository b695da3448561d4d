import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findBinary, installBinary } from './binaries.ts'

const run = promisify(execFile)

/** Installs what the sandbox role needs of the system where it is missing: bubblewrap, and Debian's Python with pip. */
export async function ensureSandboxTools(): Promise<void> {
  if (!(await findBinary('bwrap'))) await installBinary('bwrap', 'bubblewrap')
  const hasPip = await run('/usr/bin/python3', ['-m', 'pip', '--version']).then(
    () => true,
    () => false,
  )
  if (!hasPip) await installBinary('python3', 'python3-pip', ['/usr/bin'])
}
