import { expect, test } from 'vitest'
import { type PageItem, pageText } from './pdf-layout.ts'

/** Runs of 10-point text, each letter 5 wide: `[x, y, text]`. */
function text(...runs: [x: number, y: number, text: string, hasEnd?: boolean][]): string {
  return pageText(
    runs.map(
      ([x, y, str, hasEOL = false]): PageItem => ({
        str,
        hasEOL,
        width: str.length * 5,
        height: 10,
        transform: [10, 0, 0, 10, x, y],
        dir: 'ltr',
        isVertical: false,
      }),
    ),
  )
}

test('joins runs of a line, with a space where they stand apart', () => {
  expect(text([0, 0, 'Har'], [15, 0, 'bour'], [40, 0, 'opens'])).toBe('Harbour opens')
})

test('keeps raised letters in their line', () => {
  expect(text([0, 0, 'm'], [5, 3, '2'], [13, 0, 'deep'])).toBe('m2 deep')
})

test('gives columns of a page one after the other, as they are drawn', () => {
  expect(text([0, 100, 'one'], [0, 88, 'two'], [200, 100, 'three'], [200, 88, 'four'])).toBe('one\ntwo\nthree\nfour')
})

test('gives rows of cells under each other as a table, with empty cells', () => {
  const rows = text(
    [0, 100, 'pier'],
    [60, 100, 'depth'],
    [120, 100, 'note'],
    [0, 88, 'North'],
    [120, 88, 'deep'],
    [0, 76, 'S|'],
    [60, 76, '9'],
  )
  expect(rows).toBe('| pier | depth | note |\n| --- | --- | --- |\n| North |  | deep |\n| S\\| | 9 |  |')
})

test('gives a lone row of cells as a line', () => {
  expect(text([0, 100, 'Name'], [100, 100, 'Ada'], [0, 88, 'A line of text'])).toBe('Name Ada\nA line of text')
})
