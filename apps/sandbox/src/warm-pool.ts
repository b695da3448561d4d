import type { Inmate, Language, Zygote } from './zygote.ts'

export type Kind = `${Language}-${'on' | 'off'}`

/**
 * Keeps processes of each kind ready, and hands each out once. A kind that was not asked for yet has none ready, apart from those
 * that nearly every request asks for.
 */
export class WarmPool {
  readonly #zygote: Zygote
  readonly #sizes: Record<Kind, number>
  readonly #idle = new Map<Kind, Promise<Inmate>[]>()

  constructor(zygote: Zygote, sizes: Record<Kind, number>) {
    this.#zygote = zygote
    this.#sizes = { ...sizes }
    for (const kind of Object.keys(sizes) as Kind[]) this.#refill(kind)
  }

  get zygote(): Zygote {
    return this.#zygote
  }

  /** @throws SandboxError */
  async take(kind: Kind): Promise<Inmate> {
    this.#sizes[kind] ||= 1
    const inmate = this.#queue(kind).shift() ?? this.#start(kind)
    // After the caller's own turn, so that its program is on its way before another process is started.
    setImmediate(() => this.#refill(kind))
    return inmate
  }

  /** Resolves when as many are ready as shall be. */
  async settle(): Promise<void> {
    await Promise.all([...this.#idle.values()].flat())
  }

  #queue(kind: Kind): Promise<Inmate>[] {
    const queue = this.#idle.get(kind) ?? []
    this.#idle.set(kind, queue)
    return queue
  }

  #refill(kind: Kind): void {
    const queue = this.#queue(kind)
    while (queue.length < this.#sizes[kind] && !this.#zygote.isOver) queue.push(this.#start(kind))
  }

  #start(kind: Kind): Promise<Inmate> {
    const [language, network] = kind.split('-') as [Language, string]
    const inmate = this.#zygote.fork(language, network === 'on')
    // Whoever takes it sees its failure.
    inmate.catch(() => {})
    return inmate
  }
}
