import { parseJson, type Value } from '@weft/contracts'
import { jsonrepair } from 'jsonrepair'

/** Behind the bracket that closes the one at `start`; undefined where none does. */
export function endOfJson(text: string, start: number): number | undefined {
  let depth = 0
  let isQuoted = false
  for (let at = start; at < text.length; at++) {
    const character = text[at] as string
    if (isQuoted) {
      if (character === '\\') at++
      else if (character === '"') isQuoted = false
    } else if (character === '"') isQuoted = true
    else if ('{['.includes(character)) depth++
    else if ('}]'.includes(character) && --depth === 0) return at + 1
  }
  return undefined
}

/** The JSON value; undefined where the text is none. */
export function tryJson(text: string): Value | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** The JSON value, mended where it is broken; undefined where it is past mending. */
export function mendJson(text: string): Value | undefined {
  const value = tryJson(text)
  if (value !== undefined) return value
  try {
    return parseJson(jsonrepair(text))
  } catch {
    return undefined
  }
}
