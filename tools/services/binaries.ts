import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export class BinaryMissingError extends Error {
  readonly code = 'binary-missing'
  readonly binary: string
  constructor(binary: string, debianPackage: string, options?: ErrorOptions) {
    super(`${binary} is not installed; on Debian: apt-get install ${debianPackage}`, options)
    this.name = 'BinaryMissingError'
    this.binary = binary
  }
}

/** The path of an executable, from the given folders or the search path. */
export async function findBinary(name: string, folders: string[] = []): Promise<string | undefined> {
  for (const folder of [...folders, ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    const path = join(folder, name)
    const isExecutable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isExecutable) return path
  }
  return undefined
}

let updated: Promise<unknown> | undefined

/** Installs by apt-get where that is possible. @throws BinaryMissingError */
export async function installBinary(name: string, debianPackage: string, folders: string[] = []): Promise<string> {
  const isPossible = process.platform === 'linux' && process.getuid?.() === 0 && (await findBinary('apt-get'))
  if (!isPossible) throw new BinaryMissingError(name, debianPackage)
  // Runlevel 1 keeps the package from starting a service of its own.
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }, timeout: 300_000 }
  try {
    updated ??= run('apt-get', ['update'], options)
    await updated
    await run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', debianPackage], options)
  } catch (error) {
    throw new BinaryMissingError(name, debianPackage, { cause: error })
  }
  const path = await findBinary(name, folders)
  if (!path) throw new BinaryMissingError(name, debianPackage)
  return path
}

/** The first line that a program prints about its version. */
export async function versionOf(binary: string, flag = '--version'): Promise<string> {
  const { stdout, stderr } = await run(binary, [flag])
  return `${stdout}${stderr}`.trim().split('\n')[0] ?? ''
}
