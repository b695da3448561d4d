import { Float, floatText, isValueMap, type Value } from '@weft/contracts'

/** YAML as PyYAML's `dump(value, allow_unicode=True)` writes it, byte for byte: keys sorted, blocks, lines of some eighty columns. */
export function writeYaml(value: Value): string {
  const writer = new Writer()
  writer.writeRoot(value)
  return writer.text()
}

const WIDTH = 80
const INDENT = 2
/** A longer key is written with a question mark; PyYAML counts its hidden tag `!!str` along. */
const LONGEST_SIMPLE_KEY = 128 - '!!str'.length
const BREAKS = new Set(['\n', '\u0085', '\u2028', '\u2029'])
const SPACES = new Set(['\0', ' ', '\t', '\r', ...BREAKS])

/** Keeps PyYAML's emitter state: where the line stands, and whether a space or an indent has just been written. */
class Writer {
  readonly #parts: string[] = []
  #column = 0
  #isAfterSpace = true
  #isAfterIndent = true
  #indent = -1

  text(): string {
    return this.#parts.join('')
  }

  writeRoot(value: Value) {
    this.#writeValue(value, false)
    this.#indent = -1
    this.#writeIndent()
  }

  #writeValue(value: Value, isInMap: boolean) {
    if (typeof value === 'string') this.#writeText(value, false)
    else if (Array.isArray(value)) this.#writeList(value, isInMap)
    else if (isValueMap(value)) this.#writeMap(value)
    else this.#writePlain([...plainText(value)], true)
  }

  #writeList(items: Value[], isInMap: boolean) {
    if (!items.length) return this.#writeEmpty('[]')
    const outer = this.#indent
    // A list in a map stands no deeper than its key.
    if (!(isInMap && !this.#isAfterIndent)) this.#indent = this.#deeper()
    for (const item of items) {
      this.#writeIndent()
      this.#writeIndicator('-', { needsSpace: true, isIndent: true })
      this.#writeValue(item, false)
    }
    this.#indent = outer
  }

  #writeMap(map: { [key: string]: Value }) {
    const keys = Object.keys(map).sort(compareCodePoints)
    if (!keys.length) return this.#writeEmpty('{}')
    const outer = this.#indent
    this.#indent = this.#deeper()
    for (const key of keys) {
      this.#writeIndent()
      if (isSimpleKey(key)) {
        this.#writeText(key, true)
        this.#writeIndicator(':', {})
      } else {
        this.#writeIndicator('?', { needsSpace: true, isIndent: true })
        this.#writeText(key, false)
        this.#writeIndent()
        this.#writeIndicator(':', { needsSpace: true, isIndent: true })
      }
      this.#writeValue(map[key] as Value, true)
    }
    this.#indent = outer
  }

  #deeper(): number {
    return this.#indent < 0 ? 0 : this.#indent + INDENT
  }

  #writeEmpty(brackets: string) {
    this.#writeIndicator(brackets[0] ?? '', { needsSpace: true, isSpace: true })
    this.#writeIndicator(brackets[1] ?? '', {})
  }

  #writeText(text: string, isKey: boolean) {
    const characters = [...text]
    const analysis = analyze(characters)
    const canSplit = !isKey
    const outer = this.#indent
    this.#indent = Math.max(0, outer) + INDENT
    if (analysis.canBePlain && text && !looksLikeOther(text) && !(isKey && analysis.hasBreaks)) this.#writePlain(characters, canSplit)
    else if (analysis.canBeSingleQuoted && !(isKey && analysis.hasBreaks)) this.#writeSingleQuoted(characters, canSplit)
    else this.#writeDoubleQuoted(characters, canSplit)
    this.#indent = outer
  }

  #writePlain(characters: string[], canSplit: boolean) {
    if (!this.#isAfterSpace) this.#put(' ')
    this.#isAfterSpace = false
    this.#isAfterIndent = false
    let isInSpaces = false
    let start = 0
    for (let end = 0; end <= characters.length; end++) {
      const character = characters[end]
      if (isInSpaces) {
        if (character !== ' ') {
          if (start + 1 === end && this.#column > WIDTH && canSplit) {
            this.#writeIndent()
            this.#isAfterSpace = false
            this.#isAfterIndent = false
          } else this.#put(characters.slice(start, end))
          start = end
        }
      } else if (character === undefined || character === ' ') {
        this.#put(characters.slice(start, end))
        start = end
      }
      isInSpaces = character === ' '
    }
  }

  #writeSingleQuoted(characters: string[], canSplit: boolean) {
    this.#writeIndicator("'", { needsSpace: true })
    let isInSpaces = false
    let isInBreaks = false
    let start = 0
    for (let end = 0; end <= characters.length; end++) {
      const character = characters[end]
      if (isInSpaces) {
        if (character !== ' ') {
          if (start + 1 === end && this.#column > WIDTH && canSplit && start !== 0 && end !== characters.length) this.#writeIndent()
          else this.#put(characters.slice(start, end))
          start = end
        }
      } else if (isInBreaks) {
        if (character === undefined || !BREAKS.has(character)) {
          if (characters[start] === '\n') this.#writeBreak()
          for (const one of characters.slice(start, end)) this.#writeBreak(one)
          this.#writeIndent()
          start = end
        }
      } else if (character === undefined || character === ' ' || character === "'" || BREAKS.has(character)) {
        this.#put(characters.slice(start, end))
        start = end
      }
      if (character === "'") {
        this.#put("''")
        start = end + 1
      }
      if (character !== undefined) {
        isInSpaces = character === ' '
        isInBreaks = BREAKS.has(character)
      }
    }
    this.#writeIndicator("'", {})
  }

  #writeDoubleQuoted(characters: string[], canSplit: boolean) {
    this.#writeIndicator('"', { needsSpace: true })
    let start = 0
    for (let end = 0; end <= characters.length; end++) {
      const character = characters[end]
      if (character === undefined || mustBeEscaped(character)) {
        this.#put(characters.slice(start, end))
        start = end
        if (character !== undefined) {
          this.#put(escaped(character))
          start = end + 1
        }
      }
      const isSplit = end > 0 && end < characters.length - 1 && (character === ' ' || start >= end)
      if (isSplit && this.#column + (end - start) > WIDTH && canSplit) {
        this.#put([...characters.slice(start, end), '\\'])
        if (start < end) start = end
        this.#writeIndent()
        this.#isAfterSpace = false
        this.#isAfterIndent = false
        if (characters[start] === ' ') this.#put('\\')
      }
    }
    this.#writeIndicator('"', {})
  }

  #writeIndicator(indicator: string, options: { needsSpace?: boolean; isSpace?: boolean; isIndent?: boolean }) {
    this.#put(this.#isAfterSpace || !options.needsSpace ? indicator : ` ${indicator}`)
    this.#isAfterSpace = options.isSpace ?? false
    this.#isAfterIndent = this.#isAfterIndent && (options.isIndent ?? false)
  }

  #writeIndent() {
    const indent = Math.max(0, this.#indent)
    if (!this.#isAfterIndent || this.#column > indent || (this.#column === indent && !this.#isAfterSpace)) this.#writeBreak()
    if (this.#column >= indent) return
    this.#isAfterSpace = true
    this.#put(' '.repeat(indent - this.#column))
  }

  #writeBreak(text = '\n') {
    this.#isAfterSpace = true
    this.#isAfterIndent = true
    this.#parts.push(text)
    this.#column = 0
  }

  #put(text: string | string[]) {
    this.#column += text.length
    this.#parts.push(typeof text === 'string' ? text : text.join(''))
  }
}

