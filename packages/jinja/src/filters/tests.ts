import { isPythonError, typeError } from '../errors.ts'
import { LoopContext } from '../runtime/loop-context.ts'
import { calculate } from '../values/arithmetic.ts'
import { isLowerText, isUpperText } from '../values/character-classes.ts'
import { contains, isEqual, isOrdered, isSame, type OrderOperator } from '../values/comparing.ts'
import { isFloat, isInt, isNumeric, isText, rawText, sizeOf, tryIterator } from '../values/core.ts'
import { Dict, DictView } from '../values/dict.ts'
import { Markup, PyObject, type PyValue, Undefined } from '../values/objects.ts'
import { pyStr } from '../values/printing.ts'
import { define, type FilterFunction } from './define.ts'
import { FILTER_NAMES } from './filter-names.ts'

function test(pythonName: string, holds: (value: PyValue) => boolean): FilterFunction {
  return define(pythonName, ['value'], (_escaping, value: PyValue) => holds(value))
}

/** One of Python's operators as a function. */
function operator(name: string, holds: (left: PyValue, right: PyValue) => boolean): FilterFunction {
  return (_escaping, args, keywords) => {
    if (keywords.size) throw typeError(`${name}() takes no keyword arguments`)
    if (args.length !== 2) throw typeError(`${name} expected 2 arguments, got ${args.length}`)
    return holds(args[0] as PyValue, args[1] as PyValue)
  }
}

function order(name: string, sign: OrderOperator): FilterFunction {
  return operator(name, (left, right) => isOrdered(sign, left, right))
}

function remainderIs(value: PyValue, divisor: PyValue, wanted: number): boolean {
  return isEqual(calculate('%', value, divisor), wanted)
}

/** Python's question is whether `len(value)` and `value[…]` exist. */
function isSequence(value: PyValue): boolean {
  if (value instanceof DictView || value instanceof LoopContext) return false
  return sizeOf(value) !== undefined
}

function isIterable(value: PyValue): boolean {
  try {
    return tryIterator(value) !== undefined
  } catch (error) {
    if (isPythonError(error, 'TypeError')) return false
    throw error
  }
}

const equal = operator('eq', (left, right) => isEqual(left, right))
const unequal = operator('ne', (left, right) => !isEqual(left, right))
const [less, lessOrEqual, greater, greaterOrEqual] = [order('lt', '<'), order('le', '<='), order('gt', '>'), order('ge', '>=')]

function isNamed(names: ReadonlySet<string> | ReadonlyMap<string, unknown>, value: PyValue): boolean {
  return isText(value) && names.has(rawText(value))
}

/** Every test of Jinja2's default environment. */
export const TESTS: ReadonlyMap<string, FilterFunction> = new Map<string, FilterFunction>([
  ['odd', test('test_odd', value => remainderIs(value, 2, 1))],
  ['even', test('test_even', value => remainderIs(value, 2, 0))],
  [
    'divisibleby',
    define('test_divisibleby', ['value', 'num'], (_escaping, value: PyValue, divisor: PyValue) => remainderIs(value, divisor, 0)),
  ],
  ['defined', test('test_defined', value => !(value instanceof Undefined))],
  ['undefined', test('test_undefined', value => value instanceof Undefined)],
  ['filter', define('test_filter', ['value'], (_escaping, value: PyValue) => isNamed(FILTER_NAMES, value), 1)],
  ['test', define('test_test', ['value'], (_escaping, value: PyValue) => isNamed(TESTS, value), 1)],
  ['none', test('test_none', value => value === null)],
  ['boolean', test('test_boolean', value => typeof value === 'boolean')],
  ['false', test('test_false', value => value === false)],
  ['true', test('test_true', value => value === true)],
  ['integer', test('test_integer', value => isInt(value) && typeof value !== 'boolean')],
  ['float', test('test_float', isFloat)],
  ['lower', test('test_lower', value => isLowerText(pyStr(value)))],
  ['upper', test('test_upper', value => isUpperText(pyStr(value)))],
  ['string', test('test_string', isText)],
  ['mapping', test('test_mapping', value => value instanceof Dict)],
  ['number', test('test_number', isNumeric)],
  ['sequence', test('test_sequence', isSequence)],
  ['iterable', test('test_iterable', isIterable)],
  [
    'callable',
    (_escaping, args) => {
      if (args.length !== 1) throw typeError(`callable() takes exactly one argument (${args.length} given)`)
      return args[0] instanceof PyObject && args[0].isCallable()
    },
  ],
  ['sameas', define('test_sameas', ['value', 'other'], (_escaping, value: PyValue, other: PyValue) => isSame(value, other))],
  ['escaped', test('test_escaped', value => value instanceof Markup)],
  ['in', define('test_in', ['value', 'seq'], (_escaping, value: PyValue, container: PyValue) => contains(container, value))],
  ['==', equal],
  ['eq', equal],
  ['equalto', equal],
  ['!=', unequal],
  ['ne', unequal],
  ['>', greater],
  ['gt', greater],
  ['greaterthan', greater],
  ['>=', greaterOrEqual],
  ['ge', greaterOrEqual],
  ['<', less],
  ['lt', less],
  ['lessthan', less],
  ['<=', lessOrEqual],
  ['le', lessOrEqual],
])
