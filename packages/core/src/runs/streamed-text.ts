import type { Execution, Selector } from '@weft/engine'

type Append = (type: 'text-delta' | 'text-replaced' | 'text-ended', selector: Selector, text: string) => void

/** What the journal has of a text, and how much of it has been said again. */
interface Before {
  said: string
  position: number
  isEnded: boolean
}

/**
 * The text of one execution on its way to the journal. An execution that was begun by another process says its text again: what
 * the journal has already is left out as long as it is the same, and called back where it differs.
 */
export class StreamedText {
  readonly #before = new Map<string, Before>()
  readonly #append: Append

  constructor(execution: Pick<Execution, 'streamed'>, append: Append) {
    this.#append = append
    for (const [key, { text, isEnded }] of execution.streamed) this.#before.set(key, { said: text, position: 0, isEnded })
  }

  add(selector: Selector, text: string): void {
    const key = selector.join('.')
    const before = this.#before.get(key)
    if (!before) {
      this.#append('text-delta', selector, text)
      return
    }
    const expected = before.said.slice(before.position, before.position + text.length)
    if (text === expected) {
      before.position += text.length
      return
    }
    this.#before.delete(key)
    // What has ended takes no more pieces: it is said anew as a whole.
    if (text.startsWith(expected) && !before.isEnded) this.#append('text-delta', selector, text.slice(expected.length))
    else this.#append('text-replaced', selector, before.said.slice(0, before.position) + text)
  }

  end(selector: Selector): void {
    const key = selector.join('.')
    const before = this.#before.get(key)
    this.#before.delete(key)
    const isShorter = before !== undefined && before.position < before.said.length
    if (isShorter) this.#append('text-replaced', selector, before.said.slice(0, before.position))
    if (!before?.isEnded || isShorter) this.#append('text-ended', selector, '')
  }
}
