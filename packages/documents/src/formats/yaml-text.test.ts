import { expect, test } from 'vitest'
import { yamlText } from './yaml-text.ts'

test.each([
  ['a: 1\nb: [1, {c: d}]\nc: {}\nd: []\ne: ~\ng: yes\n', 'a: 1\nb:\n- 1\n- c: d\nc: {}\nd: []\ne: null\ng: true\n'],
  ['- a\n- - b\n  - c\n- x: 1\n  y:\n    - z\n', '- a\n- - b\n  - c\n- x: 1\n  y:\n  - z\n'],
  ["a: 'yes'\nb: '1'\nc: ''\nd: 'x: y'\ne: ' lead'\nf: \"it's\"\n", "a: 'yes'\nb: '1'\nc: ''\nd: 'x: y'\ne: ' lead'\nf: it's\n"],
  [
    '- 0x1F\n- 014\n- 1e3\n- 1.50\n- 1.0\n- .inf\n- 12345678901234567890\n',
    '- 31\n- 12\n- 1e3\n- 1.5\n- 1.0\n- .inf\n- 12345678901234567890\n',
  ],
  ['a: |\n  one\n  two\n', "a: 'one\n\n  two\n\n  '\n"],
  ['d: 2024-01-01\nt: 2024-01-01T10:00:00Z\n', 'd: 2024-01-01\nt: 2024-01-01 10:00:00+00:00\n'],
  ['y: 1\nopen: 06:00\n', 'y: 1\nopen: 06:00\n'],
  ['base: &b {x: 1, z: 2}\nder:\n  <<: *b\n  z: 3\n', 'base:\n  x: 1\n  z: 2\nder:\n  x: 1\n  z: 3\n'],
  ['a: 1\n---\n- b\n---\nplain\n', 'a: 1\n---\n- b\n--- plain\n...\n'],
  ['hello', 'hello\n...\n'],
  ['', ''],
  ['u: Füße 🌊\nt: "a\\tb"\n', 'u: Füße 🌊\nt: "a\\tb"\n'],
])('%o becomes %o', (text, expected) => {
  expect(yamlText(text)).toBe(expected)
})

test('long texts are broken at spaces', () => {
  const lines = yamlText(`long: ${'word '.repeat(40)}\n`).split('\n')
  expect(lines.slice(0, -1).every(line => line.length <= 85)).toBe(true)
  expect(lines[1]).toMatch(/^ {2}word/)
})

test('refuses what is no YAML and what grows without bound', () => {
  expect(() => yamlText('a: [1')).toThrow(SyntaxError)
  const levels = Array.from({ length: 12 }, (_, level) => `l${level}: &l${level} [${level ? Array(9).fill(`*l${level - 1}`) : 'x'}]`)
  expect(() => yamlText(levels.join('\n'))).toThrow('repeats its parts too often')
})
