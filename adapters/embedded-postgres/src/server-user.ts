import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** As whom the server runs. PostgreSQL refuses to run as root. */
export interface ServerUser {
  /** Undefined: as ourselves. */
  ids: { uid: number; gid: number } | undefined
  wrap: (command: string, parameters: string[]) => [string, string[]]
}

/**
 * Ourselves, unless we are root: then the user `postgres`, made where it is missing, else `nobody`.
 * @param folders what that user must be able to reach
 */
export async function findServerUser(...folders: string[]): Promise<ServerUser> {
  const direct = (command: string, parameters: string[]): [string, string[]] => [command, parameters]
  if (process.getuid?.() !== 0) return { ids: undefined, wrap: direct }
  const ids = lookUp('postgres') ?? create() ?? lookUp('nobody') ?? { uid: 65534, gid: 65534 }
  if (folders.every(folder => canReach(folder, ids))) return { ids, wrap: direct }
  // Below `/root` and the like: the one right that is missing is handed over instead of opening the folder to everyone.
  const grant = [
    `--reuid=${ids.uid}`,
    `--regid=${ids.gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--',
  ]
  return { ids, wrap: (command, parameters) => ['setpriv', [...grant, command, ...parameters]] }
}

/** The uid and gid to spawn with; `setpriv` must start as root to change them itself. */
export function spawnOptions(user: ServerUser) {
  const [command] = user.wrap('postgres', [])
  const env = { ...process.env, LC_ALL: 'C', LANGUAGE: '' }
  return { env, cwd: '/', ...(user.ids && command !== 'setpriv' ? user.ids : {}) }
}

function lookUp(name: string): { uid: number; gid: number } | undefined {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find(entry => entry.startsWith(`${name}:`))
    const [, , uid, gid] = line?.split(':') ?? []
    return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
  } catch {
    return undefined
  }
}

function create(): { uid: number; gid: number } | undefined {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return lookUp('postgres')
}

/** Whether the user may pass through every folder down to this one. */
function canReach(folder: string, ids: { uid: number; gid: number }): boolean {
  let path = resolve(folder)
  for (;;) {
    try {
      const { mode, uid, gid } = statSync(path)
      const bit = uid === ids.uid ? 0o100 : gid === ids.gid ? 0o010 : 0o001
      if (!(mode & bit)) return false
    } catch {
      // Not made yet; it will be ours to make, open to pass.
    }
    const parent = dirname(path)
    if (parent === path) return true
    path = parent
  }
}
