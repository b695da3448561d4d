import { expect, test } from 'vitest'
import { CsvTable, parseCsv } from './csv-table.ts'

test.each<[string, string[][]]>([
  ['', []],
  ['a', [['a']]],
  [
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a,\r\n,b\r',
    [
      ['a', ''],
      ['', 'b'],
    ],
  ],
  ['a\n\nb', [['a'], [], ['b']]],
  ['"a,\n""b""",c', [['a,\n"b"', 'c']]],
  ['"a"b,c"d"', [['ab', 'c"d"']]],
  ['"', [['']]],
  ['"a', [['a']]],
  ['a,', [['a', '']]],
  [',', [['', '']]],
  ['""', [['']]],
])('%o is read as %o', (text, rows) => {
  expect([...parseCsv(text)]).toEqual(rows)
})

test('cells of a table are on one line', () => {
  const table = new CsvTable()
  table.add(['a\nb'])
  table.add(['c\r\nd'])
  expect(String(table)).toBe('| a b |\n| --- |\n| c d |\n')
})
