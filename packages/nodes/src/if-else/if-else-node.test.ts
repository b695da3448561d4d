import type { Value } from '@weft/contracts'
import { describe, expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { createIfElseNode } from './if-else-node.ts'

const ifElse = createIfElseNode()
const compare = (comparison_operator: string, value: string) => ({ variable_selector: ['start', 'n'], comparison_operator, value })
const recorded = (comparison_operator: string, value: string) => ({ ...compare(comparison_operator, value), sub_variable_condition: null })
const cases: Value = [
  { id: 'true', case_id: 'true', logical_operator: 'and', conditions: [{ id: 'c1', varType: 'number', ...compare('<', '0') }] },
  { case_id: 'small', logical_operator: 'or', conditions: [compare('<', '10'), compare('=', '50')] },
]

describe('with cases', () => {
  test('takes the first case that holds and records those before it', async () => {
    expect(await runNode(ifElse, { cases }, { start: { n: 5 } })).toEqual({
      status: 'succeeded',
      inputs: { conditions: [{ actual_value: 5, expected_value: '10', comparison_operator: '<' }] },
      processData: {
        condition_results: [
          {
            group: { case_id: 'true', logical_operator: 'and', conditions: [recorded('<', '0')] },
            results: [false],
            final_result: false,
          },
          {
            group: { case_id: 'small', logical_operator: 'or', conditions: [recorded('<', '10'), recorded('=', '50')] },
            results: [true],
            final_result: true,
          },
        ],
      },
      outputs: { result: true, selected_case_id: 'small' },
      handle: 'small',
    })
  })

  test('takes the else branch where none holds', async () => {
    const result = await runNode(ifElse, { cases }, { start: { n: 20 } })
    expect(result).toMatchObject({ outputs: { result: false, selected_case_id: 'false' }, handle: 'false' })
  })

  test('a case without conditions holds', async () => {
    const empty = [{ case_id: 'true', logical_operator: 'and', conditions: [] }]
    expect(await runNode(ifElse, { cases: empty })).toMatchObject({ handle: 'true', inputs: { conditions: [] } })
  })
})

test('the old shape without cases goes by true and false', async () => {
  const data = { logical_operator: 'or', conditions: [compare('>', '9'), compare('<', '3')] }
  expect(await runNode(ifElse, data, { start: { n: 2 } })).toMatchObject({
    handle: 'true',
    processData: { condition_results: [{ group: 'default', results: [false, true], final_result: true }] },
  })
  expect(await runNode(ifElse, data, { start: { n: 5 } })).toMatchObject({ handle: 'false' })
})

test('fails where a variable is unknown, recording the cases before', async () => {
  expect(await runNode(ifElse, { cases })).toEqual({
    status: 'failed',
    error: "Variable ['start', 'n'] not found",
    errorType: '',
    inputs: { conditions: [] },
    processData: { condition_results: [] },
  })
})

test('refuses an operator it does not know, naming the field', () => {
  const bad = [{ case_id: 'true', logical_operator: 'and', conditions: [compare('resembles', 'x')] }]
  expect(() => ifElse.parse({ cases: bad })).toThrow(expect.objectContaining({ field: 'cases.0.conditions.0.comparison_operator' }))
  expect(() => ifElse.parse({ cases: [{ logical_operator: 'and' }] })).toThrow('cases.0.case_id is required')
})
