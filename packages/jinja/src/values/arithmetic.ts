import { spend, spendItems } from '../budget.ts'
import { TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { float, int, isInt, isNumeric, isText, toIndex, typeName } from './core.ts'
import { escapeText } from './html.ts'
import { type Numeric, toDouble } from './numbers.ts'
import { Markup, type PyValue, Tuple, Undefined } from './objects.ts'
import { formatPercent } from './percent-format.ts'
import { checked, repeat } from './text.ts'

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**'

/** Ints grow without end in Python; here they end before one of them costs noticeable time. */
const MAX_INT_BITS = 200_000

/** Python's `left operator right`. @throws TemplateRuntimeError with Python's message */
export function calculate(operator: ArithmeticOperator, left: PyValue, right: PyValue): PyValue {
  spend(1)
  if (isNumeric(left) && isNumeric(right)) return calculateNumbers(operator, left, right)
  if (operator === '%' && isText(left)) return formatPercent(left, right)
  if (left instanceof Undefined) left.fail()
  if (right instanceof Undefined) right.fail()
  if (operator === '+') return concatenate(left, right)
  if (operator === '*') {
    const product = multiplySequence(left, right) ?? multiplySequence(right, left)
    if (product !== undefined) return product
  }
  throw unsupported(operator, left, right)
}

function unsupported(operator: ArithmeticOperator, left: PyValue, right: PyValue): TemplateRuntimeError {
  const name = operator === '**' ? '** or pow()' : operator
  return typeError(`unsupported operand type(s) for ${name}: '${typeName(left)}' and '${typeName(right)}'`)
}

function concatenate(left: PyValue, right: PyValue): PyValue {
  if (isText(left) && isText(right)) {
    if (left instanceof Markup || right instanceof Markup) return new Markup(checked(escapeText(left) + escapeText(right)))
    return checked(left + right)
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    spendItems(left.length + right.length)
    return [...left, ...right]
  }
  if (left instanceof Tuple && right instanceof Tuple) {
    spendItems(left.items.length + right.items.length)
    return new Tuple([...left.items, ...right.items])
  }
  if (typeof left === 'string') throw typeError(`can only concatenate str (not "${typeName(right)}") to str`)
  if (Array.isArray(left)) throw typeError(`can only concatenate list (not "${typeName(right)}") to list`)
  if (left instanceof Tuple) throw typeError(`can only concatenate tuple (not "${typeName(right)}") to tuple`)
  throw unsupported('+', left, right)
}

function multiplySequence(sequence: PyValue, times: PyValue): PyValue | undefined {
  const isSequence = isText(sequence) || Array.isArray(sequence) || sequence instanceof Tuple
  if (!isSequence) return undefined
  if (!isInt(times)) {
    if (sequence instanceof Markup) return undefined
    throw typeError(`can't multiply sequence by non-int of type '${typeName(times)}'`)
  }
  const count = Math.max(0, toIndex(times))
  if (typeof sequence === 'string') return repeat(sequence, count)
  if (sequence instanceof Markup) return new Markup(repeat(sequence.text, count))
  const items = Array.isArray(sequence) ? sequence : sequence.items
  spendItems(items.length * count)
  const product: PyValue[] = []
  for (let index = 0; items.length && index < count; index++) product.push(...items)
  return Array.isArray(sequence) ? product : new Tuple(product)
}

function calculateNumbers(operator: ArithmeticOperator, left: Numeric, right: Numeric): PyValue {
  if (isInt(left) && isInt(right)) return calculateInts(operator, left, right)
  return calculateFloats(operator, toDouble(left), toDouble(right))
}

function calculateInts(operator: ArithmeticOperator, left: number | bigint | boolean, right: number | bigint | boolean): PyValue {
  if (operator === '/') return divideInts(left, right)
  if (operator === '**') return intPower(left, right)
  if (typeof left !== 'bigint' && typeof right !== 'bigint') {
    const small = smallInts(operator, Number(left), Number(right))
    if (small !== undefined) return small
  }
  return bigInts(operator, BigInt(left), BigInt(right))
}

/** The result where it fits a plain number. */
function smallInts(operator: ArithmeticOperator, left: number, right: number): number | undefined {
  if ((operator === '//' || operator === '%') && right === 0) throw divisionByZero('integer division or modulo by zero')
  let result: number
  if (operator === '+') result = left + right
  else if (operator === '-') result = left - right
  else if (operator === '*') result = left * right
  else if (operator === '//') result = Math.floor(left / right)
  else result = pythonModulo(left, right)
  if (operator === '//' && Math.abs(left) > 2 ** 50) return undefined
  return Number.isSafeInteger(result) ? result + 0 : undefined
}

/** The remainder with the divisor's sign. */
function pythonModulo(left: number, right: number): number {
  const remainder = left % right
  return remainder !== 0 && remainder < 0 !== right < 0 ? remainder + right : remainder
}

function bigInts(operator: ArithmeticOperator, left: bigint, right: bigint): PyValue {
  spend((bits(left) + bits(right)) / 64)
  if (operator === '+') return int(left + right)
  if (operator === '-') return int(left - right)
  if (operator === '*') {
    checkBits(bits(left) + bits(right))
    return int(left * right)
  }
  if (right === 0n) throw divisionByZero('integer division or modulo by zero')
  const remainder = left % right
  const isOff = remainder !== 0n && remainder < 0n !== right < 0n
  if (operator === '//') return int(left / right - (isOff ? 1n : 0n))
  return int(isOff ? remainder + right : remainder)
}

function bits(value: bigint): number {
  return value.toString(16).length * 4
}

function checkBits(count: number): void {
  if (count > MAX_INT_BITS) throw new TemplateRuntimeError('OverflowError', 'int too large')
}

function divideInts(left: number | bigint | boolean, right: number | bigint | boolean): PyValue {
  if (Number(right) === 0) throw divisionByZero('division by zero')
  if (typeof left !== 'bigint' && typeof right !== 'bigint') return float(Number(left) / Number(right))
  const [dividend, divisor] = [BigInt(left), BigInt(right)]
  const shift = bits(dividend) - bits(divisor)
  if (shift > 1100) throw new TemplateRuntimeError('OverflowError', 'integer division result too large for a float')
  // Enough extra bits for a correctly rounded quotient, with one more that says whether anything is left.
  const extra = BigInt(Math.max(0, 128 - shift))
  const scaled = (dividend << extra) / divisor
  const sticky = (dividend << extra) % divisor === 0n ? 0n : 1n
  return float(Number((scaled << 1n) | sticky) / 2 ** (Number(extra) + 1))
}

function intPower(left: number | bigint | boolean, right: number | bigint | boolean): PyValue {
  const exponent = BigInt(right)
  if (exponent < 0n) {
    if (Number(left) === 0) throw divisionByZero('0.0 cannot be raised to a negative power')
    return float(toDouble(left) ** Number(exponent))
  }
  const base = BigInt(left)
  if (base === 0n || base === 1n || base === -1n) return int(base ** (exponent < 2n ? exponent : 2n - (exponent % 2n)))
  if (exponent > BigInt(MAX_INT_BITS)) throw new TemplateRuntimeError('OverflowError', 'int too large')
  checkBits((bits(base) - 3) * Number(exponent))
  const power = base ** exponent
  spend(bits(power) / 64)
  return int(power)
}

function divisionByZero(message: string): TemplateRuntimeError {
  return new TemplateRuntimeError('ZeroDivisionError', message)
}

function calculateFloats(operator: ArithmeticOperator, left: number, right: number): PyValue {
  switch (operator) {
    case '+':
      return float(left + right)
    case '-':
      return float(left - right)
    case '*':
      return float(left * right)
    case '/':
      if (right === 0) throw divisionByZero('float division by zero')
      return float(left / right)
    case '//':
      if (right === 0) throw divisionByZero('float floor division by zero')
      return float(floorDivide(left, right))
    case '%':
      if (right === 0) throw divisionByZero('float modulo')
      return float(floatModulo(left, right))
    case '**':
      return floatPower(left, right)
  }
}

function floatModulo(left: number, right: number): number {
  if (!Number.isFinite(right) && Number.isFinite(left)) return left !== 0 && left < 0 !== right < 0 ? right : left
  const remainder = pythonModulo(left, right)
  return remainder === 0 ? (right < 0 ? -0 : 0) : remainder
}

function floorDivide(left: number, right: number): number {
  const remainder = floatModulo(left, right)
  const quotient = (left - remainder) / right
  if (quotient === 0) return left / right < 0 || Object.is(left / right, -0) ? -0 : 0
  const floor = Math.floor(quotient)
  return quotient - floor > 0.5 ? floor + 1 : floor
}

function floatPower(left: number, right: number): PyValue {
  if (left === 0 && right < 0) throw divisionByZero('0.0 cannot be raised to a negative power')
  if (left === 1 || (left === -1 && !Number.isFinite(right))) return float(1)
  if (left < 0 && Number.isFinite(right) && !Number.isInteger(right)) throw valueError('complex numbers are not available')
  const power = left ** right
  if (!Number.isFinite(power) && Number.isFinite(left) && Number.isFinite(right)) {
    throw new TemplateRuntimeError('OverflowError', "(34, 'Numerical result out of range')")
  }
  return float(power)
}

/** Python's `-value` and `+value`. */
export function sign(operator: '-' | '+', value: PyValue): PyValue {
  if (value instanceof Undefined) value.fail()
  if (!isNumeric(value)) throw typeError(`bad operand type for unary ${operator}: '${typeName(value)}'`)
  if (operator === '+') return typeof value === 'boolean' ? Number(value) : value
  if (typeof value === 'bigint') return int(-value)
  if (isInt(value)) return 0 - Number(value)
  return float(-toDouble(value))
}

/** Python's `abs(value)`. */
export function absolute(value: PyValue): PyValue {
  if (!isNumeric(value)) throw typeError(`bad operand type for abs(): '${typeName(value)}'`)
  if (typeof value === 'bigint') return value < 0n ? -value : value
  if (isInt(value)) return Math.abs(Number(value))
  return float(Math.abs(toDouble(value)))
}
