import { Float, type Value } from '@weft/contracts'
import { describe, expect, test } from 'vitest'
import { readYaml, YamlError } from './read-yaml.ts'
import { readYamlApart } from './read-yaml-apart.ts'

const scalarOf = (text: string) => (readYaml(`a: ${text}`) as { a: Value }).a

describe('scalars', () => {
  test.each<[string, Value]>([
    ['yes', true],
    ['Off', false],
    ['y', 'y'],
    ['~', null],
    ['', null],
    ['1', 1],
    ['017', 15],
    ['0x1f', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['1:30', 90],
    ['12345678901234567890', 12345678901234567890n],
    ['1.5', 1.5],
    ['1.0', new Float(1)],
    ['1.5e+3', new Float(1500)],
    ['1e3', '1e3'],
    ['1.5e3', '1.5e3'],
    ['.inf', Number.POSITIVE_INFINITY],
    ['2025-10-01', '2025-10-01'],
    ["'1'", '1'],
    ['!!str 1', '1'],
    ['!!float 1.0', new Float(1)],
    ['0.4.0', '0.4.0'],
  ])('%s is read as PyYAML reads it', (text, value) => {
    expect(scalarOf(text)).toEqual(value)
  })
})

test('what stands in a map wins over what is merged into it, and later keys over earlier ones', () => {
  expect(readYaml('base: &base {x: 1, y: 2}\nown:\n  y: 3\n  <<: *base\ntwice: {k: 1, k: 2}')).toEqual({
    base: { x: 1, y: 2 },
    own: { x: 1, y: 3 },
    twice: { k: 2 },
  })
})

test('keys that are no texts become texts', () => {
  expect(readYaml('1: a\ntrue: b\nnull: c')).toEqual({ 1: 'a', true: 'b', null: 'c' })
})

test('a name of JavaScript is a key like any other', () => {
  const value = readYaml('__proto__: {polluted: true}\nconstructor: 1') as object
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
for (let index = 1; index < 10; index++) {
  const [name, before] = ['abcdefghij'[index], 'abcdefghij'[index - 1]]
  bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`)
}

test.each([
  ['an open list', 'a: [1, 2'],
  ['two documents', 'a: 1\n---\nb: 2'],
  ['a tag that would run code', 'a: !!python/object/apply:os.system [id]'],
  ['aliases that multiply', bomb.join('\n')],
  ['an alias within itself', 'a: &a [*a]'],
  ['an alias of nothing', 'a: *b'],
  ['lists without end', '['.repeat(100_000)],
  ['maps without end', '{a: '.repeat(50_000)],
  ['closed lists too deep', `${'['.repeat(1000)}${']'.repeat(1000)}`],
  ['JSON too deep', `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`],
  ['more than ten megabytes', `a: ${'x'.repeat(10 * 1024 * 1024)}`],
])('refuses %s', (_, text) => {
  expect(() => readYaml(text)).toThrow(YamlError)
})

test('a long document is read while other work goes on', async () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `key${index}: 1.0`).join('\n')
  let ticks = 0
  const timer = setInterval(() => ticks++, 5)
  const value = (await readYamlApart(text)) as Record<string, Value>
  clearInterval(timer)
  expect(Object.keys(value)).toHaveLength(20_000)
  expect(value.key7).toEqual(new Float(1))
  expect(ticks).toBeGreaterThan(2)
  await expect(readYamlApart(`${text}\nnext: "open`)).rejects.toThrow(YamlError)
})
