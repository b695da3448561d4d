import { execFile } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BinaryMissingError } from '../binaries.ts'

const execute = promisify(execFile)
/** Some of these are compiled from source on a busy machine. */
const INSTALL_MILLISECONDS = 900_000

export class ToolMissingError extends BinaryMissingError {
  constructor(tool: string, cause: unknown) {
    super(tool, tool, { cause })
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.message = `${tool} cannot be installed here: ${reason.slice(0, 500)}`
    this.name = 'ToolMissingError'
  }
}

/**
 * A folder with a tool that only tests need, too large to be everybody's dependency. It is made once for each machine and user,
 * whole or not at all, and its name says what is in it: a new version, a new name.
 * @throws ToolMissingError
 */
export async function toolFolder(name: string, install: (folder: string) => Promise<void>): Promise<string> {
  const cache = join(tmpdir(), `weft-test-tools-${process.getuid?.() ?? 'all'}`)
  const folder = join(cache, name)
  if (await exists(folder)) return folder
  await mkdir(cache, { recursive: true, mode: 0o700 })
  const unfinished = await mkdtemp(`${folder}~`)
  try {
    await chmod(unfinished, 0o755)
    await install(unfinished)
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!(await exists(folder))) throw new ToolMissingError(name, error)
  }
  return folder
}

export async function run(command: string, commandArguments: string[], environment: Record<string, string> = {}): Promise<void> {
  await execute(command, commandArguments, {
    env: { ...process.env, ...environment },
    timeout: INSTALL_MILLISECONDS,
    maxBuffer: 64 * 1024 * 1024,
  })
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
