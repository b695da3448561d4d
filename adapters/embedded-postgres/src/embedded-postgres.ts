import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinaries } from './binaries.ts'
import { isPostmasterOf, isProcessAlive, readPostmaster } from './postmaster.ts'
import { findServerUser, type ServerUser, spawnOptions } from './server-user.ts'

export interface EmbeddedPostgresOptions {
  /** The cluster's own folder: data, password, socket. Made where it is missing. */
  folder: string
  /** Receives what the server writes to its log, line by line. */
  onLog?: (line: string) => void
  /** Server settings on top of the small-memory ones, such as `{ fsync: 'off' }` for throw-away data. */
  settings?: Record<string, string>
  /** Milliseconds to wait for the server; recovery after a crash may need some. */
  startTimeout?: number
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** A socket folder, or `127.0.0.1` where there are no Unix sockets. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** Whether this call started the server; else it was found running. */
  readonly isStarter: boolean
  /** Lets go of the server, and stops it when no other process uses it. */
  stop(): Promise<void>
}

export class EmbeddedPostgresError extends Error {
  readonly code = 'embedded-postgres-failed'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EmbeddedPostgresError'
  }
}

const USER = 'weft'
const DATABASE = 'postgres'
const PORT = 5432

/** Longest path of a socket that every system takes, less `/.s.PGSQL.5432`. */
const LONGEST_SOCKET_FOLDER = 103 - 14

/** Small, since it shares a laptop with everything else; durable, since it is somebody's data. */
const SETTINGS: Record<string, string> = {
  shared_buffers: '32MB',
  max_connections: '60',
  max_worker_processes: '2',
  max_parallel_workers: '0',
  autovacuum_max_workers: '1',
  autovacuum_worker_slots: '1',
  max_wal_senders: '0',
  max_replication_slots: '0',
  wal_level: 'minimal',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  jit: 'off',
  log_min_messages: 'warning',
  log_timezone: 'UTC',
  timezone: 'UTC',
}

