/** Lets a number of runs in at once and a number of requests wait; who comes then is turned away. */
export class Admission {
  readonly #maxRequests: number
  #freeWorkers: number
  #requests = 0
  readonly #waiting: (() => void)[] = []

  constructor(limits: { maxWorkers: number; maxRequests: number }) {
    this.#freeWorkers = limits.maxWorkers
    this.#maxRequests = limits.maxRequests
  }

  /** Gives undefined at once where too many are inside. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#requests >= this.#maxRequests) return undefined
    this.#requests++
    try {
      if (this.#freeWorkers > 0) this.#freeWorkers--
      else await new Promise<void>(resolve => this.#waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = this.#waiting.shift()
        if (next) next()
        else this.#freeWorkers++
      }
    } finally {
      this.#requests--
    }
  }
}
