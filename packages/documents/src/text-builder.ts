const PIECES = 4096

/** Puts many small pieces together. Adding to one string keeps every piece until the end, at several times its size. */
export class TextBuilder {
  #pieces: string[] = []
  readonly #joined: string[] = []

  add(piece: string): void {
    if (this.#pieces.push(piece) < PIECES) return
    this.#joined.push(this.#pieces.join(''))
    this.#pieces = []
  }

  toString(): string {
    return this.#joined.join('') + this.#pieces.join('')
  }
}