function plainText(value: null | boolean | number | bigint | Float): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value).toString()
  return yamlFloat(floatText(value instanceof Float ? value.value : value))
}

/** Python's text of a float, with a point before the exponent, since YAML 1.1 asks for one. */
function yamlFloat(text: string): string {
  if (/inf|nan/.test(text)) return text.replace(/inf|nan/, '.$&')
  return text.includes('.') ? text : text.replace('e', '.0e')
}

interface Analysis {
  hasBreaks: boolean
  canBePlain: boolean
  canBeSingleQuoted: boolean
}

function analyze(characters: string[]): Analysis {
  let hasIndicators = /^(?:---|\.\.\.)/.test(characters.slice(0, 3).join(''))
  let hasBreaks = false
  let hasSpecials = false
  let hasBreakThenSpace = false
  let hasSpaceThenBreak = false
  let isAfterSpace = false
  let isAfterBreak = false
  characters.forEach((character, index) => {
    const isFollowedBySpace = index + 1 >= characters.length || SPACES.has(characters[index + 1] ?? '')
    if (isIndicator(character, index === 0, isFollowedBySpace, index > 0 && SPACES.has(characters[index - 1] ?? ''))) hasIndicators = true
    if (BREAKS.has(character)) hasBreaks = true
    if (!isPrintable(character)) hasSpecials = true
    if (character === ' ' && isAfterBreak) hasBreakThenSpace = true
    if (BREAKS.has(character) && isAfterSpace) hasSpaceThenBreak = true
    isAfterSpace = character === ' '
    isAfterBreak = BREAKS.has(character)
  })
  const isEdge = (character: string | undefined) => character === ' ' || BREAKS.has(character ?? '')
  const isQuoteless = hasBreakThenSpace || hasSpaceThenBreak || hasSpecials
  return {
    hasBreaks,
    canBePlain: !isQuoteless && !hasBreaks && !hasIndicators && !isEdge(characters[0]) && !isEdge(characters.at(-1)),
    canBeSingleQuoted: !isQuoteless,
  }
}

