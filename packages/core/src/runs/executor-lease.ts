import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Database } from '../database/database.ts'

/** Milliseconds between signs of life, and how long one holds. */
const HEARTBEAT = 1500
const TIME_TO_LIVE = 8000

/**
 * A process's right to execute runs. It holds while the process shows signs of life; once it has lapsed another process may
 * fence it, and then nothing that it writes counts.
 */
export class ExecutorLease {
  readonly #database: Database
  readonly #newId: () => string
  readonly #onLost: () => void
  readonly #machine = machineOf()
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  id: string

  constructor(database: Database, newId: () => string, onLost: () => void) {
    this.#database = database
    this.#newId = newId
    this.#onLost = onLost
    this.id = newId()
  }

  async start(): Promise<void> {
    await this.#register()
    this.#schedule()
  }

  async #register(): Promise<void> {
    await this.#database.query({
      text: `insert into run_executors (id, machine, pid, alive_until) values ($1, $2, $3, now() + $4 * interval '1 millisecond')`,
      values: [this.id, this.#machine, process.pid, TIME_TO_LIVE],
    })
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(
      () =>
        void this.#beat()
          .catch(() => undefined)
          .finally(() => this.#schedule()),
      HEARTBEAT,
    )
    this.#timer.unref()
  }

  /** An outage of the database is no loss: the lease is lost only when another process says so. */
  async #beat(): Promise<void> {
    const { rowCount } = await this.#database.query({
      text: `update run_executors set alive_until = now() + $2 * interval '1 millisecond' where id = $1 and not is_fenced`,
      values: [this.id, TIME_TO_LIVE],
    })
    if (rowCount || this.#isStopped) return
    this.id = this.#newId()
    await this.#register()
    this.#onLost()
  }

  /**
   * Fences every executor that shows no life: those whose time is up, and dead processes of this very machine at once. After the
   * database's own restart everybody gets the time to show that they live.
   */
  async fenceDead(): Promise<void> {
    const { rows } = await this.#database.query<{ id: string; pid: number }>({
      text: 'select id, pid from run_executors where machine = $1 and not is_fenced and id <> $2',
      values: [this.#machine, this.id],
    })
    const dead = rows.filter(row => row.pid === process.pid || !isAlive(row.pid)).map(row => row.id)
    await this.#database.query({
      text: `update run_executors set is_fenced = true where not is_fenced and id <> $2 and (id = any($1::uuid[])
        or alive_until < now() and pg_postmaster_start_time() < now() - $3 * interval '1 millisecond')`,
      values: [dead, this.id, TIME_TO_LIVE],
    })
    await this.#database.query({
      text: `delete from run_executors x where is_fenced and alive_until < now() - interval '1 hour'
        and not exists (select 1 from workflow_runs r where r.executor_id = x.id and r.status = 'running')`,
    })
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Process ids mean the same only within one boot and one process namespace. */
function machineOf(): string {
  try {
    return [hostname(), readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), readlinkSync('/proc/self/ns/pid')].join(' ')
  } catch {
    return `${hostname()} ${process.pid}`
  }
}
