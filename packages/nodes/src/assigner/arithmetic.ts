import { float, integer, toNumber, type Value } from '@weft/contracts'

export type ArithmeticOperation = '+=' | '-=' | '*=' | '/='

/** Python's arithmetic: integers stay exact, a quotient is a float, and so is all that a float takes part in. */
export function calculate(left: Value, operation: ArithmeticOperation, right: Value): Value {
  const [a, b] = [exactInteger(left), exactInteger(right)]
  if (operation === '/=' || a === undefined || b === undefined) return calculateFloat(floatOf(left), operation, floatOf(right))
  if (operation === '+=') return integer(a + b)
  return integer(operation === '-=' ? a - b : a * b)
}

function calculateFloat(left: number, operation: ArithmeticOperation, right: number): Value {
  if (operation === '+=') return float(left + right)
  if (operation === '-=') return float(left - right)
  return float(operation === '*=' ? left * right : left / right)
}

function exactInteger(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return BigInt(value)
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined
}

function floatOf(value: Value): number {
  return typeof value === 'boolean' ? Number(value) : (toNumber(value) ?? Number.NaN)
}
