import { FILE_IDENTITY, type FileValue, float, type Value } from '@weft/contracts'
import { describe, expect, test } from 'vitest'
import { ConditionError, evaluateConditions, type LogicalOperator, parseConditions } from './conditions.ts'
import { NodeDataError } from './node-type.ts'
import { VariablePool } from './variable-pool.ts'

function evaluate(actual: Value | undefined, operator: string, value: Value = null, sub: Value = null) {
  const pool = new VariablePool()
  if (actual !== undefined) pool.set('n', 'v', actual)
  pool.setAll('start', { word: 'sea', limit: 2 })
  const raw = [{ variable_selector: ['n', 'v'], comparison_operator: operator, value, sub_variable_condition: sub }]
  return evaluateConditions(pool, parseConditions(raw, 'conditions'), 'and')
}

function file(filename: string, extra: Partial<FileValue> = {}): FileValue {
  return {
    dify_model_identity: FILE_IDENTITY,
    id: null,
    tenant_id: 't',
    type: 'document',
    transfer_method: 'local_file',
    remote_url: null,
    related_id: 'f',
    filename,
    extension: `.${filename.split('.').at(-1)}`,
    mime_type: 'text/plain',
    size: 48,
    url: 'http://files/x',
    ...extra,
  }
}

const note = file('note.txt')
const pixel = file('pixel.png', { type: 'image', mime_type: 'image/png', size: 70 })

describe('one condition', () => {
  test.each<[Value, string, Value, boolean]>([
    ['the sea', 'contains', 'sea', true],
    ['the sea', 'contains', '{{#start.word#}}', true],
    ['', 'contains', '', false],
    ['', 'not contains', 'x', true],
    [['sea', 'moon'], 'contains', 'se', false],
    [[1, 2.5], 'contains', '1', false],
    [[true, false], 'contains', 'true', true],
    [[true], 'not contains', false, true],
    [null, 'not contains', 'a', true],
    ['abc', 'start with', 'ab', true],
    ['abc', 'end with', 'bc', true],
    ['', 'start with', '', false],
    [null, 'is', 'a', false],
    [null, 'is not', 'a', false],
    ['the sea', 'is', 'the {{#start.word#}}', true],
    ['a', 'is', '{{#nobody.word#}}', false],
    ['nobody.word', 'is', '{{#nobody.word#}}', true],
    [true, 'is', 'false', false],
    [true, 'is', true, true],
    [true, '=', '1', true],
    [false, '≠', true, true],
    [true, 'empty', '', false],
    [0, 'empty', null, true],
    [float(0), 'not empty', null, false],
    [{}, 'empty', null, true],
    [null, 'null', '', true],
    [0, 'not null', '', true],
    [3, '>', '{{#start.limit#}}', true],
    [3, '=', '3', true],
    [3, '=', ' 3 ', true],
    [float(3), '=', '3', true],
    [2.5, '≥', '2.5', true],
    [2.5, '<', '2.4', false],
    [10n ** 20n, '>', '99999999999999999999', true],
    [10n ** 20n, '=', '100000000000000000000', true],
    [null, '=', '3', false],
    [null, '<', 'x', false],
    ['document', 'in', ['image', 'document'], true],
    ['document', 'not in', ['image'], true],
    ['', 'in', ['a'], false],
    ['', 'not in', 'not even a list', true],
    [['sea', 'moon'], 'all of', ['sea', 'moon'], true],
    [['sea', 'moon'], 'all of', ['sea', 'sky'], false],
    [[true, false], 'all of', ['true', 'false'], true],
    [[], 'all of', ['a'], false],
    [note, 'exists', '', true],
    [null, 'not exists', '', true],
  ])('%o %s %o is %s', (actual, operator, value, expected) => {
    expect(evaluate(actual, operator, value).result).toBe(expected)
  })

  test.each<[Value | undefined, string, Value, string]>([
    [undefined, 'is', 'a', "Variable ['n', 'v'] not found"],
    [1, 'contains', '1', 'Invalid actual value type: string or array'],
    [1, 'start with', '1', 'Invalid actual value type: string'],
    ['a', 'end with', ['a'], 'Expected value must be a string for endswith'],
    [1, 'is', '1', 'Invalid actual value type: string or boolean'],
    ['1', '=', '1', 'Invalid actual value type: number or boolean'],
    ['1', '>', '1', 'Invalid actual value type: number'],
    [1, '=', '2.5', "invalid literal for int() with base 10: '2.5'"],
    [1.5, '>', 'x', "could not convert string to float: 'x'"],
    [1, '>', null, "Cannot convert <class 'NoneType'> to int"],
    ['a', 'in', 'a', 'Invalid expected value type: array'],
    ['a', 'all of', 'a', 'Unsupported operator: all of'],
    [['a'], 'all of', ['a', true], 'all of operator expects homogeneous list of strings or booleans'],
    [[note], 'contains', 'a', 'Sub variable is required'],
  ])('%o %s %o fails', (actual, operator, value, message) => {
    expect(() => evaluate(actual, operator, value)).toThrow(new ConditionError(message))
  })

  test('a word that is no boolean fails', () => {
    expect(() => evaluate(true, 'is', 'maybe')).toThrow(ConditionError)
  })
})

