import { Float, type ValueMap } from '@weft/contracts'
import { expect, test } from 'vitest'
import { poolOf, runNode } from '../test-context.ts'
import { createTemplateTransformNode } from './template-transform-node.ts'

const node = createTemplateTransformNode({ maxLength: 100 })

function data(template: string, ...selectors: string[][]): ValueMap {
  return { template, variables: selectors.map(selector => ({ variable: selector.at(-1) ?? '', value_selector: selector })) }
}

test('renders its variables, reached by selector', async () => {
  const variables = { start: { name: 'Ada' }, code: { result: { items: [1, new Float(2), null] } } }
  const result = await runNode(node, data('{{ name }}: {{ items }}', ['start', 'name'], ['code', 'result', 'items']), variables)
  expect(result).toEqual({
    status: 'succeeded',
    inputs: { name: 'Ada', items: [1, new Float(2), null] },
    outputs: { output: 'Ada: [1, 2.0, None]' },
  })
})

test('an absent variable is none, an unnamed one prints as nothing', async () => {
  const result = await runNode(node, data('{{ absent }}|{{ other }}|', ['gone', 'absent']))
  expect(result).toEqual({ status: 'succeeded', inputs: { absent: null }, outputs: { output: 'None||' } })
})

test('leaves text as it is, white space included', async () => {
  const template = '  plain { q } {% raw %}{{#start.q#}}{% endraw %}  '
  expect(await runNode(node, data(template))).toMatchObject({ outputs: { output: '  plain { q } {{#start.q#}}  ' } })
})

test('does not change the variables it is given', async () => {
  const pool = poolOf({ start: { list: [1] } })
  await runNode(node, data('{{ list.append(2) }}{{ list }}', ['start', 'list']), pool)
  expect(pool.get(['start', 'list'])).toEqual([1])
})

test('fails where the result is too long, counted in characters', async () => {
  expect(await runNode(node, data('{{ "🌊" * 100 }}'))).toMatchObject({ status: 'succeeded' })
  const error = 'Output length exceeds 100 characters'
  expect(await runNode(node, data('{{ "🌊" * 101 }}'))).toEqual({ status: 'failed', inputs: {}, error, errorType: '' })
  expect(await runNode(node, data('{{ "x" * 10 ** 12 }}'))).toMatchObject({ status: 'failed', error })
})

test('a long text on the way to a short result is fine', async () => {
  expect(await runNode(node, data('{{ ("x" * 100000)|length }}'))).toMatchObject({ outputs: { output: '100000' } })
})

test('fails with what the interpreter says', async () => {
  expect(await runNode(node, data('a\n{{ 1 + }}'))).toMatchObject({
    status: 'failed',
    error: "TemplateSyntaxError: unexpected 'end of print statement' (line 2)",
    errorType: '',
  })
  expect(await runNode(node, data('{{ 1 / 0 }}'))).toMatchObject({ status: 'failed', error: 'ZeroDivisionError: division by zero' })
})

test('an endless template ends', async () => {
  expect(await runNode(node, data('{% for i in range(10 ** 12) %}{% endfor %}'))).toMatchObject({
    status: 'failed',
    error: 'error: timeout',
  })
})

test('needs a template and variables', () => {
  expect(() => node.parse({ variables: [] })).toThrow('template is required')
  expect(() => node.parse({ template: '' })).toThrow('variables is required')
})
