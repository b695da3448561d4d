import { float, type Value, type ValueMap } from '@weft/contracts'
import { describe, expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { fileValue } from '../test-files.ts'
import { createListOperatorNode } from './list-operator-node.ts'

const listOperator = createListOperatorNode()
const texts = ['pear', 'Apple', 'apple pie', '', 'fig']
const numbers = [3, -1, 2.5, 10, 3]
const note = fileValue('note.txt')
const pixel = fileValue('pixel.png', {
  type: 'image',
  mime_type: 'image/png',
  size: 70,
  transfer_method: 'remote_url',
  remote_url: 'http://a/pixel.png',
})
const guide = fileValue('guide.md', { size: 94, mime_type: 'text/markdown' })
const files = [note, pixel, guide]

async function operate(list: Value | undefined, settings: ValueMap) {
  const data = { variable: ['make', 'list'], filter_by: {}, order_by: {}, limit: {}, ...settings }
  return runNode(listOperator, data, { make: list === undefined ? {} : { list }, start: { word: 'pie', n: '2' } })
}

const filterBy = (comparison_operator: string, value: Value = '', key = '') => ({
  filter_by: { enabled: true, conditions: [{ key, comparison_operator, value }] },
})

test('hands on the list and its ends where nothing is switched on', async () => {
  expect(await operate(texts, {})).toEqual({
    status: 'succeeded',
    inputs: { variable: texts },
    processData: { variable: texts },
    outputs: { result: texts, first_record: 'pear', last_record: 'fig' },
  })
})

describe('filter', () => {
  test.each<[Value[], string, Value, Value[]]>([
    [texts, 'contains', '{{#start.word#}}', ['apple pie']],
    [texts, 'not contains', 'pie', ['pear', 'Apple', '', 'fig']],
    [texts, 'start with', 'p', ['pear']],
    [texts, 'end with', 'e', ['Apple', 'apple pie']],
    [texts, 'is', 'fig', ['fig']],
    [texts, 'is not', 'fig', ['pear', 'Apple', 'apple pie', '']],
    [texts, 'in', 'a fig', ['', 'fig']],
    [texts, 'not in', 'a fig', ['pear', 'Apple', 'apple pie']],
    [texts, 'empty', '', ['']],
    [texts, 'not empty', '', ['pear', 'Apple', 'apple pie', 'fig']],
    [numbers, '=', '3', [3, 3]],
    [numbers, '≠', '3', [-1, 2.5, 10]],
    [numbers, '<', '3', [-1, 2.5]],
    [numbers, '≤', '2.5', [-1, 2.5]],
    [numbers, '>', '3', [10]],
    [numbers, '≥', '3.0', [3, 10, 3]],
    [[float(3), 4], '=', '3', [float(3)]],
    [[true, false, true], 'is', true, [true, true]],
    [[true, false, true], 'is not', true, [false]],
  ])('%o %s %o', async (list, operator, value, result) => {
    expect((await operate(list, filterBy(operator, value))).outputs?.result).toEqual(result)
  })

  test.each<[string, string, Value, Value[]]>([
    ['type', 'in', ['document'], [note, guide]],
    ['type', 'not in', ['document'], [pixel]],
    ['name', 'contains', 'note', [note]],
    ['extension', 'is', '.md', [guide]],
    ['size', '>', '60', [pixel, guide]],
    ['mime_type', 'start with', 'text/', [note, guide]],
    ['transfer_method', 'in', ['remote_url'], [pixel]],
    ['url', 'contains', 'http', [pixel]],
  ])('files by %s %s %o', async (key, operator, value, result) => {
    expect((await operate(files, filterBy(operator, value, key))).outputs?.result).toEqual(result)
  })

  test('all conditions must hold', async () => {
    const condition = (operator: string, value: string) => ({ key: '', comparison_operator: operator, value })
    const filter_by = { enabled: true, conditions: [condition('contains', 'pp'), condition('end with', 'pie')] }
    expect((await operate(texts, { filter_by })).outputs?.result).toEqual(['apple pie'])
  })
})

describe('extract, order and limit', () => {
  const extractBy = (serial: string) => ({ extract_by: { enabled: true, serial } })

  test.each<[ValueMap, Value[], Value[]]>([
    [extractBy('2'), texts, ['Apple']],
    [extractBy('{{#start.n#}}'), numbers, [-1]],
    [{ order_by: { enabled: true, value: 'asc' } }, texts, ['', 'Apple', 'apple pie', 'fig', 'pear']],
    [{ order_by: { enabled: true, value: 'desc' } }, texts, ['pear', 'fig', 'apple pie', 'Apple', '']],
    [{ order_by: { enabled: true, value: 'asc' } }, ['🌊', '\uff5e'], ['\uff5e', '🌊']],
    [{ order_by: { enabled: true, value: 'desc' } }, numbers, [10, 3, 3, 2.5, -1]],
    [{ order_by: { enabled: true }, limit: { enabled: true, size: 2 } }, [true, false, true], [false, true]],
    [{ order_by: { enabled: true, key: 'name' } }, files, [guide, note, pixel]],
    [{ order_by: { enabled: true, key: 'size', value: 'desc' } }, files, [guide, pixel, note]],
    [{ limit: { enabled: true, size: 0 } }, numbers, []],
    [{ limit: { enabled: true, size: 99 } }, numbers, numbers],
    [{ limit: { enabled: true } }, [1, 2, 3], [1, 2]],
  ])('%o on %o', async (settings, list, result) => {
    expect((await operate(list, settings)).outputs).toEqual({
      result,
      first_record: result[0] ?? null,
      last_record: result.at(-1) ?? null,
    })
  })

  test.each([
    ['0', 'Invalid serial index: must be >= 1, got 0'],
    ['6', 'Invalid serial index: must be <= 5, got 6'],
    ['second', "invalid literal for int() with base 10: 'second'"],
  ])('serial %s fails', async (serial, error) => {
    expect(await operate(texts, extractBy(serial))).toMatchObject({ status: 'failed', error })
  })
})

describe('what it cannot work on', () => {
  test.each<[Value | undefined, ValueMap, string]>([
    [undefined, {}, "Variable not found for selector: ['make', 'list']"],
    ['text', {}, "Variable ['make', 'list'] is not an array type, actual type: string"],
    [[{ a: 1 }], {}, "Variable ['make', 'list'] is not an array type, actual type: array[object]"],
    [texts, filterBy('>', '1'), 'Invalid condition: >'],
    [numbers, filterBy('contains', '1'), 'Invalid condition: contains'],
    [numbers, filterBy('=', 'many'), "could not convert string to float: 'many'"],
    [[true], filterBy('is', 'true'), "Boolean filter expects a boolean value, got 'true'"],
    [texts, filterBy('in', ['a']), "Invalid filter value: ['a']"],
    [files, filterBy('is', 'red', 'colour'), 'Invalid key: colour'],
    [files, filterBy('is', 'image', 'type'), 'Invalid condition: is'],
    [files, { order_by: { enabled: true, key: 'colour' } }, 'Invalid order key: colour'],
  ])('%o with %o', async (list, settings, error) => {
    expect(await operate(list, settings)).toMatchObject({ status: 'failed', error })
  })

  test.each<[Value]>([[[]], [null], ['']])('%o counts as an empty list', async value => {
    expect(await operate(value, { extract_by: { enabled: true, serial: '3' } })).toEqual({
      status: 'succeeded',
      inputs: { variable: [] },
      processData: { variable: [] },
      outputs: { result: [], first_record: null, last_record: null },
    })
  })
})

test('needs its settings, naming the field', () => {
  expect(() => listOperator.parse({ variable: ['a', 'b'], filter_by: {}, order_by: {} })).toThrow('limit is required')
})
