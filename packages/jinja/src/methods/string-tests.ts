import {
  isAlphanumericText,
  isAlphaText,
  isAscii,
  isDecimals,
  isDigits,
  isIdentifier,
  isLowerText,
  isNumericText,
  isPrintable,
  isSpaceText,
  isTitleText,
  isUpperText,
} from '../values/character-classes.ts'
import { rawText } from '../values/core.ts'
import type { Markup } from '../values/objects.ts'
import { type Method, type MethodTable, positional } from './method-table.ts'

function textTest(name: string, passes: (text: string) => boolean): [string, Method] {
  return positional('str', name, 0, 0, (self: string | Markup) => passes(rawText(self)))
}

/** The methods of `str` that answer a question about all its characters. */
export const STRING_TESTS: MethodTable = new Map<string, Method>([
  textTest('isalnum', isAlphanumericText),
  textTest('isalpha', isAlphaText),
  textTest('isascii', isAscii),
  textTest('isdecimal', isDecimals),
  textTest('isdigit', isDigits),
  textTest('isidentifier', isIdentifier),
  textTest('islower', isLowerText),
  textTest('isnumeric', isNumericText),
  textTest('isprintable', isPrintable),
  textTest('isspace', isSpaceText),
  textTest('istitle', isTitleText),
  textTest('isupper', isUpperText),
])
