import { Float, type Value } from '@weft/contracts'
import type { ToolParameterType } from '@weft/ports'
import { describe, expect, test } from 'vitest'
import { castParameter, castParameters, formValuesOf, toolParameter, untranslated } from './tool-parameters.ts'

const declared = (name: string, type: ToolParameterType, more: object = {}) =>
  toolParameter({ name, type, form: 'form', label: untranslated(name), ...more })

test.each<[ToolParameterType, Value, Value]>([
  ['string', null, ''],
  ['string', 3, '3'],
  ['select', true, 'True'],
  ['secret-input', 'x', 'x'],
  ['boolean', 'YES', true],
  ['boolean', 'n', false],
  ['boolean', '0', false],
  ['boolean', 'perhaps', true],
  ['boolean', null, false],
  ['boolean', 2, true],
  ['number', '3', 3],
  ['number', '2.5', 2.5],
  ['number', '2.0', new Float(2)],
  ['number', 4, 4],
  ['number', '', null],
  ['files', 'one', ['one']],
  ['files', ['one', 'two'], ['one', 'two']],
  ['file', ['one'], 'one'],
  ['file', 'one', 'one'],
  ['model-selector', { model: 'm' }, { model: 'm' }],
  ['array[tools]', null, null],
  ['any', { a: 1 }, { a: 1 }],
  ['array', '[1, 2]', [1, 2]],
  ['array', 'word', ['word']],
  ['array', '{"a": 1}', ['{"a": 1}']],
  ['object', '{"a": 1}', { a: 1 }],
  ['object', 'word', {}],
])('a %s of %j is %j', (type, value, cast) => {
  expect(castParameter('p', type, value)).toEqual(cast)
})

test.each<[ToolParameterType, Value, string]>([
  ['file', ['one', 'two'], 'This parameter only accepts one file but got multiple files while invoking.'],
  ['file', [], 'This parameter only accepts one file but got multiple files while invoking.'],
  ['app-selector', 'app', 'The selector must be a dictionary.'],
  ['array[tools]', 'tool', 'The tools selector must be a list.'],
  ['number', 'three', "The parameter p must be a number: invalid literal for int() with base 10: 'three'"],
])('a %s of %j is refused', (type, value, message) => {
  expect(() => castParameter('p', type, value)).toThrow(message)
})

test('only what is given is cast, and what is not declared stays', () => {
  expect(castParameters([declared('a', 'number'), declared('b', 'string')], { a: '1', c: 'x' })).toEqual({ a: 1, c: 'x' })
})

describe('the form', () => {
  const format = declared('format', 'string', { default: '%Y' })
  const zone = declared('zone', 'select', { options: [{ value: 'UTC', label: untranslated('UTC'), icon: null }] })

  test('fills in defaults, and leaves other forms out', () => {
    const word = { ...declared('word', 'string'), form: 'llm' as const }
    expect(formValuesOf([format, zone, word], { format: '', word: 'x' })).toEqual({ format: '%Y', zone: '' })
  })

  test('takes zero and false for values', () => {
    expect(
      formValuesOf([declared('n', 'number', { default: 5 }), declared('b', 'boolean', { default: 'true' })], { n: 0, b: false }),
    ).toEqual({
      n: 0,
      b: false,
    })
  })

  test('refuses what is missing, and a choice that is none', () => {
    expect(() => formValuesOf([declared('key', 'string', { required: true })], {})).toThrow('tool parameter key not found in tool config')
    expect(() => formValuesOf([zone], { zone: 'Mars' })).toThrow("tool parameter zone value Mars not in options ['UTC']")
  })
})
