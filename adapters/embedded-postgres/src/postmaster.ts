import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a server says about itself in `postmaster.pid`. */
export interface Postmaster {
  pid: number
  port: number
  /** The folder as the server knows it. */
  dataFolder: string
  status: 'starting' | 'ready' | 'stopping' | 'standby' | 'unknown'
}

/** The server that claims the folder, dead or alive; undefined where none does. */
export async function readPostmaster(dataFolder: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const lines = text.split('\n').map(line => line.trim())
  const pid = Number(lines[0])
  // Empty for a moment while the server writes it.
  if (!Number.isInteger(pid) || pid === 0) return undefined
  const status = lines[7]
  const known = status === 'starting' || status === 'ready' || status === 'stopping' || status === 'standby'
  return { pid: Math.abs(pid), port: Number(lines[3]) || 0, dataFolder: lines[1] ?? '', status: known ? status : 'unknown' }
}

/** Whether the claiming process lives and is a PostgreSQL of this folder, not a stranger that got the same number later. */
export function isPostmasterOf(postmaster: Postmaster, dataFolder: string): boolean {
  if (!isProcessAlive(postmaster.pid)) return false
  if (process.platform !== 'linux') return true
  try {
    const command = readFileSync(`/proc/${postmaster.pid}/cmdline`, 'utf8').split('\0')
    return command.includes(dataFolder)
  } catch {
    return false
  }
}

export function isProcessAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** A process that has ended and waits for its parent to notice, which a container's first process often never does. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}
