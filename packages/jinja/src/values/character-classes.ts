import { spend } from '../budget.ts'
import { isSpace } from './text.ts'

// Each looks at one character at a time, so none can backtrack.
const ALPHA = /^\p{L}$/u
const DECIMAL = /^\p{Nd}$/u
const DIGIT =
  /^[\p{Nd}\u00b2\u00b3\u00b9\u1369-\u1371\u19da\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792]$/u
const NUMERIC =
  /^[\p{N}\u3405\u3483\u382a\u3b4d\u4e00\u4e03\u4e07\u4e09\u4e5d\u4e8c\u4e94\u4e96\u4ebf\u4ec0-\u4edf\u4ee8\u4f0d\u4f70\u5104\u5146\u5169\u516b\u516d\u5341-\u5345\u534c\u53c1-\u53c4\u56db\u58f1\u58f9\u5e7a\u5efe\u5eff\u5f0c-\u5f0e\u5f10\u62fe\u634c\u67d2\u6f06\u7396\u767e\u8086\u842c\u8cae\u8cb3\u8d30\u9621\u9646\u964c\u9678\u96f6]$/u
const UPPER = /^\p{Uppercase}$/u
const LOWER = /^\p{Lowercase}$/u
const TITLE = /^\p{Lt}$/u
const NOT_PRINTABLE = /^[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]$/u
const IDENTIFIER_START = /^[\p{XID_Start}_]$/u
const IDENTIFIER_PART = /^\p{XID_Continue}$/u

export function isLower(character: string): boolean {
  return LOWER.test(character)
}

export function isUpper(character: string): boolean {
  return UPPER.test(character)
}

export function isTitle(character: string): boolean {
  return TITLE.test(character)
}

/** Whether Python's `\w` has the character. */
export function isWordCharacter(character: string): boolean {
  return character === '_' || isAlphanumeric(character)
}

function isAlphanumeric(character: string): boolean {
  return ALPHA.test(character) || NUMERIC.test(character)
}

/** Whether the text has characters and all of them pass. */
function every(text: string, passes: (character: string) => boolean): boolean {
  spend(text.length / 8)
  if (text === '') return false
  for (const character of text) if (!passes(character)) return false
  return true
}

/** Whether the text has letters of one case and none of the other. */
function isCased(text: string, wanted: (character: string) => boolean, other: (character: string) => boolean): boolean {
  spend(text.length / 8)
  let hasWanted = false
  for (const character of text) {
    if (other(character) || isTitle(character)) return false
    hasWanted ||= wanted(character)
  }
  return hasWanted
}

export function isLowerText(text: string): boolean {
  return isCased(text, isLower, isUpper)
}

export function isUpperText(text: string): boolean {
  return isCased(text, isUpper, isLower)
}

export function isTitleText(text: string): boolean {
  spend(text.length / 8)
  let isInWord = false
  let hasCased = false
  for (const character of text) {
    if (isUpper(character) || isTitle(character)) {
      if (isInWord) return false
      isInWord = hasCased = true
    } else if (isLower(character)) {
      if (!isInWord) return false
      hasCased = true
    } else isInWord = false
  }
  return hasCased
}

export function isDigits(text: string): boolean {
  return every(text, character => DIGIT.test(character))
}

export function isIdentifier(text: string): boolean {
  let isFirst = true
  return every(text, character => {
    const passes = isFirst ? IDENTIFIER_START.test(character) : IDENTIFIER_PART.test(character)
    isFirst = false
    return passes
  })
}

export function isAlphaText(text: string): boolean {
  return every(text, character => ALPHA.test(character))
}

export function isAlphanumericText(text: string): boolean {
  return every(text, isAlphanumeric)
}

export function isAscii(text: string): boolean {
  return text === '' || every(text, character => character <= '\x7f')
}

export function isDecimals(text: string): boolean {
  return every(text, character => DECIMAL.test(character))
}

export function isNumericText(text: string): boolean {
  return every(text, character => NUMERIC.test(character))
}

export function isPrintable(text: string): boolean {
  return text === '' || every(text, character => character === ' ' || !NOT_PRINTABLE.test(character))
}

export function isSpaceText(text: string): boolean {
  return every(text, character => isSpace(character.codePointAt(0) ?? 0))
}
