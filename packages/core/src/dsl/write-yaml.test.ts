import { Float, type Value } from '@weft/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readYaml } from './read-yaml.ts'
import { writeYaml } from './write-yaml.ts'

/** Written by PyYAML 6.0.3: `yaml.dump(value, allow_unicode=True)`. */
test('writes what PyYAML writes', () => {
  const value: Value = {
    zebra: 1,
    app: { icon: '🤖', name: 'Größe', note: null, yes: true },
    numbers: [1, new Float(1), 0.5, 1e-7, new Float(1e22), 12345678901234567890n],
    texts: ['', 'yes', '1.0', '2024-01-01', '1:30', 'a: b', '- a', '#a', 'plain text', ' space', "it's", 'tab\t', '=', '~', '---'],
    long: 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen',
    lines: 'first\nsecond\n\nfourth',
    code: 'def main():\n    return {"a": 1}\n',
    empty: { list: [], map: {} },
    nested: [[1, [2]], { a: [{ b: 1, c: [3] }] }],
  }
  expect(writeYaml(value)).toBe(`app:
  icon: 🤖
  name: Größe
  note: null
  'yes': true
code: "def main():\\n    return {\\"a\\": 1}\\n"
empty:
  list: []
  map: {}
lines: 'first

  second


  fourth'
long: one two three four five six seven eight nine ten eleven twelve thirteen fourteen
  fifteen sixteen
nested:
- - 1
  - - 2
- a:
  - b: 1
    c:
    - 3
numbers:
- 1
- 1.0
- 0.5
- 1.0e-07
- 1.0e+22
- 12345678901234567890
texts:
- ''
- 'yes'
- '1.0'
- '2024-01-01'
- '1:30'
- 'a: b'
- '- a'
- '#a'
- plain text
- ' space'
- it's
- "tab\\t"
- '='
- '~'
- '---'
zebra: 1
`)
})

test('what is written is read back', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', '-', '#', "'", '"', '1', '.', '\t', '{', 'é', '😀') }),
    fc.integer(),
    fc.bigInt({ min: 2n ** 60n, max: 2n ** 70n }),
    fc.boolean(),
    fc.constant(null),
    fc.constant(new Float(3)),
  )
  const { tree } = fc.letrec<{ tree: Value }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 12 }), tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    ) as fc.Arbitrary<Value>,
  }))
  fc.assert(
    fc.property(tree, value => {
      expect(readYaml(writeYaml({ value }))).toEqual({ value })
    }),
    { numRuns: 500 },
  )
})