/** Whether the character means something in a block, where it stands. */
function isIndicator(character: string, isFirst: boolean, isFollowedBySpace: boolean, isAfterSpace: boolean): boolean {
  if (isFirst) return '#,[]{}&*!|>\'"%@`'.includes(character) || ('?:-'.includes(character) && isFollowedBySpace)
  return (character === ':' && isFollowedBySpace) || (character === '#' && isAfterSpace)
}

function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  if (code === 0x0a || code === 0x85 || (code >= 0x20 && code <= 0x7e)) return true
  return code !== 0xfeff && ((code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code < 0x10ffff))
}

function mustBeEscaped(character: string): boolean {
  if ('"\\\u0085\u2028\u2029\ufeff'.includes(character)) return true
  const code = character.codePointAt(0) ?? 0
  return !((code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd))
}

const ESCAPES: Record<string, string> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
}

function escaped(character: string): string {
  const known = ESCAPES[character]
  if (known) return `\\${known}`
  const code = character.codePointAt(0) ?? 0
  const hex = (digits: number) => code.toString(16).toUpperCase().padStart(digits, '0')
  if (code <= 0xff) return `\\x${hex(2)}`
  return code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`
}

/** Texts that YAML 1.1 would read as something else. */
const OTHERS = [
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^[-+]?(?:0b[0-1_]+|0[0-7_]+|(?:0|[1-9][0-9_]*)|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  /^(?:<<|=|~|null|Null|NULL)$/,
  /^(?:\d{4}-\d{2}-\d{2}|\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|[ \t]+)\d{1,2}:\d{2}:\d{2}(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d{1,2}(?::?\d{2})?))?)$/,
]

function looksLikeOther(text: string): boolean {
  return OTHERS.some(pattern => pattern.test(text))
}

function isSimpleKey(key: string): boolean {
  const characters = [...key]
  return key !== '' && characters.length < LONGEST_SIMPLE_KEY && !characters.some(character => BREAKS.has(character))
}

/** As Python sorts: UTF-16 puts what lies beyond the first plane before its last part. */
export function compareCodePoints(left: string, right: string): number {
  const [a, b] = [[...left], [...right]]
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0)
    if (difference) return difference
  }
  return a.length - b.length
}
