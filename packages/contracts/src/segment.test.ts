import { describe, expect, test } from 'vitest'
import { FILE_IDENTITY, type FileValue } from './file.ts'
import { logOf, markdownOf, publicTypeName, type SegmentType, segmentTypeOf, textOf } from './segment.ts'
import { float, type Value } from './value.ts'

const picture: FileValue = {
  dify_model_identity: FILE_IDENTITY,
  id: null,
  tenant_id: 't',
  type: 'image',
  transfer_method: 'local_file',
  remote_url: null,
  related_id: 'f',
  filename: 'sea.png',
  extension: '.png',
  mime_type: 'image/png',
  size: 3,
  url: 'http://x/sea.png',
}
const paper: FileValue = { ...picture, type: 'document', filename: null }

describe('segmentTypeOf', () => {
  test.each<[Value, SegmentType]>([
    [null, 'none'],
    [true, 'boolean'],
    [1, 'integer'],
    [10n ** 20n, 'integer'],
    [1.5, 'float'],
    [float(1), 'float'],
    ['', 'string'],
    [{}, 'object'],
    [picture, 'file'],
    [[], 'array[any]'],
    [['a'], 'array[string]'],
    [[1, 1.5, float(2)], 'array[number]'],
    [[true], 'array[boolean]'],
    [[true, 1], 'array[any]'],
    [[null], 'array[any]'],
    [[[1]], 'array[any]'],
    [[{}, {}], 'array[object]'],
    [[picture], 'array[file]'],
    [[picture, {}], 'array[any]'],
  ])('%o is %s', (value, type) => {
    expect(segmentTypeOf(value)).toBe(type)
  })
})

test('integers and floats are both numbers outside', () => {
  expect([publicTypeName('integer'), publicTypeName('float'), publicTypeName('array[file]')]).toEqual(['number', 'number', 'array[file]'])
})

describe('renderings', () => {
  test.each<[Value, string, string, string]>([
    [null, '', '', ''],
    ['a', 'a', 'a', 'a'],
    [float(1), '1.0', '1.0', '1.0'],
    [true, 'True', 'True', 'True'],
    [{ a: [1, 'ü'] }, '{"a": [1, "ü"]}', '{\n  "a": [\n    1,\n    "ü"\n  ]\n}', '{\n  "a": [\n    1,\n    "ü"\n  ]\n}'],
    [['a', "it's"], '["a", "it\'s"]', "- a\n- it's", `['a', "it's"]`],
    [[1, float(2)], '[1, 2.0]', '- 1\n- 2.0', '[1, 2.0]'],
    [[{ a: null }], "[{'a': None}]", "- {'a': None}", "[{'a': None}]"],
    [[], '', '', '[]'],
    [picture, '', '![sea.png](http://x/sea.png)', ''],
    [[picture, paper], '', '![sea.png](http://x/sea.png)\n[http://x/sea.png](http://x/sea.png)', ''],
  ])('of %o', (value, text, markdown, log) => {
    expect(textOf(value)).toBe(text)
    expect(markdownOf(value)).toBe(markdown)
    expect(logOf(value)).toBe(log)
  })
})