describe('conditions on a list of files', () => {
  const both = [note, pixel]
  const named = (operator: string, value: string) => ({
    logical_operator: 'and',
    conditions: [{ key: 'name', comparison_operator: operator, value }],
  })

  test.each<[Value, string, Value, boolean]>([
    [both, 'contains', named('contains', 'note'), true],
    [both, 'not contains', named('contains', 'note'), false],
    [both, 'not contains', named('contains', 'other'), true],
    [both, 'all of', named('contains', 'note'), false],
    [both, 'all of', named('not contains', 'other'), true],
    [both, 'contains', named('not contains', 'note'), true],
    [[note], 'contains', named('not contains', 'note'), false],
    [[], 'contains', named('contains', 'note'), false],
    [[], 'not contains', named('contains', 'note'), true],
    [[], 'all of', named('contains', 'note'), false],
    [both, 'contains', { logical_operator: 'and', conditions: [{ key: 'type', comparison_operator: 'in', value: ['image'] }] }, true],
    [
      both,
      'contains',
      {
        logical_operator: 'and',
        conditions: [
          { key: 'extension', comparison_operator: 'is', value: 'txt' },
          { key: 'size', comparison_operator: '>', value: '60' },
        ],
      },
      false,
    ],
    [
      both,
      'contains',
      {
        logical_operator: 'or',
        conditions: [
          { key: 'extension', comparison_operator: 'is', value: 'txt' },
          { key: 'size', comparison_operator: '>', value: '60' },
        ],
      },
      true,
    ],
  ])('%o %s %o is %s', (files, operator, sub, expected) => {
    const { result, inputs } = evaluate(files, operator, '', sub)
    expect(result).toBe(expected)
    expect(inputs).toEqual([])
  })

  test('an unknown attribute fails', () => {
    const sub = { logical_operator: 'and', conditions: [{ key: 'colour', comparison_operator: 'is', value: 'red' }] }
    expect(() => evaluate(both, 'contains', '', sub)).toThrow("'colour' is not a valid FileAttribute")
  })
})

describe('several conditions', () => {
  const pool = new VariablePool()
  pool.set('n', 'v', 5)
  const bigger = (value: string) => ({ variable_selector: ['n', 'v'], comparison_operator: '>', value })

  test.each<[string[], LogicalOperator, boolean, boolean[]]>([
    [['1', '9', 'x'], 'and', false, [true, false]],
    [['9', '1', 'x'], 'or', true, [false, true]],
    [['1', '2'], 'and', true, [true, true]],
    [['8', '9'], 'or', false, [false, false]],
    [[], 'and', true, []],
    [[], 'or', false, []],
  ])('%o joined by %s stop at the one that decides', (values, operator, result, groupResults) => {
    const conditions = parseConditions(values.map(bigger), 'conditions')
    expect(evaluateConditions(pool, conditions, operator)).toMatchObject({ result, groupResults })
  })

  test('what was compared is recorded', () => {
    const { inputs } = evaluateConditions(pool, parseConditions([bigger('{{#n.v#}}')], 'conditions'), 'and')
    expect(inputs).toEqual([{ actual_value: 5, expected_value: '5', comparison_operator: '>' }])
  })
})

describe('parseConditions', () => {
  test('drops what is not part of a condition and fills in nulls', () => {
    const raw = [{ id: 'x', varType: 'string', variable_selector: ['n', 'v'], comparison_operator: 'empty' }]
    expect(parseConditions(raw, 'conditions')).toEqual([
      { variable_selector: ['n', 'v'], comparison_operator: 'empty', value: null, sub_variable_condition: null },
    ])
  })

  test.each<[Value, string]>([
    ['x', 'conditions'],
    [['x'], 'conditions.0'],
    [[{ comparison_operator: 'is' }], 'conditions.0.variable_selector'],
    [[{ variable_selector: ['a'], comparison_operator: 'resembles' }], 'conditions.0.comparison_operator'],
    [[{ variable_selector: ['a'], comparison_operator: 'is', value: {} }], 'conditions.0.value'],
    [
      [{ variable_selector: ['a'], comparison_operator: 'is', sub_variable_condition: { logical_operator: 'xor' } }],
      'conditions.0.sub_variable_condition.logical_operator',
    ],
  ])('%o names the field that is wrong', (value, field) => {
    expect(() => parseConditions(value, 'conditions')).toThrow(expect.objectContaining({ code: 'invalid-node-data', field }))
    expect(() => parseConditions(value, 'conditions')).toThrow(NodeDataError)
  })
})
