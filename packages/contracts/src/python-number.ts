import { pythonRepr } from './python-text.ts'
import { float } from './value.ts'

/** What Python's `int()` or `float()` says of a text that is no number. Users see the message. */
export class NotANumberError extends Error {
  readonly code = 'not-a-number'
  readonly text: string
  constructor(text: string, message: string) {
    super(message)
    this.name = 'NotANumberError'
    this.text = text
  }
}

const INTEGER = /^[+-]?[0-9]+(?:_[0-9]+)*$/
const DECIMAL = /^[+-]?(?:[0-9]+(?:_[0-9]+)*\.?(?:[0-9]+(?:_[0-9]+)*)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?$/
const NAMED = /^([+-]?)(?:(inf|infinity)|nan)$/i

/** `int(text)` of Python. @throws NotANumberError with Python's words */
export function pythonInt(text: string): number | bigint {
  const digits = text.trim()
  if (!INTEGER.test(digits)) throw new NotANumberError(text, `invalid literal for int() with base 10: ${pythonRepr(text)}`)
  return integer(BigInt(digits.replaceAll('_', '').replace('+', '')))
}

/** `float(text)` of Python, as a plain JavaScript number; `float()` of contracts makes a Value of it. @throws NotANumberError with Python's words */
export function pythonFloat(text: string): number {
  const digits = text.trim()
  if (DECIMAL.test(digits)) return Number(digits.replaceAll('_', ''))
  const named = NAMED.exec(digits)
  if (!named) throw new NotANumberError(text, `could not convert string to float: ${pythonRepr(text)}`)
  return named[2] ? Number(`${named[1]}Infinity`) : Number.NaN
}

/** An integer as a Value: a plain number while it is exact. */
export function integer(value: bigint): number | bigint {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

/** A number that a user typed: an integer unless it has a point. @throws NotANumberError */
export function typedNumber(text: string): ReturnType<typeof float> | bigint {
  return text.includes('.') ? float(pythonFloat(text)) : pythonInt(text)
}
