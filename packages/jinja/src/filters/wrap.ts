import { spend, spendText } from '../budget.ts'
import { valueError } from '../errors.ts'
import { isWordCharacter } from '../values/character-classes.ts'
import { characterCount, sliceCharacters, strip } from '../values/text.ts'

export interface WrapOptions {
  width: number
  breaksLongWords: boolean
  breaksOnHyphens: boolean
}

/** Python's `textwrap.wrap` of a single line, with tabs and white space left as they are. @throws ValueError for a width below 1 */
export function wrap(line: string, options: WrapOptions): string[] {
  if (options.width <= 0) throw valueError(`invalid width ${options.width} (must be > 0)`)
  spendText(line.length)
  const chunks = options.breaksOnHyphens ? splitOnHyphens(line) : splitOnSpaces(line)
  return new Wrapper(chunks.reverse(), options).run()
}

/** `textwrap` knows only these as white space. */
const SPACES = new Set('\t\n\x0b\x0c\r ')

function isBlank(chunk: string): boolean {
  for (const character of chunk) if (!SPACES.has(character)) return false
  return true
}

class Wrapper {
  /** What is left, the next chunk last. */
  readonly #chunks: string[]
  readonly #options: WrapOptions
  readonly #lines: string[] = []

  constructor(chunks: string[], options: WrapOptions) {
    this.#chunks = chunks
    this.#options = options
  }

  run(): string[] {
    const { width } = this.#options
    while (this.#chunks.length) {
      spend(1)
      const current: string[] = []
      let length = 0
      if (this.#lines.length && isSpaceOnly(this.#chunks.at(-1) ?? '')) this.#chunks.pop()
      for (let next = this.#chunks.at(-1); next !== undefined; next = this.#chunks.at(-1)) {
        const size = characterCount(next)
        if (length + size > width) break
        current.push(next)
        this.#chunks.pop()
        length += size
      }
      if (characterCount(this.#chunks.at(-1) ?? '') > width) this.#breakWord(current, length)
      if (current.length && isSpaceOnly(current.at(-1) ?? '')) current.pop()
      if (current.length) this.#lines.push(current.join(''))
    }
    return this.#lines
  }

  /** Cuts a word that fits no line, or puts it on a line of its own. */
  #breakWord(current: string[], length: number): void {
    const { width, breaksLongWords } = this.#options
    const word = this.#chunks.pop() ?? ''
    const room = width - length
    if (!breaksLongWords) {
      if (current.length) this.#chunks.push(word)
      else current.push(word)
      return
    }
    spendText(word.length)
    const end = this.#options.breaksOnHyphens ? hyphenEnd(sliceCharacters(word, 0, room), room) : room
    current.push(sliceCharacters(word, 0, end))
    this.#chunks.push(sliceCharacters(word, end, characterCount(word)))
  }
}

function isSpaceOnly(chunk: string): boolean {
  return strip(chunk, 'both') === ''
}

/** Behind the last hyphen that fits, where anything but hyphens comes before it; else as far as there is room. */
function hyphenEnd(start: string, room: number): number {
  const hyphen = start.lastIndexOf('-')
  return hyphen > 0 && /[^-]/.test(start.slice(0, hyphen)) ? characterCount(start.slice(0, hyphen)) + 1 : room
}

function splitOnSpaces(line: string): string[] {
  const chunks: string[] = []
  let start = 0
  while (start < line.length) {
    const isSpace = SPACES.has(line.charAt(start))
    let end = start + 1
    while (end < line.length && SPACES.has(line.charAt(end)) === isSpace) end++
    chunks.push(line.slice(start, end))
    start = end
  }
  return chunks
}

/** Cuts also behind hyphens inside words, and around dashes of two and more. */
function splitOnHyphens(line: string): string[] {
  return splitOnSpaces(line).flatMap(chunk => (isBlank(chunk) || !chunk.includes('-') ? [chunk] : splitWord(chunk)))
}

const PUNCTUATION = new Set('!"\'&.,?')

function isLetter(character: string | undefined): boolean {
  return character !== undefined && isWordCharacter(character) && !/[0-9]/.test(character) && !/^\p{Nd}$/u.test(character)
}

/** `textwrap`'s pattern for words, without its backtracking. */
function splitWord(word: string): string[] {
  const characters = Array.from(word)
  const chunks: string[] = []
  let start = 0
  let index = 0
  const cut = (end: number): void => {
    if (end > start) chunks.push(characters.slice(start, end).join(''))
    start = end
    index = end
  }
  while (index < characters.length) {
    const dash = dashEnd(characters, index)
    if (dash > index) {
      cut(index)
      cut(dash)
    } else if (characters[index] === '-' && isBreakable(characters, index, start)) cut(index + 1)
    else index++
  }
  cut(characters.length)
  return chunks
}

/** The end of an em-dash (two hyphens or more between word characters), or the index itself where there is none. */
function dashEnd(characters: string[], index: number): number {
  const before = characters[index - 1]
  if (characters[index] !== '-' || before === undefined) return index
  if (!isWordCharacter(before) && !PUNCTUATION.has(before)) return index
  let end = index
  while (characters[end] === '-') end++
  const after = characters[end]
  return end - index >= 2 && after !== undefined && isWordCharacter(after) ? end : index
}

/** Whether a word may be cut behind the hyphen: two letters before it, and letters behind it. */
function isBreakable(characters: string[], index: number, start: number): boolean {
  const hasLettersBefore =
    (index - start >= 2 && isLetter(characters[index - 1]) && isLetter(characters[index - 2])) ||
    (index - start >= 3 && isLetter(characters[index - 1]) && characters[index - 2] === '-' && isLetter(characters[index - 3]))
  if (!hasLettersBefore || !isLetter(characters[index + 1])) return false
  return isLetter(characters[index + 2]) || (characters[index + 2] === '-' && isLetter(characters[index + 3]))
}
