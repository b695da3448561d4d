import type { Database } from '../database/database.ts'

export interface Schedule {
  name: string
  everySeconds: number
  work(): Promise<void>
}

/** How often a process looks whether something is due. */
const LOOK_SECONDS = 60

/**
 * Fires schedules. However many processes run this, each firing happens in one of them: the one whose update of the last
 * time succeeds. A process that dies in the middle leaves the work to the next firing, so work must be safe to repeat.
 */
export class Schedules {
  readonly #database: Database
  readonly #schedules: Schedule[]
  readonly #onError: (error: unknown, name: string) => void
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(database: Database, schedules: Schedule[], onError: (error: unknown, name: string) => void) {
    this.#database = database
    this.#schedules = schedules
    this.#onError = onError
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.fireDue())
    }, LOOK_SECONDS * 1000)
    this.#timer.unref()
  }

  /** Does what is due, one after another. */
  async fireDue(): Promise<void> {
    for (const schedule of this.#schedules) {
      try {
        if (await this.#claim(schedule)) await schedule.work()
      } catch (error) {
        this.#onError(error, schedule.name)
      }
    }
  }

  /** A schedule that is new waits its first period: a start is no reason to clean up. */
  async #claim({ name, everySeconds }: Schedule): Promise<boolean> {
    const { rows } = await this.#database.query<{ is_due: boolean }>({
      text: `insert into schedules (name, fired_at) values ($1, now()) on conflict (name) do update set fired_at = now()
        where schedules.fired_at <= now() - $2 * interval '1 second' returning xmax <> 0 as is_due`,
      values: [name, everySeconds],
    })
    return rows[0]?.is_due === true
  }

  /** Takes nothing up any more and waits for what is being done. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }
}
