import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort, startWeft, type WeftProcess } from './weft-process.ts'

export interface Recovery {
  /** Milliseconds from the start of the process until it answers. */
  ready: number
  /** Milliseconds from the start of the process until it executes every run that the dead one left. */
  recovered: number
  /** Runs that the dead process left. */
  orphans: number
}

/** One Weft with its embedded database that is killed and started again on the same data and port. */
export class EmbeddedVictim implements AsyncDisposable {
  readonly url: string
  readonly #port: number
  readonly #folder: string
  readonly #environment: Record<string, string>
  #weft: WeftProcess | undefined

  private constructor(folder: string, port: number, environment: Record<string, string>) {
    this.#folder = folder
    this.#port = port
    this.#environment = environment
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(environment: Record<string, string> = {}): Promise<EmbeddedVictim> {
    const victim = new EmbeddedVictim(await mkdtemp(join(tmpdir(), 'weft-v-')), await freePort(), environment)
    await victim.#start()
    return victim
  }

  /** All that the process living now has printed. */
  get output(): string {
    return this.#weft?.output() ?? ''
  }

  async #start(): Promise<void> {
    this.#weft = await startWeft({ port: this.#port, dataFolder: this.#folder, environment: this.#environment })
  }

  /** Kills the process group at once, and its database server too where asked. */
  async kill(options: { withDatabase: boolean }): Promise<void> {
    if (options.withDatabase) {
      const lines = (await readFile(join(this.#folder, 'postgres/data/postmaster.pid'), 'utf8').catch(() => '')).split('\n')
      if (Number(lines[0]) > 0) process.kill(Number(lines[0]), 'SIGKILL')
    }
    await this.#weft?.kill('SIGKILL')
  }

  /** Asks the process to end, and waits until it has. */
  async stop(): Promise<number | null> {
    await this.#weft?.kill('SIGTERM')
    return this.#weft?.child.exitCode ?? null
  }

  async restart(): Promise<void> {
    await this.#start()
  }

  /** Starts again and waits until every run left behind is executed again. */
  async recover(): Promise<Recovery> {
    const started = performance.now()
    await this.#start()
    const ready = performance.now() - started
    await using pool = await this.openPool()
    const [first] = (await pool.query(ORPHANS, [this.#weft?.child.pid])).rows
    for (let left = first.orphans; left > 0; await sleep(20)) left = (await pool.query(ORPHANS, [this.#weft?.child.pid])).rows[0].orphans
    const recovered = performance.now() - started
    return { ready, recovered, orphans: first.left }
  }

  /** A way into the database. */
  async openPool(): Promise<pg.Pool & AsyncDisposable> {
    const folder = join(this.#folder, 'postgres')
    const password = (await readFile(join(folder, 'password'), 'utf8')).trim()
    const socket = join(folder, 'socket')
    if (!existsSync(socket)) throw new Error(`no socket in ${folder}`)
    const pool = new pg.Pool({ host: socket, port: 5432, user: 'weft', password, database: 'postgres', max: 2 })
    pool.on('error', () => undefined)
    return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#weft?.[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Runs that no process of this number executes; and all that run. */
const ORPHANS = `select count(*)::int as left, (count(*) filter (where not exists
  (select 1 from run_executors x where x.id = r.executor_id and not x.is_fenced and x.pid = $1)))::int as orphans
  from workflow_runs r where status = 'running'`
