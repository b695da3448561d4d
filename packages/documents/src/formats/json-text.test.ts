import { parseJson, pythonJson } from '@weft/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonText } from './json-text.ts'

test('keeps the order of keys, numbers among them', () => {
  expect(jsonText('{"b":1,"1":2}')).toBe('{\n  "b": 1,\n  "1": 2\n}')
})

test('writes what building the value writes', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ' ', '\n'), (json, space) => {
      // which moves such keys to the front, or loses them
      fc.pre(!/"(?:\d+|__proto__)"\s*:/.test(json))
      expect(jsonText(space + json + space)).toBe(pythonJson(parseJson(json), 2))
    }),
  )
})

test('reads long texts', () => {
  const long = JSON.stringify('a\n'.repeat(3_000_000))
  expect(jsonText(long)).toBe(long)
})

test.each([
  '{"a":1,"a":2}',
  '-0',
  '[1e400, 1E2, 1.50, -0.0, 12345678901234567890]',
  '{"a":{},"b":[],"c":[{}]}',
  '"\\u00e9\\ud83d\\ude00\\/\\u0001"',
])('%s is as by building', json => {
  expect(jsonText(json)).toBe(pythonJson(parseJson(json), 2))
})

test.each(['', '{', '[1,]', '{"a" 1}', '{,}', '{1:2}', '[1 2]', '1 2', '"a\nb"', '[}', ']', '01', ','])('%o is no JSON', json => {
  expect(() => jsonText(json)).toThrow(SyntaxError)
})
