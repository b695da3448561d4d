import { describe, expect, test } from 'vitest'
import { cloneValue, Float, float, isTruthy, parseJson, stringifyJson, toNumber, type Value, valuesEqual } from './value.ts'

describe('parseJson and stringifyJson', () => {
  test.each([
    '1',
    '1.0',
    '-0.0',
    '1.5',
    '12345678901234567890',
    '-9007199254740993',
    '1e+22',
    '[1.0,2,{"a":3.0}]',
    '{"__proto__":1.0}',
    '"1.0"',
    '"a 1e5 b"',
    'null',
  ])('gives %s back as it was', text => {
    expect(stringifyJson(parseJson(text))).toBe(text)
  })

  test('keeps a whole float apart from an integer', () => {
    expect(parseJson('[1.0, 1, 1e3]')).toEqual([new Float(1), 1, new Float(1000)])
  })

  test('reads integers beyond 2^53 exactly', () => {
    expect(parseJson('[9007199254740993, 9007199254740991]')).toEqual([9007199254740993n, 9007199254740991])
  })

  test('throws where the text is no JSON', () => {
    expect(() => parseJson('{1.0')).toThrow(SyntaxError)
  })

  test('leaves undefined members out and writes undefined items as null', () => {
    expect(stringifyJson({ a: undefined, b: [undefined, 1n] })).toBe('{"b":[null,1]}')
  })
})

describe('valuesEqual', () => {
  test.each<[Value, Value, boolean]>([
    [1, new Float(1), true],
    [1, true, true],
    [false, 0, true],
    [1n, 1, true],
    [2n ** 53n, 9007199254740992, true],
    [1n, '1', false],
    [1, '1', false],
    ['a', 'a', true],
    [null, null, true],
    [null, 0, false],
    [null, {}, false],
    [[1, 'a'], [true, 'a'], true],
    [[1], [1, 2], false],
    [[], {}, false],
    [{ a: 1, b: [2] }, { b: [new Float(2)], a: 1 }, true],
    [{ a: 1 }, { b: 1 }, false],
  ])('compares %o with %o as Python does', (left, right, isEqual) => {
    expect(valuesEqual(left, right)).toBe(isEqual)
    expect(valuesEqual(right, left)).toBe(isEqual)
  })
})

test.each<[Value, boolean]>([
  [null, false],
  [0, false],
  [0n, false],
  [float(0), false],
  ['', false],
  [[], false],
  [{}, false],
  [false, false],
  [Number.NaN, true],
  [' ', true],
  [[0], true],
  [{ a: null }, true],
  [float(2), true],
])('isTruthy of %o is %o', (value, expected) => {
  expect(isTruthy(value)).toBe(expected)
})

test('toNumber takes numbers of every kind and nothing else', () => {
  expect([toNumber(1), toNumber(2n), toNumber(float(3)), toNumber(true), toNumber('4')]).toEqual([1, 2, 3, undefined, undefined])
})

test('cloneValue shares no list or object with the original', () => {
  const original = { a: [{ b: 1 }], c: float(1) }
  const copy = cloneValue(original)
  ;(copy.a[0] as { b: number }).b = 2
  expect(original.a).toEqual([{ b: 1 }])
  expect(copy.c).toBeInstanceOf(Float)
})