/**
 * Starts PostgreSQL in the folder, or joins the server that already runs there: one that another Weft process started, or that
 * outlived a killed one. Several processes may share it; the last to leave stops it.
 * @throws EmbeddedPostgresError
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.folder)
  const binaries = await findBinaries()
  const user = await findServerUser(dirname(folder), dirname(binaries.postgres))
  if (!existsSync(join(folder, 'data', 'PG_VERSION'))) await createCluster(folder, binaries.initdb, user, options.onLog)
  const password = (await readFile(join(folder, 'password'), 'utf8')).trim()
  const socketFolder = await prepareSocketFolder(folder, user)

  const usersFolder = join(folder, 'users')
  const ownMark = join(usersFolder, `${process.pid}-${randomBytes(4).toString('hex')}`)
  await mkdir(usersFolder, { recursive: true })
  await writeFile(ownMark, '')

  let leaving: Promise<void> | undefined
  let child: ChildProcess | undefined
  const start = async () => {
    child = await startOrJoin({ folder, socketFolder, postgres: binaries.postgres, user, options })
    // Killed from outside, for want of memory perhaps: what was committed is on disk, and clients connect again by themselves.
    child?.once('exit', () => {
      if (!leaving) start().catch(error => options.onLog?.(String(error)))
    })
  }
  try {
    await start()
  } catch (error) {
    await rm(ownMark, { force: true })
    throw error
  }

  const leave = async () => {
    await rm(ownMark, { force: true })
    if (!(await hasOtherUsers(usersFolder))) await stopServer(join(folder, 'data'))
  }
  const stop = () => {
    leaving ??= leave()
    return leaving
  }
  const [host, port] = socketFolder ? [socketFolder, PORT] : ['127.0.0.1', (await readPostmaster(join(folder, 'data')))?.port ?? PORT]
  return { host, port, user: USER, password, database: DATABASE, isStarter: child !== undefined, stop, [Symbol.asyncDispose]: stop }
}

/** Makes the cluster aside and moves it into place in one step, so that neither a crash nor a second process leaves half of one. */
async function createCluster(folder: string, initdb: string, user: ServerUser, onLog?: (line: string) => void) {
  await mkdir(dirname(folder), { recursive: true })
  const draft = await mkdtemp(`${folder}.new-`)
  try {
    const password = randomBytes(24).toString('hex')
    await writeFile(join(draft, 'password'), password, { mode: 0o600 })
    await own(draft, user)
    await own(join(draft, 'password'), user)
    await run(
      initdb,
      [
        `--pgdata=${join(draft, 'data')}`,
        `--username=${USER}`,
        `--pwfile=${join(draft, 'password')}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--data-checksums',
      ],
      user,
      onLog,
    )
    await chmod(draft, 0o755)
    await rename(draft, folder).catch(error => {
      if (!existsSync(join(folder, 'data', 'PG_VERSION'))) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

function run(command: string, parameters: string[], user: ServerUser, onLog?: (line: string) => void): Promise<void> {
  const { promise, resolve: done, reject } = Promise.withResolvers<void>()
  const [file, list] = user.wrap(command, parameters)
  const child = spawn(file, list, { ...spawnOptions(user), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const collect = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  child.on('error', reject)
  child.on('close', code => {
    for (const line of output.trimEnd().split('\n')) onLog?.(line)
    if (code === 0) done()
    else reject(new EmbeddedPostgresError(`PostgreSQL could not create its data folder (exit code ${code}): ${output.trim().slice(-1000)}`))
  })
  return promise
}

interface Start {
  folder: string
  socketFolder: string | undefined
  postgres: string
  user: ServerUser
  options: EmbeddedPostgresOptions
}

/** The server's process where this call started it; undefined where it was running. */
async function startOrJoin({ folder, socketFolder, postgres, user, options }: Start): Promise<ChildProcess | undefined> {
  const dataFolder = join(folder, 'data')
  const deadline = Date.now() + (options.startTimeout ?? 60_000)
  let lastWords = ''
  while (Date.now() < deadline) {
    const postmaster = await readPostmaster(dataFolder)
    if (postmaster && isPostmasterOf(postmaster, dataFolder)) {
      if (postmaster.status === 'ready' && (await isListening(postmaster.port))) return undefined
      await sleep(25)
      continue
    }
    // The file of a dead server, whose number another process may bear by now.
    if (postmaster) await rm(join(dataFolder, 'postmaster.pid'), { force: true })
    const child = await launch()
    if (child) return child
    await sleep(200)
  }
  throw new EmbeddedPostgresError(`PostgreSQL did not start in ${folder}: ${lastWords || 'no answer in time'}`)

  /** A server that is being killed still calls itself ready. */
  function isListening(port: number): Promise<boolean> {
    const { promise, resolve: answer } = Promise.withResolvers<boolean>()
    const socket = socketFolder ? connect(join(socketFolder, `.s.PGSQL.${PORT}`)) : connect(port, '127.0.0.1')
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
    return promise.finally(() => socket.destroy())
  }

  /** Undefined when the server ended again: another process was faster, or the remains of a killed server are still ending. */
  async function launch(): Promise<ChildProcess | undefined> {
    const settings = {
      ...SETTINGS,
      ...options.settings,
      listen_addresses: socketFolder ? '' : '127.0.0.1',
      ...(socketFolder ? { unix_socket_directories: socketFolder } : {}),
    }
    const port = socketFolder ? PORT : await freePort()
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const [file, list] = user.wrap(postgres, ['-D', dataFolder, '-p', String(port), ...flags])
    // A session of its own: Ctrl+C in the terminal is for Weft, which stops the server after its own work.
    const child = spawn(file, list, { ...spawnOptions(user), detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
    child.on('error', error => {
      lastWords = error.message
    })
    let tail = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      const lines = (tail + chunk.toString()).split('\n')
      tail = lines.pop() ?? ''
      for (const line of lines) {
        lastWords = line
        options.onLog?.(line)
      }
    })
    while (child.exitCode === null && child.signalCode === null && child.pid !== undefined && Date.now() < deadline) {
      const postmaster = await readPostmaster(dataFolder)
      if (postmaster?.pid === child.pid && postmaster.status === 'ready') {
        child.unref()
        // Its log must not hold our process alive, nor its end be an unhandled error.
        ;(child.stderr as unknown as { unref?: () => void } | null)?.unref?.()
        return child
      }
      await sleep(10)
    }
    return undefined
  }
}

/** A short folder for the socket, or undefined where there are none (Windows). */
async function prepareSocketFolder(folder: string, user: ServerUser): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined
  const inside = join(folder, 'socket')
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  const socketFolder = Buffer.byteLength(inside) <= LONGEST_SOCKET_FOLDER ? inside : join(tmpdir(), `weft-${hash}`)
  await mkdir(socketFolder, { recursive: true, mode: 0o755 })
  await own(socketFolder, user)
  return socketFolder
}

async function own(path: string, user: ServerUser) {
  if (user.ids) await chown(path, user.ids.uid, user.ids.gid)
}

async function hasOtherUsers(usersFolder: string): Promise<boolean> {
  const marks = await readdir(usersFolder).catch(() => [])
  let hasOthers = false
  for (const mark of marks) {
    if (isProcessAlive(Number.parseInt(mark, 10))) hasOthers = true
    else await rm(join(usersFolder, mark), { force: true })
  }
  return hasOthers
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
async function stopServer(dataFolder: string) {
  const postmaster = await readPostmaster(dataFolder)
  if (!postmaster || !isPostmasterOf(postmaster, dataFolder)) return
  process.kill(postmaster.pid, 'SIGINT')
  const deadline = Date.now() + 20_000
  while (isProcessAlive(postmaster.pid) && existsSync(join(dataFolder, 'postmaster.pid'))) {
    if (Date.now() > deadline) return void process.kill(postmaster.pid, 'SIGQUIT')
    await sleep(10)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve: done, reject } = Promise.withResolvers<number>()
  server.on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => done(address && typeof address === 'object' ? address.port : PORT))
  })
  return promise
}
