import { expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { createVariableAggregatorNode } from './variable-aggregator-node.ts'

const aggregator = createVariableAggregatorNode()
const variables = [
  ['one', 'text'],
  ['two', 'thing', 'x'],
]

test('takes the first variable that exists', async () => {
  const data = { output_type: 'string', variables }
  expect(await runNode(aggregator, data, { two: { thing: { x: 2 } } })).toEqual({
    status: 'succeeded',
    inputs: { 'thing.x': 2 },
    outputs: { output: 2 },
  })
})

test('null exists', async () => {
  const data = { output_type: 'string', variables, advanced_settings: { group_enabled: false, groups: [] } }
  expect(await runNode(aggregator, data, { one: { text: null }, two: { thing: { x: 2 } } })).toMatchObject({ outputs: { output: null } })
})

test('gives nothing where none exists', async () => {
  expect(await runNode(aggregator, { output_type: 'any', variables })).toEqual({ status: 'succeeded', inputs: {}, outputs: {} })
})

test('does so for each group', async () => {
  const groups = [
    { groupId: '1', group_name: 'words', output_type: 'string', variables },
    { groupId: '2', group_name: 'never', output_type: 'string', variables: [['nowhere', 'x']] },
  ]
  const data = { output_type: 'any', variables: [], advanced_settings: { group_enabled: true, groups } }
  expect(await runNode(aggregator, data, { one: { text: 'a' } })).toEqual({
    status: 'succeeded',
    inputs: { text: 'a' },
    outputs: { words: { output: 'a' } },
  })
})

test('needs its variables', () => {
  expect(() => aggregator.parse({ output_type: 'any' })).toThrow('variables is required')
  const settings = { group_enabled: true, groups: [{ output_type: 'any', variables: [] }] }
  expect(() => aggregator.parse({ output_type: 'any', variables: [], advanced_settings: settings })).toThrow(
    expect.objectContaining({ field: 'advanced_settings.groups.0.group_name' }),
  )
})
