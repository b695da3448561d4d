import { isLower, isTitle, isUpper } from './character-classes.ts'
import { checked } from './text.ts'

export function lower(text: string): string {
  return checked(text.toLowerCase())
}

export function upper(text: string): string {
  return checked(text.toUpperCase())
}

/** `str.casefold`: lower case, with what lower case leaves apart folded together. */
export function casefold(text: string): string {
  return checked(text.toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ').replaceAll('ſ', 's'))
}

const TITLE_DIGRAPHS: Record<string, string> = { ǆ: 'ǅ', Ǆ: 'ǅ', ǉ: 'ǈ', Ǉ: 'ǈ', ǌ: 'ǋ', Ǌ: 'ǋ', ǳ: 'ǲ', Ǳ: 'ǲ' }

/** The upper case of a word's first character; `ß` at a word's beginning becomes `Ss`. */
function titleCharacter(character: string): string {
  const digraph = TITLE_DIGRAPHS[character]
  if (digraph) return digraph
  const raised = character.toUpperCase()
  return raised.length > character.length ? raised.charAt(0) + raised.slice(1).toLowerCase() : raised
}

export function capitalize(text: string): string {
  const [first = ''] = text
  return checked(titleCharacter(first) + text.slice(first.length).toLowerCase())
}

/** `str.title`: every run of letters begins with a capital. */
export function title(text: string): string {
  const parts: string[] = []
  let isInWord = false
  for (const character of text) {
    parts.push(isInWord ? character.toLowerCase() : titleCharacter(character))
    isInWord = isLower(character) || isUpper(character) || isTitle(character)
  }
  return checked(parts.join(''))
}

export function swapcase(text: string): string {
  const parts: string[] = []
  for (const character of text) {
    parts.push(isUpper(character) ? character.toLowerCase() : isLower(character) ? character.toUpperCase() : character)
  }
  return checked(parts.join(''))
}
