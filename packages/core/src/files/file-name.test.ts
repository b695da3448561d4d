import { expect, test } from 'vitest'
import { keyEnding, parseFileName, tameFileName } from './file-name.ts'

test.each([
  ['note.txt', 'note.txt', 'txt'],
  ['NOTE.TXT', 'NOTE.TXT', 'txt'],
  ['archive.tar.gz', 'archive.tar.gz', 'gz'],
  ['README', 'README', ''],
  ['.bashrc', '.bashrc', ''],
  ['..hidden', '..hidden', ''],
  ['trailing.', 'trailing.', ''],
  ['Füße 潮汐.md', 'Füße 潮汐.md', 'md'],
  [`${'x'.repeat(300)}.pdf`, `${'x'.repeat(200)}.pdf`, 'pdf'],
  [`a.b.${'🌊'.repeat(300)}`, 'a', ''],
  [`${'🌊'.repeat(300)}.png`, `${'🌊'.repeat(200)}.png`, 'png'],
])('%s', (given, name, extension) => {
  expect(parseFileName(given)).toEqual({ name, extension })
})

test.each([...'/\\:*?"<>|\0\n\u007f'])('a name with %j is refused', character => {
  expect(() => parseFileName(`a${character}b.txt`)).toThrow(expect.objectContaining({ code: 'invalid_param' }))
})

test('no name is refused, half a character is mended', () => {
  expect(() => parseFileName('')).toThrow(expect.objectContaining({ code: 'filename_not_exists_error' }))
  expect(parseFileName('\ud83d.txt')).toEqual({ name: '\ufffd.txt', extension: 'txt' })
})

test('a name from elsewhere is tamed', () => {
  expect(tameFileName('../../etc/pass:wd')).toBe('pass_wd')
  expect(tameFileName('C:\\temp\\x.png')).toBe('x.png')
  expect(tameFileName(`${'a'.repeat(300)}.png`)).toHaveLength(200)
})

test('an extension becomes part of a key only where it is harmless', () => {
  expect(keyEnding('png')).toBe('.png')
  expect(keyEnding('')).toBe('')
  expect(keyEnding('p g')).toBe('')
  expect(keyEnding('x'.repeat(21))).toBe('')
})
