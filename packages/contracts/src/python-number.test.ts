import { describe, expect, test } from 'vitest'
import { pythonFloat, pythonInt, typedNumber } from './python-number.ts'
import { Float } from './value.ts'

describe('pythonInt', () => {
  test.each<[string, number | bigint]>([
    ['7', 7],
    [' -12\n', -12],
    ['+3', 3],
    ['1_000', 1000],
    ['12345678901234567890', 12345678901234567890n],
  ])('reads %o', (text, value) => expect(pythonInt(text)).toBe(value))

  test.each(['2.5', '', 'x', '1__0', '0x10', '1e3'])('refuses %o with the words of Python', text => {
    expect(() => pythonInt(text)).toThrow(`invalid literal for int() with base 10: '${text}'`)
  })
})

describe('pythonFloat', () => {
  test.each<[string, number]>([
    ['7', 7],
    [' 2.5 ', 2.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['nan', Number.NaN],
  ])('reads %o', (text, value) => expect(pythonFloat(text)).toBe(value))

  test.each(['', '.', 'x', '1,5', '0x10', 'e3'])('refuses %o with the words of Python', text => {
    expect(() => pythonFloat(text)).toThrow(`could not convert string to float: '${text}'`)
  })
})

test('a typed number is an integer unless it has a point', () => {
  expect([typedNumber('3'), typedNumber('3.0'), typedNumber('3.5')]).toEqual([3, new Float(3), 3.5])
})
