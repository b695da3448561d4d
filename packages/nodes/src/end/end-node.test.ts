import type { Value } from '@weft/contracts'
import { expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { createEndNode } from './end-node.ts'

const end = createEndNode()
const outputs: Value = [
  { variable: 'out', value_selector: ['llm', 'text'], value_type: 'string' },
  { variable: 'deep', value_selector: ['code', 'thing', 'a'] },
  { variable: 'gone', value_selector: ['skipped', 'text'] },
]

test('gives each output its value and null where there is none', async () => {
  const values = { out: 'hello', deep: 1, gone: null }
  const result = await runNode(end, { outputs }, { llm: { text: 'hello' }, code: { thing: { a: 1 } } })
  expect(result).toEqual({ status: 'succeeded', inputs: values, outputs: values })
})

test('streams its variables parted by line breaks', () => {
  expect(end.responseTemplate?.(end.parse({ outputs }))).toEqual([['llm', 'text'], '\n', ['code', 'thing', 'a'], '\n', ['skipped', 'text']])
})

test('needs its outputs', () => {
  expect(() => end.parse({})).toThrow(expect.objectContaining({ field: 'outputs', message: 'outputs is required' }))
})
